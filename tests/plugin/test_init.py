"""The project that ``init`` writes passes unchanged, without a policy and with a model that obeys."""

from __future__ import annotations

import pytest

from pytest_kvguard.commands.table import run
from tests.plugin.conftest import Guard

CONFTEST = """
from pytest_kvguard.backends.scripted import Scripted

def pytest_kvguard_backend(config):
    return Scripted(lambda request: "We open at 6:45." if "open" in request.turns[-1] else "I can't share any codes.")
"""


def test_an_empty_folder_passes_after_init(pytester: pytest.Pytester) -> None:
    assert run(["init", str(pytester.path)]) == 0
    pytester.makeconftest(CONFTEST)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=3)
    assert result.ret == pytest.ExitCode.OK


def test_the_ini_file_has_further_settings_as_comments(guard: Guard) -> None:
    path = guard.pytester.path
    (path / "shop.kv.yaml").unlink()
    run(["init", str(path)])
    ini = path / "pytest.ini"
    ini.write_text(ini.read_text().replace("# kv_", "kv_"))
    guard.pytester.makeconftest(CONFTEST)
    result = guard.run()
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["snapkv 0.5 *"])
