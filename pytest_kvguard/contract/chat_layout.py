"""The positions of the system text and of the last user turn in a rendered chat template."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_kvguard.contract.template_limits import require_bounded
from pytest_kvguard.errors import PromptError
from pytest_kvguard.external.time_limit import call_in_time

__all__ = ["FOLDED_NOTE", "ChatLayout", "lay_out"]

FOLDED_NOTE = "the template has no system role: the instructions were put at the head of the first user turn"

RENDER_SECONDS = 10.0
"""The time limit of one rendering; templates take milliseconds."""

_ENDLESS: weakref.WeakSet[Any] = weakref.WeakSet()
"""The tokenizers whose templates ran out of time."""

Message = dict[str, str]

# Two contents that share no first character: the content begins where their renderings begin to differ.
_SENTINELS = ("Alpha", "Zulu")


@dataclass(frozen=True)
class ChatLayout:
    """A rendered conversation; all positions are characters of ``text``.

    Attributes:
        text: the rendered chat template, generation prompt included.
        system_start, system_stop: half-open interval of the system text.
        dropped: characters at the start of the system text that the template drops, all of them blank.
        context_end: the character at which the last user turn begins.
        notes: remarks on the rendering, for readers of reports.
    """

    text: str
    system_start: int
    system_stop: int
    context_end: int
    notes: tuple[str, ...] = ()
    dropped: int = 0


@dataclass(frozen=True)
class _Dialogue:
    """The texts of a conversation, and whether its messages have a system role."""

    system_text: str
    turns: tuple[str, ...]
    replies: tuple[str, ...]
    folded: bool = False

    def messages(self, system_text: str | None = None, last_turn: str | None = None) -> list[Message]:
        system = self.system_text if system_text is None else system_text
        turns = [*self.turns[:-1], self.turns[-1] if last_turn is None else last_turn]
        if self.folded:
            turns[0] = f"{system}\n\n{turns[0]}"
        messages = [] if self.folded else [{"role": "system", "content": system}]
        for turn, reply in zip(turns, (*self.replies, None), strict=True):
            messages.append({"role": "user", "content": turn})
            if reply is not None:
                messages.append({"role": "assistant", "content": reply})
        return messages


class _RenderingFailed(PromptError):
    """The template cannot render these messages."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the chat template fails: {reason}. Check that it accepts plain system, user and assistant turns."
        )
        self.reason = reason


def lay_out(tokenizer: Any, system_text: str, turns: Sequence[str], replies: Sequence[str]) -> ChatLayout:
    """Render a conversation and return where its system text stands and where its last user turn begins.

    Raises:
        PromptError: there is no chat template, it fails, it may take for ever, or it alters the system text.
    """
    if not getattr(tokenizer, "chat_template", None):
        raise PromptError(
            f"the tokenizer {type(tokenizer).__name__} has no chat template. "
            "Use an instruction-tuned model, or set tokenizer.chat_template before the run."
        )
    require_bounded(tokenizer.chat_template)
    conversation = _Dialogue(system_text, tuple(turns), tuple(replies))
    try:
        text = _render(tokenizer, conversation.messages())
    except _RenderingFailed as refusal:
        conversation = _Dialogue(system_text, tuple(turns), tuple(replies), folded=True)
        text = _render_folded(tokenizer, conversation, refusal)
    start, written = _find_system_text(tokenizer, conversation, text)
    stop = start + len(written)
    context_end = _find_last_turn(tokenizer, conversation, text, stop)
    notes = (FOLDED_NOTE,) if conversation.folded else ()
    return ChatLayout(text, start, stop, context_end, notes, system_text.index(written))


def _render(tokenizer: Any, messages: list[Message], add_generation_prompt: bool = True) -> str:
    # Imported here, because only a tokenizer with a template needs jinja2, which transformers installs.
    from jinja2 import TemplateError

    try:
        return str(_call_in_time(tokenizer, messages, add_generation_prompt))
    except (TemplateError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MemoryError) as error:
        raise _RenderingFailed(str(error)) from error


def _call_in_time(tokenizer: Any, messages: list[Message], add_generation_prompt: bool) -> Any:
    """Return a rendering; templates come with models of strangers, and the sandbox of jinja2 ends no loop."""
    if tokenizer in _ENDLESS:
        raise _endless()
    try:
        return call_in_time(
            lambda: tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=add_generation_prompt
            ),
            RENDER_SECONDS,
        )
    except TimeoutError:
        _ENDLESS.add(tokenizer)
        raise _endless() from None


def _endless() -> PromptError:
    return PromptError(
        f"the chat template did not end within {RENDER_SECONDS:g} s, so it is not tried again. Look for a loop in "
        "it, or use the template of another model."
    )


def _render_folded(tokenizer: Any, conversation: _Dialogue, refusal: _RenderingFailed) -> str:
    try:
        return _render(tokenizer, conversation.messages())
    except _RenderingFailed as error:
        raise PromptError(
            f"the chat template fails with a system message ({refusal.reason}) and without one ({error.reason}). "
            "Check that the template accepts plain user and assistant turns."
        ) from error


def _content_start(tokenizer: Any, messages: Callable[[str], list[Message]]) -> int | None:
    """Return the character at which a piece of content begins; None if the template drops it."""
    first, second = (_render(tokenizer, messages(sentinel)) for sentinel in _SENTINELS)
    start = len(os.path.commonprefix([first, second]))
    return start if first.startswith(_SENTINELS[0], start) else None


def _find_system_text(tokenizer: Any, conversation: _Dialogue, text: str) -> tuple[int, str]:
    """Return the character at which the system text begins, and the text; many templates strip its ends."""
    start = _content_start(tokenizer, lambda sentinel: conversation.messages(system_text=sentinel))
    whole = conversation.system_text
    for written in (whole, whole.rstrip(), whole.lstrip(), whole.strip()):
        if start is not None and text.startswith(written, start):
            return start, written
    raise PromptError(
        "the chat template drops or alters the system text, so the tokens of an instruction cannot be located. "
        "Use a template that writes the system message as it is, or remove from the contract what it changes "
        f"(the text begins {whole[:60]!r})."
    )


def _find_last_turn(tokenizer: Any, conversation: _Dialogue, text: str, system_stop: int) -> int:
    """Return the character at which the last user turn begins: its header if that can be located, else its content."""
    before = _rendering_before_last_turn(tokenizer, conversation)
    if before is not None and len(before) >= system_stop and text.startswith(before):
        return len(before)
    start = _content_start(tokenizer, lambda sentinel: conversation.messages(last_turn=sentinel))
    if start is None or start < system_stop or not _same_head(tokenizer, conversation, text, start):
        raise PromptError(
            "the chat template does not write the last user turn after the system text, so the end of the context "
            "cannot be located. Use a template that writes the turns in order."
        )
    return start


def _same_head(tokenizer: Any, conversation: _Dialogue, text: str, size: int) -> bool:
    """Return whether the text before the last turn is independent of that turn's content."""
    return text[:size] == _render(tokenizer, conversation.messages(last_turn=_SENTINELS[0]))[:size]


def _rendering_before_last_turn(tokenizer: Any, conversation: _Dialogue) -> str | None:
    """Return the rendering without the last turn; None if the template refuses such a conversation."""
    messages = conversation.messages()[:-1]
    if not messages:
        return None
    try:
        return _render(tokenizer, messages, add_generation_prompt=False)
    except _RenderingFailed:
        return None
