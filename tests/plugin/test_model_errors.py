"""A model that cannot be had ends the run with one paragraph; nothing is fetched to find that out."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Guard


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--kv-model=/no/such/dir"], "kvguard: --kv-model=/no/such/dir: there is no such directory. Check the path."),
        (["--kv-policy=snapkv(windw=1)"], "kvguard: The policy 'snapkv(windw=1)' cannot be made: "),
    ],
)
def test_what_cannot_be_loaded_is_said_once_and_ends_the_run(guard: Guard, args: list[str], message: str) -> None:
    guard.pytester.makeconftest("")
    result = guard.pytester.runpytest_subprocess("-p", "no:hypothesispytest", "--kv-policy=snapkv", *args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    screen = result.stdout.str() + result.stderr.str()
    assert screen.count(message) == 1
    assert "Traceback" not in screen
    assert not set(result.parseoutcomes()) & {"passed", "failed", "errors"}
