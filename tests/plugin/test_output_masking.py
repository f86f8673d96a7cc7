"""Secrets and CI commands in text from every source: none is in any output of pytest."""

from __future__ import annotations

import textwrap

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import SHOP
from tests.plugin.test_secrets_stay_secret import CANARY, REPORTS, files, reads
from tests.plugin.test_untrusted_replies import commands

PRELUDE = f"""
import gc, logging, sys, threading, warnings
TEXT = "told " + "{CANARY}" + chr(27) + "[2J" + chr(10) + "::error file=x::owned" + chr(10) + "##[error]owned"

class Careless:
    def __del__(self):
        raise ValueError(TEXT)

def fail():
    raise ValueError(TEXT)
"""

CHECKS = {
    "stdout": "print(TEXT)",
    "stderr": "print(TEXT, file=sys.stderr)",
    "warning": "warnings.warn(TEXT)",
    "warning of a class": "warnings.warn(type('Odd', (UserWarning,), {'__str__': lambda self: TEXT})('x'))",
    "log record": "logging.getLogger('shop').warning('%s', TEXT)",
    "logged traceback": "try: fail()\n    except ValueError: logging.getLogger('shop').exception('broke')",
    "exception": "fail()",
    "chained exception": "try: fail()\n    except ValueError as error: raise RuntimeError('worse') from error",
    "observation": "return False, TEXT",
    "destructor": "one = Careless()\n    del one",
    "thread": "one = threading.Thread(target=fail)\n    one.start()\n    one.join()",
}
"""What a check does that the user wrote."""

HOOKS = {
    "section of a report": """
        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_makereport(item, call):
            report = (yield).get_result()
            report.sections.append(("Told by a plugin", TEXT))
        """,
    "message of a report": """
        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_makereport(item, call):
            report = (yield).get_result()
            if report.when == "call":
                report.outcome, report.longrepr = "failed", TEXT
        """,
    "property of a report": """
        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_makereport(item, call):
            report = (yield).get_result()
            report.user_properties.append(("told", TEXT))
        """,
    "warning of a hook": "def pytest_runtest_teardown(item):\n    warnings.warn(TEXT)",
    "warning of the collection": "def pytest_collection_modifyitems(items):\n    warnings.warn(TEXT)",
    "warning of the end": "def pytest_sessionfinish():\n    warnings.warn(TEXT)",
    "destructor at the end": """
        def pytest_sessionfinish():
            one = Careless()
            one.myself = one
        """,
}
"""What a plugin does, or a conftest.py; control characters are made visible here, too."""

PLUGINS = {
    "line of the summary": "def pytest_terminal_summary(terminalreporter):\n    terminalreporter.write_line(TEXT)",
    "heading of the summary": "def pytest_terminal_summary(terminalreporter):\n    terminalreporter.section(TEXT)",
    "line after the collection": "def pytest_report_collectionfinish():\n    return TEXT",
    "line like a node id": (
        "def pytest_terminal_summary(terminalreporter):\n    terminalreporter.write('told::' + TEXT.split()[-1])"
    ),
    "broken hook": "def pytest_runtest_logfinish():\n    fail()",
    "end of the run": "def pytest_runtest_logfinish():\n    pytest.exit(TEXT)",
    "property of the suite": """
        @pytest.fixture(autouse=True, scope="session")
        def tell(record_testsuite_property):
            record_testsuite_property("told", TEXT)
        """,
}

TESTS = {
    "assertion": "def test_it():\n    assert TEXT == ''",
    "assertion message": "def test_it():\n    assert False, TEXT",
    "skip": "def test_it():\n    pytest.skip(TEXT)",
    "expected failure": "def test_it():\n    pytest.xfail(TEXT)",
    "teardown": "@pytest.fixture\ndef told():\n    yield\n    fail()\n\ndef test_it(told):\n    pass",
    "property": "def test_it(record_property):\n    record_property('told', TEXT)",
    "attribute": "def test_it(record_xml_attribute):\n    record_xml_attribute('told', TEXT)",
    "collection": "fail()",
}
"""What a test written in Python does, beside contracts."""


