"""Judge checks in a run: the source of the endpoint, and endpoints that fail."""

from __future__ import annotations

import json
import socket

import pytest

from tests.chat_server import chat_server
from tests.judge_replies import says
from tests.plugin.conftest import Guard
from tests.plugin.shop import OBEYS, OPENING, SHOP

JUDGED = SHOP.replace('{contains: "9:30"}', '{judge: "The reply names a time of day."}')
RUDE = {**OBEYS, OPENING: "go away"}
USAGE_ERROR = int(pytest.ExitCode.USAGE_ERROR)


@pytest.fixture(autouse=True)
def judged(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KVGUARD_JUDGE_URL", "KVGUARD_JUDGE_MODEL", "KVGUARD_JUDGE_KEY"):
        monkeypatch.delenv(name, raising=False)
    guard.contract(JUDGED)


def reads(body: dict[str, object]) -> tuple[int, bytes]:
    reply = json.loads(body["messages"][1]["content"])["reply"]  # type: ignore[index]
    return says("9:30" in reply, f"it reads {reply!r}")


def test_the_judge_decides_both_arms(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=RUDE)
    with chat_server(reads) as server:
        result = guard.run("--kv-policy=snapkv", f"--kv-judge={server.url}", "--kv-judge-model=gavel")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*a judge finds: 'The reply names a time of day.': the judge says no: *go away*",
            f"  rerun * --kv-judge={server.url} --kv-judge-model=gavel",
        ]
    )
    assert [body["model"] for body in server.bodies] == ["gavel", "gavel"]


def test_a_password_in_the_judges_url_is_in_no_rerun_command(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=RUDE)
    with chat_server(reads) as server:
        url = server.url.replace("://", "://me:hunter2@")
        result = guard.run("--kv-policy=snapkv", f"--kv-judge={url}", "--kv-judge-model=gavel")
    result.stdout.fnmatch_lines([f"  rerun * --kv-judge={server.url} --kv-judge-model=gavel"])
    result.stdout.no_fnmatch_line("*hunter2*")


def test_replies_that_are_the_same_on_both_arms_are_judged_once(guard: Guard) -> None:
    with chat_server(reads) as server:
        guard.run("--kv-policy=snapkv", f"--kv-judge={server.url}", "--kv-judge-model=g").assert_outcomes(passed=3)
    assert len(server.bodies) == 1


def test_environment_wins_over_the_ini_file_and_holds_the_key(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    guard.pytester.makeini("[pytest]\nkv_judge = http://nowhere.invalid/v1\nkv_judge_model = from-ini\n")
    with chat_server(reads) as server:
        monkeypatch.setenv("KVGUARD_JUDGE_URL", server.url)
        monkeypatch.setenv("KVGUARD_JUDGE_KEY", "k-123")
        result = guard.run("--kv-policy=snapkv")
    result.assert_outcomes(passed=3)
    assert server.headers[0]["Authorization"] == "Bearer k-123"
    assert server.bodies[0]["model"] == "from-ini"
    assert "k-123" not in result.stdout.str()


def test_without_an_endpoint_a_judge_check_is_an_error_and_the_others_run(guard: Guard) -> None:
    result = guard.run("--kv-policy=snapkv")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["ERROR  a check could not run: a judge check needs a judge, but none is configured.*"])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [((500, b"overloaded"), "*answered with status 500: 'overloaded'*"), ((200, b"?"), "*is no chat completion*")],
)
def test_an_endpoint_that_fails_is_an_error_with_the_reason(
    guard: Guard, answer: tuple[int, bytes], reason: str
) -> None:
    with chat_server(lambda body: answer) as server:
        result = guard.run("--kv-policy=snapkv", f"--kv-judge={server.url}", "--kv-judge-model=gavel")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines([reason])


def test_a_dead_endpoint_is_an_error_with_the_reason(guard: Guard) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        result = guard.run("--kv-policy=snapkv", f"--kv-judge={url}", "--kv-judge-model=gavel")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines([f"ERROR  a check could not run: the judge at {url}/chat/completions cannot be*"])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--kv-judge=localhost"], "*--kv-judge=localhost is not an http or https URL.*"),
        (["--kv-judge=http://localhost/v1"], "*Name it: --kv-judge-model=NAME.*"),
        (["-o", "kv_judge_timeout=0"], "*kv_judge_timeout=0 is not a number of 0.001 or more.*"),
        (["-o", "kv_judge_timeout=soon"], "*kv_judge_timeout=soon is not a number of 0.001 or more.*"),
    ],
)
def test_a_wrong_option_ends_the_run_with_a_remedy(guard: Guard, args: list[str], message: str) -> None:
    result = guard.run("--kv-policy=snapkv", *args)
    assert result.ret == USAGE_ERROR
    result.stderr.fnmatch_lines([message]) if result.errlines else result.stdout.fnmatch_lines([message])


def test_a_key_with_a_line_break_ends_the_run_before_a_request_and_is_not_shown(
    guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat_server(reads) as server:
        monkeypatch.setenv("KVGUARD_JUDGE_KEY", "sk-proj-4471\nsecond")
        result = guard.run("--kv-policy=snapkv", f"--kv-judge={server.url}", "--kv-judge-model=gavel")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    shown = result.stdout.str() + result.stderr.str()
    assert "KVGUARD_JUDGE_KEY: the key has a line break (character 13 of 19)" in shown
    assert "4471" not in shown
    assert server.bodies == []
