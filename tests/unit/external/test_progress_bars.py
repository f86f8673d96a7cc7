"""Progress bars of other packages: hidden while something is loaded, and as they were afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from huggingface_hub.utils import are_progress_bars_disabled
from transformers import modeling_gguf_pytorch_utils as reader
from transformers.utils import logging

from pytest_kvguard.external.progress_bars import hidden_progress_bars


@pytest.fixture(params=[True, False], ids=["shown", "hidden"])
def shown(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether the user has transformers show its bars."""
    before = logging.is_progress_bar_enabled()
    (logging.enable_progress_bar if request.param else logging.disable_progress_bar)()
    yield request.param
    (logging.enable_progress_bar if before else logging.disable_progress_bar)()


def test_bars_are_hidden_and_then_as_the_user_had_them(shown: bool, capfd: pytest.CaptureFixture[str]) -> None:
    with hidden_progress_bars():
        assert are_progress_bars_disabled()
        list(logging.tqdm(range(3), desc="Loading weights"))
    assert capfd.readouterr().err == ""
    assert logging.is_progress_bar_enabled() is shown
    list(logging.tqdm(range(3), desc="Loading weights"))
    assert ("Loading weights" in capfd.readouterr().err) is shown


def test_the_bar_of_a_gguf_file_is_hidden_where_one_is_read(capfd: pytest.CaptureFixture[str]) -> None:
    own_bar = reader.tqdm
    with hidden_progress_bars(gguf=True):
        list(reader.tqdm(range(3), desc="Converting"))
    assert capfd.readouterr().err == ""
    assert reader.tqdm is own_bar


def test_an_error_leaves_no_bar_hidden(shown: bool) -> None:
    own_bar = reader.tqdm
    with pytest.raises(ZeroDivisionError), hidden_progress_bars(gguf=True):
        raise ZeroDivisionError
    assert logging.is_progress_bar_enabled() is shown and reader.tqdm is own_bar
