"""Contracts on servers: both arms over HTTP, and failures of servers."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import pytest_kvguard.backends.endpoint.backend
import pytest_kvguard.backends.endpoint.chat_server  # noqa: F401 - see conftest
from pytest_kvguard.backends.endpoint import pauses
from tests.chat_server import Answer, ChatServerStub, chat_server, reply, says
from tests.plugin.conftest import Guard
from tests.plugin.shop import ATTACK, FORGETS_HOURS, LEAKS, OBEYS, OPENING, SHOP

GATED = SHOP + "gate: {max_distance: 2}\n"


@pytest.fixture(autouse=True)
def only_servers(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    (guard.pytester.path / "conftest.py").unlink()
    monkeypatch.setattr(pauses, "FIRST_PAUSE_SECONDS", 0.001)
    for name in ("KVGUARD_ENDPOINT_KEY", "KVGUARD_BASELINE_ENDPOINT_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def baseline() -> Iterator[ChatServerStub]:
    with chat_server(says(OBEYS)) as server:
        yield server


@pytest.fixture
def run(guard: Guard, baseline: ChatServerStub) -> Callable[..., pytest.RunResult]:
    def run(answer: Answer, *args: str, name: str = "") -> pytest.RunResult:
        with chat_server(answer) as server:
            return guard.run(f"--kv-baseline-endpoint={baseline.url}", f"--kv-endpoint={name}{server.url}", *args)

    return run


def test_servers_that_answer_alike_hold_everything(run: Callable[..., pytest.RunResult]) -> None:
    result = run(says(OBEYS, shift=0.01), name="fp8=")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "*kvguard: server at http://127.0.0.1:*",
            "server fp8",
            "3 HELD*",
            "mean |Δ logprob| 0.010; the harmless change moved nothing, so there is no noise floor; replies equal in *",
            "note: not measured at servers: kept entries and bytes*",
        ]
    )
    assert "ratio" not in result.stdout.str() and "scope" not in result.stdout.str()


def test_losses_and_leaks_are_reported_with_their_distance_and_a_rerun_command(
    run: Callable[..., pytest.RunResult], baseline: ChatServerStub
) -> None:
    result = run(says({**FORGETS_HOURS, ATTACK: LEAKS[ATTACK]}, shift=0.2), name="q4_0=")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "LOST  shop · opening · hours",
            "  under         server q4_0",
            "  distance      mean |Δ logprob| 0.200 over the first 3 tokens; under the harmless change 0.000",
            "  note          not measured at servers: kept entries and bytes*",
            "  rerun         pytest 'shop.kv.yaml::opening::hours[[]server-q4_0[]]' "
            "--kv-endpoint=q4_0=http://127.0.0.1:* "
            f"--kv-baseline-endpoint={baseline.url}",
            "LEAKED  shop · attack · secret",
        ]
    )


def test_several_servers_are_several_cells(guard: Guard, baseline: ChatServerStub) -> None:
    with chat_server(says(OBEYS)) as mild, chat_server(says(FORGETS_HOURS)) as rough:
        result = guard.run(
            f"--kv-baseline-endpoint={baseline.url}",
            f"--kv-endpoint=q8_0={mild.url}",
            f"--kv-endpoint=q4_0={rough.url}",
            "--collect-only",
            "-q",
        )
    assert "shop.kv.yaml::opening::hours[server-q8_0]" in result.outlines
    assert "shop.kv.yaml::opening::hours[server-q4_0]" in result.outlines


def test_a_baseline_server_alone_shows_what_the_uncompressed_model_obeys(
    guard: Guard, baseline: ChatServerStub
) -> None:
    result = guard.run(f"--kv-baseline-endpoint={baseline.url}")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["uncompressed server"])


def test_a_gate_on_distances_is_judged_against_the_control_server(
    guard: Guard, run: Callable[..., pytest.RunResult]
) -> None:
    guard.contract(GATED)
    with chat_server(says(OBEYS, shift=0.05)) as null:
        harmless = run(says(OBEYS, shift=0.06), f"--kv-null-endpoint={null.url}")
        harmful = run(says(OBEYS, shift=0.3), f"--kv-null-endpoint={null.url}")
    harmless.assert_outcomes(passed=4)
    harmful.assert_outcomes(passed=3, failed=1)
    harmful.stdout.fnmatch_lines(
        ["  mean |Δ logprob| is 0.300, 6.0 (6.0 to 6.0) times the noise floor of 0.050, over 2 conversations*"]
    )


def test_a_loss_that_the_control_server_shares_is_unstable(run: Callable[..., pytest.RunResult]) -> None:
    with chat_server(says(FORGETS_HOURS)) as null:
        result = run(says(FORGETS_HOURS), f"--kv-null-endpoint={null.url}")
    result.assert_outcomes(passed=2, xfailed=1)
    result.stdout.fnmatch_lines(["*1 UNSTABLE*"])


def test_without_logprobs_contracts_are_judged_and_distances_are_not(run: Callable[..., pytest.RunResult]) -> None:
    result = run(lambda body: (200, reply(OBEYS.get(body["messages"][-1]["content"], "x"), logprobs=False)))
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["note: no logprobs from http://127.0.0.1:*"])
    assert "Δ" not in result.stdout.str()


def is_contract(body: dict[str, Any]) -> bool:
    return body["messages"][-1]["content"] in OBEYS


class After:
    """Answers a number of requests, then fails."""

    def __init__(self, good: int, failure: Any) -> None:
        self.left, self.failure = good, failure

    def __call__(self, body: dict[str, Any]) -> Any:
        if not is_contract(body):
            return says(OBEYS)(body)
        self.left -= 1
        return says(OBEYS)(body) if self.left >= 0 else self.failure


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (None, "*cannot be reached*closed connection*"),
        ((500, b"boom"), "*answered with status 500, 2 times: 'boom'*"),
        ((200, reply("we open")[:40]), "*which is no chat completion, 2 times*"),
        ((200, b""), "*answered '' (0 bytes), which is no chat completion*"),
    ],
    ids=["dies", "500", "truncated", "nothing"],
)
@pytest.mark.parametrize("good", [0, 1], ids=["at-once", "in-the-middle"])
def test_a_server_that_fails_makes_only_its_missing_replies_errors(
    run: Callable[..., pytest.RunResult], failure: Any, reason: str, good: int
) -> None:
    result = run(After(good, failure), "-o", "kv_endpoint_retries=1", "--kv-report=json:report.json", "-rE")
    # The first conversation answers two items, the second one.
    assert result.parseoutcomes() == ({"passed": 2, "errors": 1} if good else {"errors": 3})
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([reason])
    cases = json.loads(Path("report.json").read_text())["cases"]
    assert len(cases) == 3
    for case in cases:
        assert (case["verdict"] == "ERROR") == (case["outcome"] == "error") == (case["compressed"] is None)


@pytest.mark.parametrize("finish", ["content_filter", "error", "tool_calls"])
def test_an_answer_that_is_no_reply_is_the_error_of_its_own_conversation_and_never_held(
    guard: Guard, finish: str
) -> None:
    def answer(body: dict[str, Any]) -> tuple[int, bytes]:
        attacked = body["messages"][-1]["content"] == ATTACK
        return (200, reply("", finish=finish)) if attacked else says(OBEYS)(body)

    with chat_server(answer) as baseline, chat_server(answer) as server:
        servers = f"--kv-baseline-endpoint={baseline.url}", f"--kv-endpoint={server.url}"
        result = guard.run(*servers, "--kv-strict", "--kv-report=json:report.json", "-rE")
    result.assert_outcomes(passed=2, errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"*the uncompressed run broke: the server at * the finish reason '{finish}', which *"])
    verdicts = {case["probe"]: case["verdict"] for case in json.loads(Path("report.json").read_text())["cases"]}
    assert verdicts == {"opening": "HELD", "attack": "ERROR"}


def test_a_server_that_hangs_makes_errors(run: Callable[..., pytest.RunResult], baseline: ChatServerStub) -> None:
    hang = After(1, None)
    released = baseline.over

    def answer(body: dict[str, Any]) -> Any:
        given = hang(body)
        if given is None:
            released.wait(5)
        return given

    result = run(answer, "-o", "kv_endpoint_retries=0", "-o", "kv_endpoint_timeout=0.5")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*did not answer within 0.5 s*-o kv_endpoint_timeout=SECONDS*"])


def test_a_dead_baseline_makes_every_check_an_error(guard: Guard) -> None:
    with chat_server(lambda body: None) as dead, chat_server(says(OBEYS)) as server:
        result = guard.run(
            f"--kv-baseline-endpoint={dead.url}", f"--kv-endpoint={server.url}", "-o", "kv_endpoint_retries=0"
        )
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(["ERROR  the uncompressed run broke: the server at *"])


@pytest.mark.parametrize("contract", [SHOP, GATED], ids=["no-gate", "gate"])
def test_a_control_server_that_dies_makes_checks_that_need_it_errors(
    guard: Guard, run: Callable[..., pytest.RunResult], contract: str
) -> None:
    guard.contract(contract)
    with chat_server(After(1, None)) as null:
        result = run(says(OBEYS, shift=0.06), f"--kv-null-endpoint={null.url}", "-o", "kv_endpoint_retries=0", "-rE")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert (result.parseoutcomes()["passed"], result.parseoutcomes()["errors"]) == (2, 1)
    result.stdout.fnmatch_lines(["ERROR  the null arm (server) broke: the server at *cannot be reached*"])


def test_each_key_comes_from_the_environment_and_goes_only_to_its_server(
    run: Callable[..., pytest.RunResult], baseline: ChatServerStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KVGUARD_ENDPOINT_KEY", "k-arm")
    monkeypatch.setenv("KVGUARD_BASELINE_ENDPOINT_KEY", "k-base")
    seen: list[Any] = []
    result = run(lambda body: seen.append(body) or says(OBEYS, shift=0.01)(body))
    result.assert_outcomes(passed=3)
    assert set(baseline.keys) == {"Bearer k-base"}
    assert "k-arm" not in result.stdout.str() and "k-base" not in result.stdout.str()


def build(text: str, model: str = "tiny.gguf") -> dict[str, bytes]:
    return {"/props": json.dumps({"build_info": text, "model_path": f"/models/{model}"}).encode()}


@pytest.mark.parametrize("pages", [build("b2"), build("b1", "other.gguf")], ids=["build", "model"])
def test_an_arm_of_another_build_or_model_is_an_error(
    guard: Guard, baseline: ChatServerStub, pages: dict[str, bytes]
) -> None:
    baseline.pages.update(build("b1"))
    with chat_server(says(OBEYS, shift=0.01)) as other:
        other.pages.update(pages)
        servers = (f"--kv-baseline-endpoint={baseline.url}", f"--kv-endpoint=q8_0={other.url}")
        refused = guard.run(*servers)
        refused.assert_outcomes(errors=3)
        refused.stdout.fnmatch_lines(["*the server q8_0 at http://127.0.0.1:* is not comparable: its * of the uncomp*"])
        guard.run(*servers, "-o", "kv_expect=builds").assert_outcomes(passed=3)


def test_the_build_of_each_server_is_shown(run: Callable[..., pytest.RunResult], baseline: ChatServerStub) -> None:
    baseline.pages.update(build("b6942"))
    run(says(OBEYS, shift=0.01)).stdout.fnmatch_lines(["note: server at http://127*: llama.cpp b6942, model tiny.gguf"])


@pytest.mark.parametrize(
    "same", ["http://localhost:8/v1/", "http://127.0.0.1:8/v1/chat/completions", "http://user:pw@[::1]:8/v1"]
)
@pytest.mark.parametrize("option", ["--kv-endpoint", "--kv-null-endpoint"])
def test_a_server_compared_with_itself_is_a_usage_error(guard: Guard, option: str, same: str) -> None:
    args = ("--kv-baseline-endpoint=http://localhost:8/v1", f"{option}={same}")
    result = guard.run(*args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "looks as if compression was off" in result.stderr.str() and "pw" not in result.stderr.str()
    assert guard.run(*args, "-o", "kv_expect=equal", "--collect-only").ret == pytest.ExitCode.OK


def test_concurrent_requests_give_the_same_outcome(run: Callable[..., pytest.RunResult]) -> None:
    result = run(says(FORGETS_HOURS), "-o", "kv_endpoint_concurrency=4")
    result.assert_outcomes(passed=2, failed=1)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--kv-endpoint=http://localhost/v1"], "*nothing to be compared with.*--kv-baseline-endpoint=URL.*"),
        (["--kv-baseline-endpoint=localhost"], "*localhost is not an http or https URL.*"),
        (
            ["--kv-baseline-endpoint=http://a/v1", "--kv-endpoint=http://b/v1", "--kv-endpoint=http://c/v1"],
            "*Two servers are called endpoint. Name them apart: --kv-endpoint=NAME=URL.*",
        ),
        (["--kv-baseline-endpoint=http://a/v1", "--kv-policy=snapkv"], "*--kv-policy says how to compress in this*"),
        (["-o", "kv_endpoint_timeout=0"], "*kv_endpoint_timeout=0 is not a number of 0.001 or more.*"),
        (["--kv-launch=vllm", "-o", "kv_server_timeout=0"], "*kv_server_timeout=0 is not a number of 0.001 or more.*"),
        (["-o", "kv_endpoint_concurrency=many"], "*kv_endpoint_concurrency=many is not a number of 1 or more.*"),
    ],
)
def test_a_wrong_option_ends_the_run_with_a_remedy(guard: Guard, args: list[str], message: str) -> None:
    result = guard.run(*args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_the_first_turn_of_a_conversation_is_sent_again_with_its_reply(guard: Guard, baseline: ChatServerStub) -> None:
    guard.contract(SHOP.replace("opening: When do you open?", 'opening: ["Hello!", "When do you open?"]'))
    guard.run(f"--kv-baseline-endpoint={baseline.url}").assert_outcomes(passed=3)
    roles = [[m["role"] for m in body["messages"]] for body in baseline.bodies]
    assert ["system", "user", "assistant", "user"] in roles
    assert OPENING in baseline.bodies[-1]["messages"][-1]["content"]


def test_goldens_hold_tokens_and_verdicts_of_servers(guard: Guard, run: Callable[..., pytest.RunResult]) -> None:
    run(says(OBEYS, shift=0.01), "--kv-golden=update", name="fp8=")
    unchanged = run(says(OBEYS, shift=0.01), "--kv-golden=check", name="fp8=")
    assert unchanged.ret == pytest.ExitCode.OK
    changed = run(says({**OBEYS, OPENING: "we open at 9:30 sharp"}), "--kv-golden=check", name="fp8=")
    assert changed.ret == pytest.ExitCode.TESTS_FAILED
    changed.stdout.fnmatch_lines(["*golden*fp8*", "*token*"])


GOLDEN_TEST = """
def test_opening(kv_run, kv_golden):
    kv_golden(kv_run({"hours": "The shop opens at 9:30."}, "When do you open?"))
