"""Damaged reports, score files and timings: commands read them, or say what is wrong and where."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.commands.table import run
from pytest_kvguard.serving_cost import negative_samples
from tests.fuzz.mutants import json_mutants, text_mutants, within_limit
from tests.report_documents import CHECK, document_of, recorded

SCORES = "method,dataset,id,score\n" + "".join(f"{m},qa,{n},{n % 2}\n" for m in ("fp16", "snapkv") for n in range(4))
TIMINGS = "bsz,prompt_len,stage,thr\n" + "".join(
    f"{b},{n},{stage},{b * 100 + n}\n" for b in (1, 2, 4) for n in (128, 256) for stage in ("prefill", "decoding")
)


def report() -> dict[str, Any]:
    checks = [{"rule": "contains", "verdict": "LOST", "baseline": CHECK, "compressed": {**CHECK, "holds": False}}]
    null = {"change": "bfloat16", "replies": [{"text": "9:30", "tokens": 5, "stopped": "stop"}]}
    more = {"checks": checks, "seed": None, "arrangement": None, "by_seed": [], "null": null}
    by_seed = [{"seed": 0, "verdicts": ["LOST"], "baseline_tokens": 4, "compressed_tokens": 9}]
    cases = [recorded(contract=f"shop{n}", probe=f"p{n}", **more) for n in range(3)]
    document = document_of(*cases, recorded(**{**more, "by_seed": by_seed}, order_index=1))
    # Written and read, so that no two cases share a part.
    return json.loads(json.dumps(document))  # type: ignore[no-any-return]


def ends_well(path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> bool:
    """Run a command; return whether it refused the file, which it must name."""
    code = run(arguments)
    said = capsys.readouterr().err
    assert code in (0, 1)
    assert not code or "Traceback" not in said and len(said) < 3000 and len(said) > 20, said
    return bool(code)


@pytest.fixture(autouse=True)
def _no_resampling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals are resampled thousands of times, which has nothing to do with damage."""
    monkeypatch.setattr(negative_samples, "bootstrap_interval", lambda *args, **options: (0.0, 0.0))


COMMANDS = {
    "negatives": lambda path: ["negatives", str(path)],
    "lengths": lambda path: ["lengths", str(path)],
    "compare": lambda path: [
        *("compare", str(path), str(path), "--fail-on=nothing"),
        *(f"--{kind}={path.with_name(f'out.{kind}')}" for kind in ("json", "markdown", "html")),
    ],
    "history": lambda path: ["history", str(path.parent), f"--html={path.with_name('history.html')}"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_damaged_reports_are_read_or_refused(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, refused = tmp_path / "run" / "run.json", 0
    arguments = COMMANDS[command](path)
    path.parent.mkdir()
    path.write_text(json.dumps(report()))
    assert not ends_well(path, arguments, capsys)
    texts = [json.dumps(mutant) for mutant in json_mutants(report(), 200)]
    for text in (*texts, *text_mutants(json.dumps(report()), 60), "[" * 200_000, '{"cases": [' * 20_000, ""):
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        outcome: list[bool] = []
        within_limit(text, lambda kept=outcome: kept.append(ends_well(path, arguments, capsys)))  # type: ignore[misc]
        refused += outcome[0]
    assert refused > 50


@pytest.mark.parametrize(
    ("command", "text", "name"),
    [
        ("negatives", SCORES, "x.csv"),
        ("negatives", SCORES, "x.csv.gz"),
        ("throughput", TIMINGS, "x.csv"),
        (
            "negatives",
            "".join(
                json.dumps(dict(zip(SCORES.split()[0].split(","), row.split(","), strict=True))) + "\n"
                for row in SCORES.split()[1:]
            ),
            "x.jsonl",
        ),
    ],
)
def test_damaged_tables_are_read_or_refused(
    command: str, text: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    pieces = ("1/0", "1e999999999", "9" * 5000, "x" * 200_000, "\x00", '"', "nan", "[" * 100_000)
    for mutant in (*text_mutants(text, 40), *(text.replace("1", piece, 1) for piece in pieces)):
        content = mutant.encode("utf-8", "surrogatepass")
        if name.endswith(".gz"):
            content = gzip.compress(content)
            content = content[: len(content) // 2] + b"x" + content[len(content) // 2 :]
        path.write_bytes(content)
        within_limit(mutant, lambda: ends_well(path, [command, str(path)], capsys))


def test_a_damaged_report_names_the_file_and_the_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = report()
    damaged["cases"][1]["checks"][0]["baseline"]["holds"] = "yes"
    path = tmp_path / "run.json"
    path.write_text(json.dumps(damaged))
    assert run(["negatives", str(path)]) == 1
    place = "cases[1].checks[0].baseline.holds: found 'yes', allowed is true or false"
    assert capsys.readouterr().err == f"{path} is damaged: {place}. Run the tests again, or name another report.\n"
