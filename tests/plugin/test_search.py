"""A search for an arrangement that breaks an instruction: result, shrinking, printed contract, replay."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

# Imported here once: an in-process run drops modules that it imports first, so each run would import them again.
import pytest_kvguard.orderings.example_database
import pytest_kvguard.orderings.search
import pytest_kvguard.reports.arrangement  # noqa: F401
from pytest_kvguard.contract.parse import parse_contract
from tests.plugin.conftest import Guard

NAMES = ("hours", "tone", "parking", "menu", "door", "staff", "garden", "music")
DEPOT = """\
kvguard: 1
name: depot
context:
  instructions:
{instructions}
probes: {{which: "Which door?"}}
orderings: {{sample: 0, search: 40, budget_tokens: 600, shrink_tokens: 600, subsets: true{more}}}
generate: {{max_new_tokens: 8}}
"""
CONFTEST = """
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase
from pytest_kvguard.backends.scripted import Scripted

settings.register_profile("kept", database=DirectoryBasedExampleDatabase({database!r}), derandomize=False)
settings.load_profile("kept")

def answer(request):
    with open("asked.txt", "a") as log:
        text = request.contract.system_text(request.order)
        print(request.policy + request.null_change, text.replace("\\n", "|"), file=log)
    dies = {dies}
    changed = request.policy != "none" or ({unstable} and request.null_change)
    return "the green one" if dies and changed else "the red one"

def pytest_kvguard_backend(config):
    return Scripted(answer)
