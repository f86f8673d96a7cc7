"""The ways in which models write tool calls: a reader for each, listed in ``table``."""

from __future__ import annotations

from pytest_kvguard.verifiers.tool_syntax.call import ToolCall
from pytest_kvguard.verifiers.tool_syntax.table import tool_calls

__all__ = ["ToolCall", "tool_calls"]
