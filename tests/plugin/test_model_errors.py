"""A model or policy that cannot be loaded ends the run with one message, before anything is downloaded."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Guard


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--kv-model=/no/such/dir"], "kvguard: --kv-model=/no/such/dir: there is no such directory. Check the path."),
        (["--kv-policy=snapkv(windw=1)"], "kvguard: The policy 'snapkv(windw=1)' cannot be created: "),
    ],
)
def test_an_error_of_loading_is_reported_once_and_ends_the_run(guard: Guard, args: list[str], message: str) -> None:
    guard.pytester.makeconftest("")
    result = guard.pytester.runpytest_subprocess("-p", "no:hypothesispytest", "--kv-policy=snapkv", *args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    screen = result.stdout.str() + result.stderr.str()
    assert screen.count(message) == 1
    assert "Traceback" not in screen
    assert not set(result.parseoutcomes()) & {"passed", "failed", "errors"}
