"""A model that the uncompressed arm would not be is refused before the first reply; the finding is remembered."""

from __future__ import annotations

import pytest

from tests.families import family
from tests.plugin.tiny_suite import TinySuite
from tests.tokenizers import character_tokenizer

BREAKS = """
from pytest_kvguard.backends import checked_model

def never(model, kernel):
    raise AssertionError("compared again")

checked_model.check_model = never
"""


@pytest.fixture
def doge(suite: TinySuite) -> TinySuite:
    suite.model = suite.pytester.path / "doge"
    family("DogeConfig").save_pretrained(suite.model)
    character_tokenizer().save_pretrained(suite.model)
    return suite


def test_a_model_that_brings_its_own_mask_ends_the_run_once(doge: TinySuite) -> None:
    for _ in range(2):  # the second time, from memory
        result = doge.start()
        screen = result.stdout + result.stderr
        assert result.returncode == pytest.ExitCode.USAGE_ERROR
        assert (
            screen.count("cannot run any contract on --kv-attn=sdpa: the family 'doge' brings a mask of its own") == 1
        )
        assert "Traceback" not in screen and " passed" not in screen and " error" not in screen
        doge.write("conftest.py", BREAKS)


def test_a_model_is_compared_once_for_all_later_runs(suite: TinySuite) -> None:
    suite.run()
    suite.write("conftest.py", BREAKS)
    suite.write("shop.kv.yaml", (suite.pytester.path / "shop.kv.yaml").read_text().replace(": 6}", ": 5}"))
    _, (reused, _) = suite.run(alone=True)
    assert reused == 0
    assert "compared again" in suite.start("--kv-no-store").stdout