def everything(guard: Guard, *args: str, alone: bool = False) -> dict[str, str]:
    """Return all that a run leaves, by name.

    Args:
        guard: the user's folder.
        args: further arguments of pytest.
        alone: run in another process, so that what pytest leaves to the end of the process is seen, too.
    """
    run = guard.pytester.runpytest_subprocess if alone else guard.run
    result = run("--kv-policy=snapkv", "-rA", "--log-file=r.log", "-o", "junit_logging=all", *REPORTS, *args)
    folder = guard.pytester.path
    screen = {"screen": result.stdout.str(), "errors": result.stderr.str()}
    return {**screen, **{name: (folder / name).read_text() for name in files(folder)}}


def leaks(shown: dict[str, str]) -> list[str]:
    assert {"r.html", "r.json", "r.log", "r.md", "r.xml"} <= set(shown)
    assert any("told [secret:" in text or "broke" in text for text in shown.values()), "the text goes nowhere"
    return [name for name, text in shown.items() if reads(text)]


def controlling(shown: dict[str, str]) -> list[str]:
    return [name for name, text in shown.items() if "\x1b[2J" in text or commands(text)]


@pytest.mark.parametrize("live", [False, True], ids=["", "log_cli"])
@pytest.mark.parametrize("source", CHECKS)
def test_what_a_check_says_in_any_way_is_masked_and_controls_nothing(guard: Guard, source: str, live: bool) -> None:
    if live and "log" not in source:
        pytest.skip("a live log shows records")
    guard.pytester.makepyfile(noisy=f"{PRELUDE}\ndef judge(reply):\n    {CHECKS[source]}\n    return True\n")
    guard.pytester.syspathinsert()
    guard.contract(SHOP.replace("{lowercase: true}", "{python: noisy:judge}"))
    shown = everything(guard, "-o", f"log_cli={live}", "-W", "default")
    assert leaks(shown) == []
    assert controlling(shown) == []


@pytest.mark.parametrize("source", ["warning", "destructor", "thread", "exception", "stdout"])
def test_what_a_check_says_in_a_worker_is_masked_and_controls_nothing(guard: Guard, source: str) -> None:
    pytest.importorskip("xdist")
    guard.pytester.makepyfile(noisy=f"{PRELUDE}\ndef judge(reply):\n    {CHECKS[source]}\n    return True\n")
    guard.contract(SHOP.replace("{lowercase: true}", "{python: noisy:judge}"))
    guard.pytester.makeini("[pytest]\npythonpath = .\n")
    shown = everything(guard, "-W", "default", "-n1")
    assert leaks(shown) == []
    assert controlling(shown) == []


def hooked(guard: Guard, code: str) -> Guard:
    path = guard.pytester.path / "conftest.py"
    path.write_text(f"{path.read_text()}\nimport pytest\n{PRELUDE}\n{textwrap.dedent(code)}\n")
    return guard


@pytest.mark.parametrize("source", HOOKS)
def test_what_a_hook_adds_to_reports_and_warnings_is_masked_and_controls_nothing(guard: Guard, source: str) -> None:
    shown = everything(hooked(guard, HOOKS[source]), "-W", "default", alone=source.endswith("at the end"))
    assert leaks(shown) == []
    assert controlling(shown) == []


@pytest.mark.parametrize("source", PLUGINS)
def test_what_a_plugin_writes_is_masked(guard: Guard, source: str) -> None:
    guard.pytester.makepyfile(test_more="def test_it():\n    pass\n")
    assert leaks(everything(hooked(guard, PLUGINS[source]))) == []


@pytest.mark.parametrize("name", ["test_after", "a_test"])
@pytest.mark.parametrize("source", TESTS)
def test_what_a_test_in_python_says_is_masked(guard: Guard, source: str, name: str) -> None:
    guard.pytester.makepyfile(**{name: f"import pytest\n{PRELUDE}\n{TESTS[source]}\n"})
    shown = everything(guard, "-o", "python_files=*.py", "--continue-on-collection-errors", "--ignore=conftest.py")
    assert leaks(shown) == []
