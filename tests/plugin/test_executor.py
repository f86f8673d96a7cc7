"""``--kv-executor``: refused values, and the same report from a cluster."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.plugin.tiny_suite import TinySuite, without_reruns


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--kv-executor=rey"], "Unknown --kv-executor=rey. Did you mean 'ray'? Allowed: local, ray."),
        (["--kv-executor=ray", "-o", "kv_replicas=0"], "kv_replicas=0 is not a whole number of 1 or more."),
        (["-o", "kv_replicas=2"], "kv_replicas=2 needs --kv-executor=ray; for processes use -n."),
    ],
)
def test_wrong_options_are_refused_with_a_remedy(suite: TinySuite, words: list[str], said: str) -> None:
    ran = suite.pytester.runpytest_inprocess(*words)
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    assert said in ran.stderr.str()


def test_without_ray_the_extra_is_named(suite: TinySuite) -> None:
    suite.pytester.makeconftest("import sys\n\nsys.modules['ray'] = None")
    ran = suite.start("--kv-executor=ray")
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR, ran.stdout + ran.stderr
    missing = "--kv-executor=ray needs ray, which is not installed. Install it: pip install 'pytest-kvguard[ray]'."
    assert missing in ran.stdout


@pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra ray")
def test_two_replicas_report_what_one_process_does(suite: TinySuite) -> None:
    alone, _ = suite.run("--kv-no-store")
    spread, _ = suite.run("--kv-executor=ray", "-o", "kv_replicas=2", alone=True)
    assert without_reruns(spread) == without_reruns(alone)
    again, (reused, total) = suite.run()
    assert reused == total > 0 and again == alone
