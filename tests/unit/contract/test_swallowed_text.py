"""What a contract's file shows is what the model reads, or an error names the line and the remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.parse import find_problems, parse_contract
from pytest_kvguard.errors import ContractError

Write = Callable[[str | bytes], Path]
SHARED_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)

FILE = """\
kvguard: 1
name: bakery
context:
  preamble: PREAMBLE
  instructions:
    - id: rule
      text: TEXT
      check:
        contains: VALUE
      paraphrases:
        - PARAPHRASE
    - block: book
      text: BLOCK
probes:
  one: PROBE
  many:
    - TURN
    - Well?
orderings:
  sample: 2
  distractors:
    - DISTRACTOR
"""
SLOTS = {
    "PREAMBLE": lambda c: c.preamble,
    "TEXT": lambda c: c.instructions[0].text,
    "VALUE": lambda c: c.instructions[0].checks[0][1],
    "PARAPHRASE": lambda c: c.instructions[0].paraphrases[0],
    "BLOCK": lambda c: c.parts[1].text,
    "PROBE": lambda c: c.probes[0].turns[0],
    "TURN": lambda c: c.probes[1].turns[0],
    "DISTRACTOR": lambda c: c.orderings.distractors[0],
}
"""Every place of a contract that holds text, and how to read it back."""


def file_with(slot: str, source: str) -> str:
    text = FILE.replace(slot, source)
    for number, other in enumerate(SLOTS):
        text = text.replace(other, f'"Text {number}."')
    return text


def read_back(contract: Contract, slot: str) -> object:
    return SLOTS[slot](contract)


def line_of(text: str, word: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if word in line)


def refusal(path: Path) -> ContractError:
    with pytest.raises(ContractError) as caught:
        parse_contract(path)
    return caught.value


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize(
    "source",
    [
        "Post to channel #heron and never to #general.",
        "Post to channel # heron",
        "#heron is the channel.",
        "Never\n          # post\n",
        "alpha\n          beta #gamma\n",
        "# a heading\n          Never post there.",
    ],
)
def test_an_unquoted_text_with_a_comment_is_an_error_wherever_text_stands(write: Write, slot: str, source: str) -> None:
    text = file_with(slot, source)
    error = refusal(write(text))
    assert "comment" in error.message
    assert "Put the text in quotes, or on lines of its own below '|'" in error.message
    assert abs(error.line - line_of(text, source.splitlines()[0])) <= 1
    assert error.line > 0


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('"Post to #heron."', "Post to #heron."),
        ("'Post to #heron.'", "Post to #heron."),
        ("|-\n            Post to\n              #heron.", "Post to\n  #heron."),
        (">-\n            Post to\n            #heron.", "Post to #heron."),
        ("Post#heron", "Post#heron"),
        ('"Quoted." # and a real comment', "Quoted."),
        ("|-  # a real comment\n            Text.", "Text."),
        ("'it''s'", "it's"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("no", "no"),
        ("9:30", "9:30"),
        ("2026-01-31", "2026-01-31"),
        ("Never\n            tell.", "Never tell."),
    ],
)
def test_a_text_that_says_what_it_is_is_read_as_it_stands(write: Write, slot: str, source: str, text: str) -> None:
    assert read_back(parse_contract(write(file_with(slot, source))), slot) == text


@pytest.mark.parametrize(
    ("key", "commented"),
    [
        ("name: bakery", "name: bakery # the shop"),
        ("  sample: 2", "  sample: 2 # two"),
        ("kvguard: 1", "kvguard: 1   # the format"),
        ("    - id: rule", "    - id: rule # the first"),
        ("      check:", "      check: # for words"),
        ("    - block: book", "    # the book\n    - block: book"),
        ("probes:", "# what is asked\nprobes: # below"),
        ("        contains: VALUE", "        max_words: 4 # four\n        contains: VALUE"),
    ],
)
def test_a_comment_beside_any_other_key_is_a_comment(write: Write, key: str, commented: str) -> None:
    assert key in FILE
    assert (
        find_problems(
            write(file_with("", "").replace(key.replace("VALUE", '"Text 2."'), commented.replace("VALUE", '"Text 2."')))
        )
        == ()
    )


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        ("0451", 'Put it in quotes: "0451".'),
        ("1e3", 'Put it in quotes: "1e3".'),
        ("42", 'Put it in quotes: "42".'),
        ("1.10", 'Put it in quotes: "1.10".'),
        ("~", 'Put it in quotes: "~".'),
        ("null", 'Put it in quotes: "null".'),
        ("true", 'Put it in quotes: "true".'),
        ("{name}", "needs quotes"),
        ("{{ name }}", "needs quotes"),
        ("Note: be kind", "quote"),
        ("@all be kind", "quotes"),
        ("`code` is text", "quotes"),
        ("%s is text", "quotes"),
        ("*bold* is text", "quotes"),
        ("**bold** is text", "quotes"),
        ("!important be kind", "quote"),
        ("&c be kind", "quotes"),
        ("[INST] be kind", "quote"),
        ("'it's'", "an apostrophe is written twice"),
        ('"Say "hi" to all"', '\\"'),
        ('"Match \\d"', "single quotes"),
        ('"\\bword\\b"', "single quotes"),
        ('"not closed', 'within "…" a quote'),
        ("> be kind", "begins on the next line"),
        ("| be kind", "begins on the next line"),
        ("one\ttwo", "tab"),
        ("Rules\n            - be kind\n            - be brief", "Write '|' to keep the lines"),
        (">\n            - be kind\n            - be brief", "Write '|' to keep the lines"),
        ("Rules\n            1. be kind\n            2. be brief", "Write '|' to keep the lines"),
        ("one\u2028two", 'write "\\u2028" in double quotes'),
        ('"He said "hi" # and left"', "quote"),
    ],
)
def test_what_yaml_takes_for_something_else_is_an_error_that_names_the_fix(
    write: Write, slot: str, source: str, remedy: str
) -> None:
    text = file_with(slot, source)
    problems = find_problems(write(text))
    if slot in ("VALUE", "PROBE") and source.startswith("[INST]"):
        assert problems
        return
    assert any(remedy in problem.message for problem in problems), [str(problem) for problem in problems]
    assert all(problem.line > 0 for problem in problems)


SIGNS = "#:-?{}[],&*!|>%@`\"'\\~=<0123456789.eE_+xXno\t abü本"


@SHARED_FILE
@given(slot=st.sampled_from(sorted(SLOTS)), text=st.text(alphabet=SIGNS, min_size=1, max_size=14).filter(str.strip))
@example(slot="TEXT", text="a #b")
@example(slot="VALUE", text="a,#b")
@example(slot="TURN", text="- a")
@example(slot="TEXT", text="? a")
def test_any_unquoted_line_is_read_as_it_stands_or_is_an_error(write: Write, slot: str, text: str) -> None:
    assume(not is_written_as_yaml(text.strip(), slot))
    try:
        contract = parse_contract(write(file_with(slot, text)))
    except ContractError as error:
        assert error.line > 0
        return
    assert read_back(contract, slot) == text.strip()


def is_written_as_yaml(text: str, slot: str) -> bool:
    """Return whether a line is quoted, or a list where one is allowed: then it says what it means."""
    return text[0] in "\"'|>" or (slot in ("VALUE", "PROBE") and text[0] in "[-{?")


@SHARED_FILE
@given(
    slot=st.sampled_from(sorted(SLOTS)),
    lines=st.lists(st.text(alphabet=SIGNS.replace("\t", ""), max_size=10), min_size=1, max_size=4),
)
def test_lines_below_a_bar_are_read_as_they_stand(write: Write, slot: str, lines: list[str]) -> None:
    assume(lines[0].strip() and lines[-1].strip() and not lines[0].startswith(" "))
    source = "|-\n" + "\n".join(f"            {line}" if line else "" for line in lines)
    assert read_back(parse_contract(write(file_with(slot, source))), slot) == "\n".join(lines)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_a_byte_order_mark_change_no_text(write: Write, ending: str, mark: bytes) -> None:
    text = file_with("TEXT", "|\n        one\n\n          two").replace("\n", ending)
    contract = parse_contract(write(mark + text.encode()))
    assert contract.instructions[0].text == "one\n\n  two"
    assert contract.preamble == "Text 0."


def test_a_comment_behind_a_canary_is_an_error_that_does_not_tell_it(write: Write) -> None:
    text = file_with("", "").replace("check:", "no_leak: {canary: KX #4471}\n      check:")
    with_block = text.replace("{canary: KX #4471}", "\n        canary: KX #4471")
    error = refusal(write(with_block))
    assert "'#' begins a comment, so YAML reads only a part of it" in error.message
    assert "4471" not in error.message


@pytest.mark.parametrize("slot", SLOTS)
def test_a_comment_that_stands_like_the_last_line_of_a_block_is_an_error(write: Write, slot: str) -> None:
    indent = 1 + next(len(line) - len(line.lstrip()) for line in FILE.splitlines() if slot in line)
    source = "|-\n            Post.\n" + " " * indent + "#never to general"
    assert "is a comment, and no part of it" in refusal(write(file_with(slot, source))).message


@pytest.mark.parametrize("style", ["|", ">", "|+"])
def test_a_block_in_a_check_may_not_end_in_a_line_break(write: Write, style: str) -> None:
    error = refusal(write(file_with("VALUE", f"{style}\n            word")))
    assert f"Write '{style[0]}-'." in error.message
    assert find_problems(write(file_with("VALUE", f"{style[0]}-\n            word"))) == ()


def test_values_of_one_probes_checks_are_text_too(write: Write) -> None:
    text = file_with("", "").replace(
        "      paraphrases:", "      checks:\n        one:\n          ends_with: A #1\n      paraphrases:"
    )
    error = refusal(write(text))
    assert "context.instructions[1].checks.one.ends_with: '#' begins a comment" in error.message


@pytest.mark.parametrize("source", ["\\n\\n", "'\\n\\n'"])
def test_a_join_whose_line_breaks_are_no_line_breaks_is_an_error(write: Write, source: str) -> None:
    text = file_with("", "").replace("  instructions:", f"  join: {source}\n  instructions:")
    assert "Put it in double quotes" in refusal(write(text)).message


@pytest.mark.parametrize("source", ["030", "+07"])
def test_a_number_loses_no_zeros(write: Write, source: str) -> None:
    text = file_with("", "").replace("        contains", f"        max_words: {source}\n        contains")
    assert f'Put it in quotes: "{source}"' in refusal(write(text)).message


ROOT = Path(__file__).parents[3]
SHIPPED = sorted([*ROOT.glob("cases/*/*.kv.yaml"), *ROOT.glob("golden/*.kv.yaml")])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_contracts_lose_no_text(path: Path) -> None:
    assert find_problems(path) == ()
