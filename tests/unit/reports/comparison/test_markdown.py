"""The comment on a pull request: short enough for GitHub, and nothing of others is markup in it."""

from __future__ import annotations

from pathlib import Path

from pytest_kvguard.reports.comparison.compare import compare_runs
from pytest_kvguard.reports.comparison.markdown import COMPARISON_START, MOST_COMMENT, comparison_markdown
from pytest_kvguard.reports.comparison.screen import comparison_text
from tests.compared_runs import Record, item, items, run_of

GITHUB_TAKES = 65_536
ATTACK = "<script>x</script> | **bold** [link](https://evil.example) @octocat `code` </details>\n::error::owned"


def markdown(folder: Path, before: list[Record], after: list[Record]) -> str:
    return comparison_markdown(compare_runs(run_of(folder, "before", *before), run_of(folder, "after", *after)))


def test_the_verdict_stands_first_and_new_losses_are_unfolded(tmp_path: Path) -> None:
    text = markdown(tmp_path, items(["HELD"] * 8 + ["LOST"]), items(["LOST"] * 8 + ["HELD"]))
    assert text.splitlines()[0] == f"{COMPARISON_START}worse, 8 newly lost"
    assert "<details open><summary>newly lost (8)</summary>" in text
    assert "<details><summary>newly held (1)</summary>" in text
    assert text.count("<details") == text.count("</details>")


def test_texts_of_a_model_are_neither_markup_nor_mentions_nor_commands(tmp_path: Path) -> None:
    reply = [{"text": ATTACK, "tokens": 4, "stopped": "stop"}]
    text = markdown(tmp_path, [item()], [item("LOST", compressed=reply, contract="shop", reason=ATTACK)])
    for sign in ("<script", "**bold", "](http", "@octocat", "`code", "::error"):
        assert sign not in text
    assert text.count("</details>") == text.count("<details")
    rows = [line for line in text.splitlines() if line.startswith("| shop")]
    assert [row.count(" | ") for row in rows] == [3]


def test_a_comment_fits_however_much_was_lost_and_says_that_there_is_more(tmp_path: Path) -> None:
    long = [{"text": "é" * 400, "tokens": 4, "stopped": "stop"}]
    before = items(["HELD"] * 60, probe="p" * 90)
    after = [dict(case, compressed=long) for case in items(["LOST"] * 60, probe="p" * 90)]
    many = [dict(case, instruction=f"i{n}") for n in range(12) for case in after]
    text = markdown(tmp_path, [dict(case, instruction=f"i{n}") for n in range(12) for case in before], many)
    assert len(text) + 600 > GITHUB_TAKES - 1000 and len(text) <= MOST_COMMENT < GITHUB_TAKES
    assert text.count("<details") == text.count("</details>")
    assert "and more; the text would be too long for a comment" in text


def test_the_screen_is_printable_and_ends_with_the_verdict(tmp_path: Path) -> None:
    before, after = items(["HELD"] * 9), items(["LOST"] * 9, contract="shop", probe="\x1b[31mred")
    before = [dict(case, probe="\x1b[31mred") for case in before]
    text = comparison_text(compare_runs(run_of(tmp_path, "a", *before), run_of(tmp_path, "b", *after)))
    assert "\x1b" not in text and "\\x1b[31mred" in text
    verdict = text.rpartition("\n\n")[2].splitlines()
    assert verdict[0] == "worse: 9 items in both runs, 9 newly lost"
    assert verdict[1].startswith("  snapkv 0.5: worse; 100.0% of 9 checks held before, 0.0% now (−100 points")
    assert "9 prompts could have shown 66.7 points at best" in verdict[1]
