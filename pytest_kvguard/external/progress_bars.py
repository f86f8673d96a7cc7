"""Progress bars of other packages, which pytest would show as the output of whichever test was running."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

__all__ = ["hidden_progress_bars"]


@contextmanager
def hidden_progress_bars(gguf: bool = False) -> Iterator[None]:
    """Hide the progress bars of transformers and of the hub.

    Args:
        gguf: hide the one that reading a GGUF file shows, too; it does not heed the switch for the others.
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
    """Have transformers' GGUF reader draw its bar as the rest of transformers does: not while bars are disabled."""
    from transformers import modeling_gguf_pytorch_utils as reader
    from transformers.utils import logging

    own_bar = reader.tqdm
    reader.tqdm = logging.tqdm
    try:
        yield
    finally:
        reader.tqdm = own_bar
