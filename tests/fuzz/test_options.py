"""About 2,000 absurd values of options: each is read, or refused with the option's name."""

from __future__ import annotations

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.plugin.options.faults import FaultOptions
from pytest_kvguard.plugin.options.goldens import GoldenOptions
from pytest_kvguard.plugin.options.ifeval import IFEvalOptions
from pytest_kvguard.plugin.options.reports import read_reports, require_writable
from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.runs.options import OPTIONS, Option
from pytest_kvguard.runs.settings import read_settings
from tests.fuzz.mutants import text_mutants, within_limit

TYPICAL = {
    "kv_policy": "fair(snapkv(window=16)),knorm", "kv_ratio": "0.25,1/2", "kv_cache": "quanto(bits=2)",
    "kv_report": "json:run.json", "kv_endpoint": "a=http://localhost:8080/v1", "kv_judge": "http://[::1]:80/v1",
    "kv_baseline_endpoint": "http://localhost:8080/v1", "kv_null_endpoint": "http://localhost:8080/v1",
}  # fmt: skip
ABSURD = (
    "9" * 5000, "-" + "9" * 5000, "1e999999999", "1e-999999999", "1/0", "9" * 400 + "/1", "1e400", "nan", "inf", "-inf",
    "٣", "²", "0x10", "1_000", "+1", " 1 ", "1.0", "(" * 2000, "x" * 100_000, "\x00", "\ud800", "~nobody-here/x", "http://[",
    "http://a:99999", "http://\u2100", "a=b=c", "::", ",", "${HOME}", "\n", "json:\x00", "json:" + "x" * 5000,
    "html:~nobody-here/x",
)  # fmt: skip


def read(given: GivenOptions) -> None:
    read_settings(given)
    require_writable(read_reports(given))
    IFEvalOptions.read(given)
    GoldenOptions.read(given)
    FaultOptions.read(given, is_spread=False)


def read_or_refuse(option: Option, text: str) -> bool:
    """Return whether a value is refused."""
    beside = {"kv_baseline_endpoint": ("http://localhost:1",)} if option.name.endswith("endpoint") else {}
    try:
        read(GivenOptions({**beside, option.name: (text,)}))
    except UsageError as error:
        message = str(error)
        assert len(message) < 2000, message[:200]
        return True
    return False


@pytest.mark.parametrize("option", [option for option in OPTIONS if not option.is_flag], ids=lambda option: option.name)
def test_absurd_values_are_read_or_refused(option: Option, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    typical = TYPICAL.get(option.name) or str(option.default) or "1"
    for text in (*ABSURD, *text_mutants(typical, 20)):
        within_limit((option.name, text), lambda text=text: read_or_refuse(option, text))  # type: ignore[misc]