"""
BEFORE_TWO = "text.find('door') < min(text.find('hours'), text.find('tone'))"
SEARCH = "depot.kv.yaml::which::door[snapkv-0.5-search]"


def depot(more: str = "", text: str = "About {name}.") -> str:
    lines = []
    for name in NAMES:
        check = ', check: {contains: "red"}' if name == "door" else ""
        lines.append(f'    - {{id: {name}, text: "{text.format(name=name)}"{check}}}')
    return DEPOT.format(instructions="\n".join(lines), more=more)


@pytest.fixture
def searched(guard: Guard) -> Guard:
    """A depot whose door is forgotten only if it comes before hours and tone."""
    (guard.pytester.path / "shop.kv.yaml").unlink()
    guard.contract(depot(), "depot.kv.yaml")
    dies(guard, BEFORE_TWO)
    return guard


def dies(guard: Guard, when: str, unstable: bool = False) -> None:
    database = str(guard.pytester.path / "examples")
    guard.pytester.makeconftest(CONFTEST.format(database=database, dies=when, unstable=unstable))


def asked(guard: Guard) -> list[str]:
    path: Path = guard.pytester.path / "asked.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


def line(screen: str, label: str) -> str:
    match = re.search(rf"^  {label} +(.*)$", screen, re.MULTILINE)
    assert match, screen
    return match.group(1)


def test_an_instruction_that_fails_before_two_others_is_shrunk_to_those_three(searched: Guard) -> None:
    screens = []
    for _ in range(2):
        screens.append(searched.screen("--kv-policy=snapkv"))
        (searched.pytester.path / "examples").rename(searched.pytester.path / f"examples-{len(screens)}")
    assert line(screens[0], "order") == "[door] → hours → tone (from a search)"
    assert line(screens[0], "left out") == "parking, menu, staff, garden, music"
    spent = [int(number) for number in re.findall(r", (\d+) of at most 600 generated tokens", screens[0])]
    assert len(spent) == 2
    assert all(0 < tokens <= 600 for tokens in spent)
    assert line(screens[0], "shrunk").endswith("leave out or put back any single part, and it holds")
    assert line(screens[0], "searched") == line(screens[1], "searched")
    assert line(screens[0], "shrunk") == line(screens[1], "shrunk")


def test_every_prompt_is_run_once_on_each_arm(searched: Guard) -> None:
    searched.run("--kv-policy=snapkv")
    prompts = asked(searched)
    assert len(prompts) > 20
    assert len(set(prompts)) == len(prompts)


def test_the_printed_contract_can_be_pasted_and_fails_by_itself(searched: Guard) -> None:
    screen = searched.screen("--kv-policy=snapkv")
    start, stop = screen.index("    kvguard: 1"), screen.index("  rerun ")
    pasted = searched.contract(screen[start:stop], "pasted.kv.yaml")
    assert parse_contract(pasted).written_order == ("door", "hours", "tone")
    assert parse_contract(pasted).name == "depot-which-door"
    result = searched.run("--kv-policy=snapkv", "pasted.kv.yaml")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["LOST  depot-which-door · which · door", "*[[]door] → hours → tone (as written)"])


def test_the_next_run_replays_the_failing_arrangement(searched: Guard) -> None:
    searched.run("--kv-policy=snapkv", SEARCH)
    first = len(asked(searched))
    again = searched.screen("--kv-policy=snapkv", SEARCH)
    assert line(again, "searched").startswith("replayed from the example database; 1 arrangement, 9 of at most 600")
    assert line(again, "order") == "[door] → hours → tone (from a search)"
    assert len(asked(searched)) < first


def test_a_saved_arrangement_is_dropped_once_it_holds(searched: Guard) -> None:
    searched.run("--kv-policy=snapkv", SEARCH)
    dies(searched, "False")
    searched.run("--kv-policy=snapkv", SEARCH).assert_outcomes(passed=1)
    dies(searched, BEFORE_TWO)
    assert "replayed" not in searched.screen("--kv-policy=snapkv", SEARCH)


def test_without_shrinking_the_arrangement_is_reported_as_drawn(searched: Guard) -> None:
    screen = searched.screen("--kv-policy=snapkv", "--kv-no-shrink")
    assert line(screen, "shrunk") == "0 arrangements, 0 of at most 600 generated tokens; not shrunk"
    assert "--kv-no-shrink" in line(screen, "rerun")


def test_the_report_says_that_an_instruction_fails_alone(searched: Guard) -> None:
    dies(searched, "True")
    screen = searched.screen("--kv-policy=snapkv", SEARCH)
    assert line(screen, "order") == "[door] (from a search)"
    assert line(screen, "shrunk").endswith("the instruction fails alone, as it is written")


def test_the_report_names_a_shrink_budget_that_ended_early(searched: Guard) -> None:
    searched.contract(depot().replace("shrink_tokens: 600", "shrink_tokens: 30"), "depot.kv.yaml")
    screen = searched.screen("--kv-policy=snapkv")
    assert "the budget ended here; a higher orderings.shrink_tokens may find a smaller one" in line(screen, "shrunk")


def test_a_search_without_a_failure_passes_within_its_budget(searched: Guard) -> None:
    dies(searched, "False")
    searched.contract(depot().replace("search: 40", "search: 400"), "depot.kv.yaml")
    searched.run("--kv-policy=snapkv", SEARCH).assert_outcomes(passed=1)
    # Both arms of an arrangement take 6 tokens; the last one that ran could have taken 24.
    assert (600 - 24) // 6 <= len(asked(searched)) // 2 <= 600 // 6


def test_the_same_seed_tries_the_same_arrangements_and_another_seed_tries_others(searched: Guard) -> None:
    dies(searched, "False")
    prompts = []
    for seed in (1, 1, 2):
        searched.run("--kv-policy=snapkv", f"--kv-seed={seed}", SEARCH)
        prompts.append(asked(searched))
    assert prompts[0] == prompts[1] != prompts[2]


def test_a_search_gives_the_same_result_over_workers(searched: Guard, spread: tuple[str, ...]) -> None:
    result = searched.run("--kv-policy=snapkv", *spread)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*[[]door] → hours → tone (from a search)"])
    assert not re.search(r"Flaky|HealthCheck|warning", result.stdout.str())


def test_there_is_one_search_per_instruction_and_cell_and_none_without_a_policy(searched: Guard) -> None:
    ids = searched.node_ids("--kv-policy=snapkv,knorm")
    assert ids[2:] == [SEARCH, SEARCH.replace("snapkv", "knorm")]
    assert searched.node_ids() == ["depot.kv.yaml::which::door[uncompressed]"]


def test_a_search_among_prompts_the_model_never_obeys_is_unmet(searched: Guard) -> None:
    searched.contract(depot().replace('"red"', '"blue"'), "depot.kv.yaml")
    result = searched.run("--kv-policy=snapkv", "-rs", SEARCH)
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*UNMET, the uncompressed model does not obey either*(in 40 of 40 arrangements)"])
    searched.run("--kv-policy=snapkv", "--kv-strict", SEARCH).assert_outcomes(failed=1)


def test_a_search_with_only_unstable_failures_says_so(searched: Guard) -> None:
    dies(searched, BEFORE_TWO, unstable=True)
    result = searched.run("--kv-policy=snapkv", "-rx", SEARCH)
    result.assert_outcomes(xfailed=1)
    count = re.search(r"XFAIL .*UNSTABLE: .* \(in (\d+) of 40 arrangements\)", result.stdout.str())
    assert count and 0 < int(count.group(1)) < 40
    strict = searched.run("--kv-policy=snapkv", "--kv-strict", SEARCH)
    strict.assert_outcomes(failed=1)
    strict.stdout.fnmatch_lines([f"UNSTABLE: * (in {count.group(1)} of 40 arrangements)"])


def test_an_arrangement_that_cannot_run_is_an_error_unless_another_one_fails(searched: Guard) -> None:
    dies(searched, "1 / 0 if 'music' in text else False")
    result = searched.run("--kv-policy=snapkv", SEARCH)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*arrangements could not be judged; first: *ZeroDivisionError*"])
    dies(searched, "1 / 0 if 'music' in text else True")
    searched.run("--kv-policy=snapkv", SEARCH).assert_outcomes(failed=1)


def test_distractors_filler_and_paraphrases_are_searched_and_named(searched: Guard) -> None:
    more = ', distractors: ["Cats sleep."], filler: {max_words: 200}'
    text = depot(more).replace("subsets: true", "subsets: false").replace("600", "4000")
    text = text.replace('{contains: "red"}', '{contains: "red"}, paraphrases: ["The portal."]').replace(
        "search: 40", "search: 80"
    )
    searched.contract(text, "depot.kv.yaml")
    dies(searched, "'portal' in text and 'Cats' in text and len(text.split()) > 60")
    screen = searched.screen("--kv-policy=snapkv", SEARCH)
    assert line(screen, "reworded") == "door: its paraphrase 1"
    assert "the distractor 'Cats sleep.'" in line(screen, "inserted")
    words = re.search(r"inserted +(\d+) words of filler, ", screen)
    assert words and 45 < int(words.group(1)) < 70
    pasted = textwrap.dedent(screen[screen.index("    kvguard: 1") : screen.index("  rerun ")])
    assert "block: inserted-1" in pasted and "The portal." in pasted


def test_a_summary_row_counts_the_search(searched: Guard) -> None:
    searched.run("--kv-policy=snapkv").stdout.fnmatch_lines([" depot * door * 1 * 1 *", "1 HELD, 1 LOST; *"])


def test_a_budget_too_small_for_one_arrangement_is_an_error_of_the_contract(searched: Guard) -> None:
    searched.contract(depot().replace("budget_tokens: 600", "budget_tokens: 15"), "depot.kv.yaml")
    result = searched.run("--kv-policy=snapkv")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["depot.kv.yaml:14: orderings.budget_tokens: found 15. Allowed: 24 or more*"])
