"""Hides progress bars of other packages; pytest would show them as the output of the running test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

__all__ = ["hidden_progress_bars"]


@contextmanager
def hidden_progress_bars(gguf: bool = False) -> Iterator[None]:
    """Hide the progress bars of transformers and of huggingface_hub.

    Args:
        gguf: also hide the bar of the GGUF reader, which ignores transformers' switch.
    """
    from transformers.utils import logging

    were_shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    hidden: AbstractContextManager[None] = _hidden_gguf_bars() if gguf else nullcontext()
    try:
        with hidden:
            yield
    finally:
        if were_shown:
            logging.enable_progress_bar()


@contextmanager
def _hidden_gguf_bars() -> Iterator[None]:
    """Make transformers' GGUF reader obey the switch that disables all other progress bars."""
    from transformers import modeling_gguf_pytorch_utils as reader
    from transformers.utils import logging

    own_bar = reader.tqdm
    reader.tqdm = logging.tqdm
    try:
        yield
    finally:
        reader.tqdm = own_bar