"""


def test_the_command_that_updates_a_golden_of_servers_names_the_servers(guard: Guard, baseline: ChatServerStub) -> None:
    guard.pytester.makepyfile(test_shop=GOLDEN_TEST)
    with chat_server(says(OBEYS)) as mild, chat_server(says(OBEYS)) as rough:
        servers = (f"--kv-baseline-endpoint={baseline.url}", f"--kv-endpoint=q8_0={mild.url}")
        typed = (*servers, f"--kv-endpoint=q4_0={rough.url}", "-o", "kv_endpoint_retries=0")
        missing = guard.run("test_shop.py", "--kv-golden=check", *typed)
        missing.assert_outcomes(failed=2)
        missing.stdout.fnmatch_lines(["*test_shop.py::test_opening under server q8_0*"])
        commands = [shlex.split(line.partition(" record ")[2]) for line in missing.outlines if " record  " in line]
        arms = [f"--kv-endpoint=q8_0={mild.url}", f"--kv-endpoint=q4_0={rough.url}"]
        rest = [f"--kv-baseline-endpoint={baseline.url}", "-o", "kv_endpoint_retries=0", "--kv-golden=update"]
        ids = [f"test_shop.py::test_opening[server-{name}]" for name in ("q8_0", "q4_0")]
        assert commands == [["pytest", nodeid, arm, *rest] for nodeid, arm in zip(ids, arms, strict=True)]
        for command in commands:
            guard.run(*command[1:]).assert_outcomes(passed=1)
        guard.run("test_shop.py", "--kv-golden=check", *typed).assert_outcomes(passed=2)


def test_a_servers_cell_is_called_the_same_in_every_report(guard: Guard, run: Callable[..., pytest.RunResult]) -> None:
    guard.contract(SHOP + "gate: {max_length_ratio: 0.5}\n")
    reports = [f"--kv-report={kind}" for kind in ("json:x.json", "html:x.html", "github:x.md")]
    result = run(says(FORGETS_HOURS), *reports, name="q4_0=")
    result.stdout.fnmatch_lines(["  under         server q4_0", "GATE  shop under server q4_0 (*", "server q4_0"])
    document = json.loads(Path("x.json").read_text())
    cell = {"policy": "q4_0", "ratio": "0", "kernel": "server"}
    assert document["run"]["cells"] == [{**cell, "label": "server q4_0", "code": ""}]
    assert {tuple(case[key] for key in cell) for case in document["cases"]} == {tuple(cell.values())}
    assert "server q4_0" in Path("x.html").read_text()
    assert "| contract | instruction | server q4&#95;0 |" in Path("x.md").read_text()


@pytest.mark.parametrize("name", ["KVGUARD_ENDPOINT_KEY", "KVGUARD_BASELINE_ENDPOINT_KEY"])
def test_a_key_with_a_line_break_ends_the_run_before_a_request_and_is_not_shown(
    run: Callable[..., pytest.RunResult], baseline: ChatServerStub, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "sk-proj-4471\nsecond")
    result = run(says(OBEYS), "--kv-report=json:r.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    shown = result.stdout.str() + result.stderr.str()
    assert f"{name}: the key has a line break (character 13 of 19)" in shown
    assert "4471" not in shown
    assert baseline.keys == []
