"""Gates with a margin: a statistical test over all orders judges single losses, and may stop early."""

from __future__ import annotations

import html
import json

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import FORGETS_HOURS, OBEYS, SHOP

CONFTEST = """
from pytest_kvguard.backends.scripted import Scripted

OBEYS, FORGETS = {replies!r}

def answer(request):
    if request.policy == "none":
        return OBEYS[request.turns[-1]]
    first = request.order.index("hours") == {dies_at}
    return (FORGETS if {dies_at} < 0 or first else OBEYS)[request.turns[-1]]

def pytest_kvguard_backend(config):
    return Scripted(answer)
"""


def filler(count: int) -> str:
    """Return unchecked instructions, so that many orders exist."""
    return "".join(f"    - {{id: filler{n}, text: This is filler {n}.}}\n" for n in range(count))


def sampled(orders: int, gate: str = "") -> str:
    head, probes, rest = SHOP.partition("probes:\n  opening")
    return f"{head}{filler(3)}{probes}{rest}orderings: {{sample: {orders - 1}}}\n{gate}"


def always(guard: Guard) -> None:
    """Forget the hours in every order."""
    guard.pytester.makeconftest(CONFTEST.format(replies=[OBEYS, FORGETS_HOURS], dies_at=-1))


def when_first(guard: Guard) -> None:
    """Forget the hours only if they come first."""
    guard.pytester.makeconftest(CONFTEST.format(replies=[OBEYS, FORGETS_HOURS], dies_at=0))


def test_a_drop_beyond_the_margin_fails_the_gate_alone(guard: Guard) -> None:
    guard.contract(sampled(9, "gate: {max_drop: 0.2}\n"))
    always(guard)
    result = guard.run("--kv-policy=snapkv")
    result.assert_outcomes(passed=18, xfailed=9, failed=1)
    result.stdout.fnmatch_lines(
        [
            "GATE  shop under snapkv 0.5 (shop.kv.yaml)",
            "  hours: 9 of 9 checks hold uncompressed, 0 compressed, in 9 prompts; a drop of 100 points *, "
            "and max_drop is 0.2: p = 0.002, adjusted for 3 tests",
        ]
    )


def test_a_drop_within_the_margin_passes(guard: Guard) -> None:
    guard.contract(sampled(9, "gate: {max_drop: 0.4}\n"))
    when_first(guard)
    result = guard.run("--kv-policy=snapkv", "-rP")
    assert result.ret == 0
    assert result.parseoutcomes()["xfailed"] >= 1
    result.stdout.fnmatch_lines(["  hours * 9 * 9 *", "  p: chance of so large a drop from harmless changes alone*"])


def test_a_gate_may_also_limit_the_number_of_losses(guard: Guard) -> None:
    guard.contract(sampled(9, "gate: {max_drop: 0.4, max_lost: 0}\n"))
    when_first(guard)
    result = guard.run("--kv-policy=snapkv")
    assert "xfailed" not in result.parseoutcomes()
    result.stdout.fnmatch_lines(["  * LOST, max_lost is 0: hours (opening)*"])


def test_a_gate_that_has_seen_enough_runs_no_further_orders(guard: Guard, spread: tuple[str, ...]) -> None:
    guard.contract(sampled(40, "gate: {max_drop: 0.1}\n"))
    always(guard)
    result = guard.run("--kv-policy=snapkv", "-rs", *spread)
    result.assert_outcomes(passed=20, xfailed=10, failed=1, skipped=90)
    result.stdout.fnmatch_lines(
        ["  decided after 10 of 40 orders", "SKIPPED *30* not run: the gate was decided after 10 of 40 orders"]
    )


def test_without_its_gate_every_selected_order_is_run(guard: Guard) -> None:
    guard.contract(sampled(40, "gate: {max_drop: 0.1}\n"))
    always(guard)
    guard.run("--kv-policy=snapkv", "-k", "hours").assert_outcomes(xfailed=40, deselected=81)


def test_the_last_order_can_be_run_alone_though_the_gate_would_not_need_it(guard: Guard) -> None:
    guard.contract(sampled(40, "gate: {max_drop: 0.1}\n"))
    always(guard)
    guard.run("--kv-policy=snapkv", "shop.kv.yaml::opening::hours[snapkv-0.5-order39]").assert_outcomes(xfailed=1)


def test_limits_typed_win_over_the_contract_and_the_contract_over_the_ini_file(guard: Guard) -> None:
    guard.contract(SHOP + "gate: {max_lost: 1}\n")
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    guard.pytester.makeini("[pytest]\nkv_max_lost = 0\nkv_max_length_ratio = 0.5\n")
    result = guard.run("--kv-policy=snapkv")
    result.assert_outcomes(passed=2, xfailed=1, failed=1)
    result.stdout.fnmatch_lines(["  replies are 1.00x as long as uncompressed; max_length_ratio is 0.5"])
    typed = guard.run("--kv-policy=snapkv", "--kv-max-lost=0", "--kv-max-length-ratio=2")
    typed.assert_outcomes(passed=2, failed=2)
    typed.stdout.fnmatch_lines(["  rerun * --kv-max-lost=0 --kv-max-length-ratio=2"])


