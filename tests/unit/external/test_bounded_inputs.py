"""Inputs that would never end are refused, or ended in time, with a word."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from kvguard_policies.exact_numbers import read_fraction
from kvguard_policies.spec import SpecError, parse_ratio
from pytest_kvguard.contract.ifeval_file import read_ifeval
from pytest_kvguard.contract.parse import find_problems, parse_contract
from pytest_kvguard.contract.secrets import secrets_in_file
from pytest_kvguard.errors import ContractError, GoldenError, UsageError
from pytest_kvguard.external.time_limit import call_in_time
from pytest_kvguard.golden.store import GoldenStore
from pytest_kvguard.plugin.options.reports import ReportRequest, require_writable
from pytest_kvguard.serving_cost import report_files
from pytest_kvguard.serving_cost.score_files import read_rows
from pytest_kvguard.values.cell import Cell

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs named pipes")


def in_time(act: Callable[[], object], seconds: float = 2.0) -> None:
    """Fail instead of waiting for ever."""
    try:
        call_in_time(act, seconds)
    except TimeoutError:
        pytest.fail("it waits")


@pytest.fixture(params=["pipe", "link to a pipe", "/dev/zero", "socket", "folder"])
def endless(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Make a file of a given name that no reader comes to the end of."""
    import socket

    sockets = []

    def make(name: str) -> Path:
        path = tmp_path / name
        if request.param == "pipe":
            os.mkfifo(path)
        elif request.param == "link to a pipe":
            os.mkfifo(tmp_path / "pipe")
            path.symlink_to(tmp_path / "pipe")
        elif request.param == "socket":
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(str(path))
            sockets.append(listening)
        elif request.param == "folder":
            path.mkdir()
        else:
            path.symlink_to(request.param)
        return path

    yield make
    for listening in sockets:
        listening.close()


READERS: dict[str, tuple[str, Callable[[Path], object], type[Exception]]] = {
    "a contract": ("x.kv.yaml", parse_contract, ContractError),
    "an IFEval file": ("rows.jsonl", lambda path: list(read_ifeval(path)), OSError),
    "a report": ("report.json", lambda path: report_files.read_report_scores([path]), UsageError),
    "a table of scores": ("scores.csv", lambda path: list(read_rows(path)), UsageError),
    "a packed table of scores": ("scores.jsonl.gz", lambda path: list(read_rows(path)), UsageError),
    "the manifest of goldens": ("manifest.json", lambda path: GoldenStore(path.parent).recorded_keys(), GoldenError),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_is_no_regular_file_is_refused(reader: str, endless: Callable[[str], Path]) -> None:
    name, read, error = READERS[reader]
    path = endless(name)

    def act() -> None:
        with pytest.raises(error):
            read(path)

    in_time(act)


def test_a_contract_that_is_a_pipe_is_named_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "x.kv.yaml"
    os.mkfifo(path)
    (problem,) = find_problems(path)
    assert "it is a pipe or a device, not a regular file" in str(problem)
    assert secrets_in_file(path) == ()


def test_a_report_to_a_pipe_that_nobody_reads_is_refused_before_the_run(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    os.mkfifo(path)

    def act() -> None:
        with pytest.raises(UsageError, match="cannot be written"):
            require_writable((ReportRequest("json", path),))

    in_time(act)


HUGE = ["1e999999999", "1E+999999999", "1e-999999999", "0.5e999999999", "9" * 5000, "1/" + "9" * 5000, "1e9_9999_9999",
        "1e" + "9" * 5000, " 1e-99999999 ", "0." + "1" * 200_000, "٣e٩٩٩٩٩٩٩٩٩"]  # fmt: skip


@pytest.mark.parametrize("text", HUGE, ids=lambda text: text[:14])
@pytest.mark.parametrize(
    ("read", "error"),
    [(read_fraction, ValueError), (parse_ratio, SpecError),
     (lambda text: Cell.from_record({"policy": "snapkv", "ratio": text, "kernel": "sdpa"}), ValueError)],
    ids=["number", "ratio", "record"],
)  # fmt: skip
def test_a_number_that_could_not_be_written_out_is_refused(
    text: str, read: Callable[[str], object], error: type[Exception]
) -> None:
    def act() -> None:
        with pytest.raises(error) as caught:
            read(text)
        assert len(str(caught.value)) < 400

    in_time(act)


@pytest.mark.parametrize("text", ["0.5", " 1/3 ", "5e-1", ".25", "0", "0e0", "1e-300"])
def test_numbers_are_read_exactly_as_written(text: str) -> None:
    assert read_fraction(text) == Fraction(text.strip())


def test_goldens_whose_lock_another_process_holds_are_an_error_that_names_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_kvguard.golden.store.LOCK_SECONDS", 0.1)
    holder, waiting = GoldenStore(tmp_path), GoldenStore(tmp_path)
    with holder._locked():

        def act() -> None:
            with pytest.raises(GoldenError, match=r"in use: another process has held their lock, .*\.lock, for 0.1 s"):
                waiting.recorded_keys()

        in_time(act)
    assert waiting.recorded_keys() == ()


def test_a_call_that_loops_is_ended_and_its_thread_with_it() -> None:
    threads: list[threading.Thread] = []

    def loop() -> None:
        threads.append(threading.current_thread())
        while True:
            time.sleep(0)

    with pytest.raises(TimeoutError):
        call_in_time(loop, 0.2)
    threads[0].join(10)
    assert not threads[0].is_alive()


def test_what_a_call_in_time_returns_or_raises_reaches_its_caller() -> None:
    assert call_in_time(lambda: 3, 5) == 3
    with pytest.raises(KeyError):
        call_in_time(lambda: {}["missing"], 5)
