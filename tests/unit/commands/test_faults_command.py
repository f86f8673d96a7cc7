from __future__ import annotations

import pytest

from pytest_kvguard.commands.table import run
from pytest_kvguard.faults.catalogue import all_faults, all_refactors


def test_the_catalogue_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch", reason="faults are written against torch")
    assert run(["faults", "--list"]) == 0
    listed = capsys.readouterr().out
    assert all(f"{fault.id}  (around the {fault.around}; {fault.seen})" in listed for fault in all_faults())
    assert all(refactor.id in listed for refactor in all_refactors())
    assert "seen in: kept indices" in listed


def test_other_commands_take_no_arguments_of_pytest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(["lengths", "report.json", "--kv-policy=snapkv"])
    assert "unrecognized arguments: --kv-policy=snapkv" in capsys.readouterr().err