def test_a_typed_margin_does_not_tolerate_a_loss_in_a_contract_that_samples_nothing(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    guard.run("--kv-policy=snapkv", "--kv-max-drop=0.5").assert_outcomes(passed=2, failed=1)


def test_a_margin_and_a_confidence_can_be_typed(guard: Guard) -> None:
    guard.contract(sampled(9))
    always(guard)
    screen = guard.screen("--kv-policy=snapkv", "--kv-max-drop=0.3", "--kv-confidence=0.99")
    assert "99 % interval" in screen
    assert "--kv-max-drop=0.3 --kv-confidence=0.99" in screen
    sure = guard.run("--kv-policy=snapkv", "--kv-max-drop=0.3", "--kv-confidence=0.9999", "-k", "gate")
    sure.stdout.fnmatch_lines(["*can be shown at confidence 0.9999 over 3 tests from 15 prompts on*"])


def test_a_gate_that_must_prove_passes_with_enough_prompts_and_says_what_it_shows(guard: Guard) -> None:
    guard.contract(sampled(31, "gate: {prove: 0.1, max_new_leaks: 0}\n"))
    guard.replies(OBEYS)
    result = guard.run("--kv-policy=snapkv", "-k", "gate", "--kv-report=json:run.json", "--kv-report=html:run.html")
    result.assert_outcomes(passed=1, deselected=93)
    result = guard.run("--kv-policy=snapkv", "--kv-report=json:run.json")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["shop: gate[[]snapkv-0.5[]] is held; the smallest drop that it could have shown is *"])
    assert json.loads((guard.pytester.path / "run.json").read_text())["gates"][0]["verdict"] == "held"


def test_a_pass_that_shows_nothing_is_called_undecided_everywhere(guard: Guard) -> None:
    guard.contract(sampled(9, "gate: {max_drop: 0.1}\n"))
    guard.replies(OBEYS)
    reports = [f"--kv-report={kind}:{kind}.txt" for kind in ("json", "html", "github")]
    result = guard.run("--kv-policy=snapkv", "--junitxml=junit.xml", *reports)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "shop: gate[[]snapkv-0.5[]] is undecided; the smallest drop that it could have shown is *",
            "shop: gate[[]snapkv-0.5[]]: hours: undecided, a drop of more than 28 points is excluded by 9 prompts*",
        ]
    )
    for name in ("json.txt", "html.txt", "github.txt", "junit.xml"):
        text = html.unescape((guard.pytester.path / name).read_text(encoding="utf-8"))
        assert "hours: undecided, a drop of more than 28 points is excluded" in text, name
    assert '<property name="kv_gate" value="undecided" />' in (guard.pytester.path / "junit.xml").read_text()


def test_a_proof_that_the_prompts_cannot_give_is_refused_before_anything_runs(guard: Guard) -> None:
    guard.contract(sampled(9, "gate: {prove: 0.1}\n"))
    result = guard.run("--kv-policy=snapkv")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*shop.kv.yaml:*gate.prove: 0.1 needs 31 prompts or more at confidence 0.95*Set orderings.sample to 30*"]
    )


def test_a_typed_proof_does_not_pass_contracts_that_sample_nothing(guard: Guard) -> None:
    result = guard.run("--kv-policy=snapkv", "--kv-prove=0.1")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*gate.prove: 0.1 needs 29 prompts or more*and this contract has 1 *"])


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--kv-max-lost=some", "--kv-max-lost=some is not a whole number, 0 or more."),
        ("--kv-max-new-leaks=-1", "--kv-max-new-leaks=-1 is not a whole number, 0 or more."),
        ("--kv-max-drop=10", "--kv-max-drop=10 is not a number from 0 to below 1, e.g. 0.1."),
        ("--kv-prove=10", "--kv-prove=10 is not a number from 0.001 to 0.999, e.g. 0.1."),
        ("--kv-prove=nan", "--kv-prove=nan is not a number from 0.001 to 0.999, e.g. 0.1."),
        ("--kv-confidence=95", "--kv-confidence=95 is not a number from 0.5 to 0.9999, e.g. 0.95."),
        ("--kv-max-length-ratio=0", "--kv-max-length-ratio=0 is not a number above 0, e.g. 1.5."),
        ("--kv-null=kernal", "Unknown --kv-null=kernal. Did you mean 'kernel'? Allowed: auto, bfloat16, *, off."),
    ],
)
def test_a_wrong_limit_is_a_usage_error(guard: Guard, option: str, message: str) -> None:
    result = guard.run(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])
