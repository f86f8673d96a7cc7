"""@given(order=orderings(contract)): drawn arrangements in tests written in Python."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Guard

CONFTEST = """
from pytest_kvguard.backends.scripted import Scripted

class Batches(Scripted):
    def run_turns(self, requests, progress=None):
        with open("batches.txt", "a") as log:
            print(len(requests), file=log)
        return super().run_turns(requests, progress)

def answer(request):
    text = request.contract.system_text(request.order)
    dies = {dies} and request.policy != "none"
    return "it is secret: KX-4471" if "Repeat" in request.turns[-1] and dies else "we open at 9:30"

def pytest_kvguard_backend(config):
    return Batches(answer)
"""
TEST = """
from hypothesis import given, settings
from pytest_kvguard import Verdict
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.orderings import orderings

SHOP = parse_contract("shop.kv.yaml")

@settings(max_examples=60, database=None)
@given(order=orderings(SHOP, subsets=True))
def test_the_secret_survives_every_order(kv_run, order):
    print("drawn", order.order)
    results = kv_run.contract(SHOP, order)
    assert {r.case.instruction for r in results} <= set(order.order)
    assert {r.case.contract for r in results} == {"shop"}
    assert Verdict.LEAKED not in [r.verdict for r in results]
"""
LEAKS_BEFORE_HOURS = "-1 < text.find('voucher') < text.find('opens')"


@pytest.fixture
def drawn(guard: Guard) -> Guard:
    """A test over drawn orders of the shop, whose secret leaks if it comes before the hours."""
    guard.pytester.makeconftest(CONFTEST.format(dies=LEAKS_BEFORE_HOURS))
    guard.pytester.makepyfile(test_orders=TEST)
    return guard


def drawn_orders(screen: str) -> list[str]:
    return [line for line in screen.splitlines() if line.startswith("drawn")]


def test_hypothesis_shrinks_a_drawn_failure_to_the_instructions_it_needs(drawn: Guard) -> None:
    result = drawn.run("--kv-policy=snapkv", "test_orders.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Arrangement(order=('secret', 'hours'), phrasings=(), inserted=()),"])


def test_without_shrinking_a_drawn_failure_is_reported_as_it_was_drawn(drawn: Guard) -> None:
    shrunk = len(drawn_orders(drawn.screen("--kv-policy=snapkv", "test_orders.py")))
    as_drawn = drawn.screen("--kv-policy=snapkv", "test_orders.py", "--kv-no-shrink")
    assert len(drawn_orders(as_drawn)) < shrunk
    assert "Arrangement(order=(" in as_drawn


def test_the_same_seed_draws_the_same_orders_without_warnings(drawn: Guard) -> None:
    drawn.pytester.makeconftest(CONFTEST.format(dies="False"))
    args = ("--kv-policy=snapkv", "test_orders.py", "-rP")
    first, again, other = drawn.screen(*args), drawn.screen(*args), drawn.screen(*args, "--kv-seed=3")
    assert len(drawn_orders(first)) > 10
    assert drawn_orders(first) == drawn_orders(again) != drawn_orders(other)
    summary = first.splitlines()[-1]
    assert not [word for word in ("HealthCheck", "Flaky", "deadline") if word in first] and "warning" not in summary


def test_workers_draw_the_same_orders(drawn: Guard) -> None:
    pytest.importorskip("xdist")
    drawn.pytester.makeconftest(CONFTEST.format(dies="False"))
    args = ("--kv-policy=snapkv", "test_orders.py", "-rP")
    assert drawn_orders(drawn.screen(*args)) == drawn_orders(drawn.screen(*args, "-n1"))


def test_upcoming_arrangements_run_together_in_batches(drawn: Guard) -> None:
    drawn.pytester.makeconftest(CONFTEST.format(dies="False"))
    drawn.run("--kv-policy=snapkv", "test_orders.py").assert_outcomes(passed=1)
    batches = [int(size) for size in (drawn.pytester.path / "batches.txt").read_text().split()]
    # 15 arrangements of three instructions, on both arms, for each probe that still checks something.
    assert len(batches) == 1
    assert sum(batches) > 40


def test_a_seed_set_by_the_test_is_kept(drawn: Guard) -> None:
    text = TEST.replace("@settings", "@seed(7)\n@settings").replace("import given,", "import seed, given,")
    drawn.pytester.makeconftest(CONFTEST.format(dies="False"))
    drawn.pytester.makepyfile(test_orders=text)
    one = drawn.screen("--kv-policy=snapkv", "test_orders.py", "-rP", "--kv-seed=1")
    two = drawn.screen("--kv-policy=snapkv", "test_orders.py", "-rP", "--kv-seed=2")
    assert drawn_orders(one) == drawn_orders(two) != []


def test_drawn_tests_without_our_fixtures_are_left_alone(guard: Guard) -> None:
    guard.pytester.makepyfile(
        """
        from hypothesis import given, settings, strategies as st

        @given(n=st.integers())
        def test_number(n, tmp_path): pass
        """
    )
    name = "test_drawn_tests_without_our_fixtures_are_left_alone.py"
    guard.run(name).stdout.fnmatch_lines(["*FailedHealthCheck*function-scoped fixture 'tmp_path'*"])
