"""Special tokens that are part of what a model says: they mark thinking, channels and tool calls."""

from __future__ import annotations

__all__ = ["REPLY_MARKERS"]

_THINKING = (
    "<think>",
    "</think>",
    "[THINK]",
    "[/THINK]",
    "<|START_THINKING|>",
    "<|END_THINKING|>",
    "<|think_start|>",
    "<|think_end|>",
    "<|channel>",
    "<channel|>",
    "<seed:think>",
    "</seed:think>",
    "◁think▷",
    "◁/think▷",
)
_CHANNELS = ("<|channel|>", "<|constrain|>", "<|message|>", "<|start|>")
_TOOLS = (
    "<tool_call>",
    "</tool_call>",
    "<|tool_call|>",
    "<|/tool_call|>",
    "<|tool_call_start|>",
    "<|python_tag|>",
    "<|python_start|>",
    "<|python_end|>",
    "[TOOL_CALLS]",
    "[ARGS]",
    "[CALL_ID]",
    "<|START_ACTION|>",
    "<|END_ACTION|>",
    "<|action_start|>",
    "<|action_end|>",
    "<|plugin|>",
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁calls▁end｜>",
    "<｜tool▁call▁begin｜>",
    "<｜tool▁call▁end｜>",
    "<｜tool▁sep｜>",
    "｜DSML｜",
    "<|tool_calls_section_begin|>",
    "<|tool_calls_section_end|>",
    "<|tool_call_begin|>",
    "<|tool_call_argument_begin|>",
    "<|tool_call_end|>",
    "<arg_key>",
    "</arg_key>",
    "<arg_value>",
    "</arg_value>",
    "<minimax:tool_call>",
    "</minimax:tool_call>",
)

REPLY_MARKERS = frozenset((*_THINKING, *_CHANNELS, *_TOOLS))
"""By default a tokenizer drops its special tokens, and thinking and answer would run into each other."""
