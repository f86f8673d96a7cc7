"""No command deletes or overwrites a file of somebody else, whatever its name and content look like."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.commands import advise
from pytest_kvguard.commands.table import run
from pytest_kvguard.golden.store import GoldenStore
from tests.foreign_files import content_of, foreign_folders, write_files
from tests.recordings import recording, turn
from tests.report_documents import document_of
from tests.unit.commands.test_advise_command import SHOP
from tests.unit.commands.test_lengths import case as length_case
from tests.unit.commands.test_negatives import case as negative_case
from tests.unit.golden.test_golden_store import KEY, OTHER

TIMINGS = "method,model,bsz,prompt_len,stage,seconds\n" + "".join(
    f"h2o,llama,{batch},{tokens},prefill,{0.01 + 1e-4 * batch * tokens}\n" for batch in (1, 4, 16) for tokens in (9, 99)
)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the commands read: a contract, two reports and timings."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "shop.kv.yaml").write_text(SHOP)
    losses = {**negative_case(), "file": str(folder / "shop.kv.yaml"), "order": ["hours", "secret"]}
    (folder / "losses.json").write_text(json.dumps(document_of(losses)))
    (folder / "lengths.json").write_text(json.dumps(document_of(length_case())))
    (folder / "timings.csv").write_text(TIMINGS)
    (folder / "runs").mkdir()
    (folder / "runs" / "lengths.json").write_text(json.dumps(document_of(length_case())))
    return folder


@pytest.fixture(autouse=True)
def _scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advise, "load_backend", lambda settings: Scripted(lambda request: "we open at 9:30"))


def folder_commands(folder: Path, inputs: Path) -> list[list[str]]:
    return [
        ["store", f"--dir={folder}"],
        ["store", "prune", "--mib=0", f"--dir={folder}"],
        ["store", "clear", f"--dir={folder}"],
        ["init", str(folder)],
        ["new", str(folder / "contracts" / "assistant.kv.yaml")],
        ["negatives", str(inputs / "losses.json"), f"--write={folder / 'mined'}"],
    ]


WRITERS: dict[str, Callable[[Path, Path], list[str]]] = {
    "lengths": lambda inputs, path: ["lengths", str(inputs / "lengths.json"), f"--json={path}"],
    "negatives": lambda inputs, path: ["negatives", str(inputs / "losses.json"), f"--json={path}"],
    **{
        f"compare-{kind}": lambda inputs, path, kind=kind: [  # type: ignore[misc]
            *("compare", str(inputs / "lengths.json"), str(inputs / "lengths.json"), f"--{kind}={path}")
        ]
        for kind in ("json", "markdown", "html")
    },
    "history": lambda inputs, path: ["history", str(inputs / "runs"), f"--html={path}"],
    "throughput": lambda inputs, path: ["throughput", str(inputs / "timings.csv"), f"--json={path}"],
    "advise": lambda inputs, path: [
        *("advise", str(inputs / "shop.kv.yaml"), "--policies=knorm", "--ratios=0.5", "--no-remedies"),
        f"--json={path}",
    ],
    "advise-plot": lambda inputs, path: [
        *("advise", str(inputs / "shop.kv.yaml"), "--policies=knorm", "--ratios=0.5", "--no-remedies"),
        f"--plot={path}",
    ],
}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=foreign_folders())
def test_files_of_others_survive_every_command_byte_for_byte(
    files: dict[str, bytes], inputs: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("folder")
    write_files(folder, files)
    for command in folder_commands(folder, inputs):
        run(command)
        assert content_of(folder, files) == files, command
    for make in WRITERS.values():
        for name in files:
            command = make(inputs, folder / name)
            assert run(command) == 1, command
            assert content_of(folder, files) == files, command


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=foreign_folders())
def test_files_of_others_survive_the_updates_and_the_pruning_of_goldens(
    files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("model")
    write_files(folder, {name: content for name, content in files.items() if name != "manifest.json"})
    store = GoldenStore(folder, "small")
    store.write(KEY, recording())
    store.write(OTHER, recording())
    store.write(KEY, recording(turn(token_ids=(1,))))
    store.remove([KEY, OTHER])
    files.pop("manifest.json", None)
    assert content_of(folder, files) == files
    assert [path.name for path in folder.iterdir() if path.name not in {Path(name).parts[0] for name in files}] == [
        "manifest.json"
    ]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_command_replaces_what_it_wrote_and_nothing_that_another_command_wrote(
    writer: str, inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ending = "png" if writer == "advise-plot" else "json"
    path = tmp_path / f"out.{ending}"
    command = WRITERS[writer](inputs, path)
    assert [run(command), run(command)] == [0, 0]
    ours = path.read_bytes()
    for other in WRITERS:
        if other != writer:
            assert run(WRITERS[other](inputs, path)) == 1
            assert path.read_bytes() == ours
    path.write_bytes(b"")
    assert run(command) == 0, "an empty file, e.g. of mktemp, holds nothing to lose"
    path.write_bytes(b"notes")
    capsys.readouterr()
    assert run(command) == 1
    option = command[-1].partition("=")[0]
    assert capsys.readouterr().err == (
        f"{option}={path} cannot be written: the file exists, and it is not what an earlier run of the same kind "
        "wrote. Choose another path, or move the file away.\n"
    )
    assert path.read_bytes() == b"notes"


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_plots_of_every_format_are_recognised(ending: str, inputs: Path, tmp_path: Path) -> None:
    command = WRITERS["advise-plot"](inputs, tmp_path / f"frontier.{ending}")
    assert [run(command), run(command)] == [0, 0]


def test_contracts_of_samples_are_replaced_until_they_are_somebody_elses(inputs: Path, tmp_path: Path) -> None:
    command = ["negatives", str(inputs / "losses.json"), f"--write={tmp_path}"]
    assert [run(command), run(command)] == [0, 0]
    [path] = tmp_path.iterdir()
    ours = path.read_text()
    for edited in ("kvguard: 1 # mine\n", ours + "# mine\n", ours.replace("kvguard: 1", "kvguard:  1")):
        path.write_text(edited)
        assert run(command) == 1
        assert path.read_text() == edited


FOREIGN_PLOTS = {
    "logo.svg": b'<?xml version="1.0"?>\n<svg><metadata><dc:title>pytest-kvguard</dc:title></metadata></svg>\n',
    "paper.pdf": b"%PDF-1.5\n1 0 obj << /Creator (pytest-kvguard) /Producer (pdfTeX-1.40) >> endobj\n",
    "shot.png": b"\x89PNG\r\n\x1a\n....tEXtTitle\0about Software\0pytest-kvguard",
}
"""Images of somebody else that mention what marks ours."""


@pytest.mark.parametrize("name", FOREIGN_PLOTS)
def test_an_image_that_only_mentions_our_mark_is_left_as_it_is(name: str, inputs: Path, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FOREIGN_PLOTS[name])
    assert run(WRITERS["advise-plot"](inputs, path)) == 1
    assert path.read_bytes() == FOREIGN_PLOTS[name]


def test_a_link_is_kept_and_what_it_leads_to_is_replaced(inputs: Path, tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to("figures.json")
    command = ["lengths", str(inputs / "lengths.json"), f"--json={tmp_path / 'link.json'}"]
    assert [run(command), run(command)] == [0, 0]
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "figures.json").is_file()


def test_a_report_that_a_command_reads_is_not_overwritten_by_its_figures(inputs: Path) -> None:
    report = inputs / "lengths.json"
    before = report.read_bytes()
    assert run(["lengths", str(report), f"--json={report}"]) == 1
    assert report.read_bytes() == before
