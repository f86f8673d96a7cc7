"""Popular plugins beside ours: reports count each case once, and no secret leaves by their screens and files."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import FORGETS_HOURS, LEAKS, OBEYS
from tests.plugin.test_secrets_stay_secret import reads

PLUGINS = {
    "rerunfailures": ("pytest_rerunfailures", ["--reruns=1"]),
    "randomly": ("pytest_randomly", ["-p", "no:cacheprovider"]),
    "timeout": ("pytest_timeout", ["--timeout=60"]),
    "cov": ("pytest_cov", ["--cov=shop", "--cov-report="]),
    "html": ("pytest_html", ["--html=r.html", "--self-contained-html"]),
    "sugar": ("pytest_sugar", ["--force-sugar"]),
    "asyncio": ("pytest_asyncio", ["--asyncio-mode=auto"]),
    "forked": ("pytest_forked", ["--forked"]),
    "xdist": ("xdist", ["-n2"]),
    "reruns over xdist": ("pytest_rerunfailures", ["--reruns=1", "-n2"]),
    "sugar over xdist": ("pytest_sugar", ["--force-sugar", "-n2"]),
}
RUN = ("--kv-policy=snapkv", "--kv-report=json:report.json", "--junitxml=r.xml", "-rA")


def loaded(name: str) -> list[str]:
    """Return the arguments that use a plugin; skip where it is not installed."""
    module, args = PLUGINS[name]
    if find_spec(module) is None:
        pytest.skip(f"needs {module}: make plugins")
    return args


def require_forked(guard: Guard) -> None:
    """Skip where pytest-forked fails every test: 1.7.5 cannot send the reports of pytest 9.2."""
    guard.pytester.makepyfile(test_plain="def test_it():\n    pass\n")
    outcomes = guard.run("--forked", "test_plain.py").parseoutcomes()
    (guard.pytester.path / "test_plain.py").unlink()
    if outcomes != {"passed": 1}:
        pytest.skip("pytest-forked fails every test under this pytest")


def cases(guard: Guard) -> list[tuple[Any, ...]]:
    document = json.loads((guard.pytester.path / "report.json").read_text())
    keys = ("instruction", "probe", "verdict", "outcome")
    assert sum(document["totals"].values()) == len(document["cases"])
    return [tuple(case[key] for key in keys) for case in document["cases"]]


@pytest.mark.parametrize("replies", [FORGETS_HOURS, LEAKS], ids=["forgets", "leaks"])
@pytest.mark.parametrize("name", PLUGINS)
def test_a_report_counts_each_case_once_beside(guard: Guard, name: str, replies: dict[str, str]) -> None:
    args = loaded(name)
    if name == "forked":
        require_forked(guard)
    guard.replies(OBEYS, snapkv=replies)
    alone = [f"-pno:{plugin}" for plugin in ("sugar", "randomly", "html", "rerunfailures", "forked")]
    guard.run(*RUN, *alone)
    expected = cases(guard)
    shown = guard.run(*RUN, *args).stdout.str()
    assert cases(guard) == expected
    written = {path.name: path.read_text() for path in guard.pytester.path.glob("r*.*") if path.suffix != ".py"}
    assert [where for where, text in {"screen": shown, **written}.items() if reads(text)] == []


@pytest.mark.parametrize("args", [("--count=2",), ("--count=2", "-n2")], ids=["", "xdist"])
def test_a_test_that_is_repeated_is_run_each_time_and_contracts_count_once(guard: Guard, args: tuple[str, ...]) -> None:
    if find_spec("pytest_repeat") is None:
        pytest.skip("needs pytest_repeat: make plugins")
    guard.pytester.makepyfile(
        test_shop="def test_it(kv_run):\n    assert kv_run({'a': 'The shop opens at 9:30.'}, 'When do you open?')\n"
    )
    result = guard.run(*RUN, *args)
    result.assert_outcomes(passed=5)
    assert len(cases(guard)) == 3


def test_a_traceback_that_asyncio_reports_is_masked(guard: Guard) -> None:
    if find_spec("pytest_asyncio") is None:
        pytest.skip("needs pytest_asyncio: make plugins")
    guard.pytester.makepyfile(
        test_shop="async def test_it(kv_run):\n    text = 'KX-' + '4471'\n    raise ValueError(text)\n"
    )
    shown = guard.screen(*RUN, "--asyncio-mode=auto", "--showlocals")
    assert "ValueError: [secret:" in shown
    assert not reads(shown)
