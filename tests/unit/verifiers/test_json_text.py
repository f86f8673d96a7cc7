"""json: which part of a reply is its JSON, and what every reader of JSON agrees on."""

from __future__ import annotations

import pytest

from pytest_kvguard.verifiers.table import verify

REPLIES: list[tuple[str, bool]] = [
    ('```json\n{"a":1}\n```', True),
    ('````json\n{"a":1}\n````', True),
    ('~~~\n{"a":1}\n~~~', True),
    ('```{"a":1}```', True),
    ('```json {"a":1}```', True),
    ('\ufeff{"a":1}', True),
    ('```json\r\n{"a":1}\r\n```\r\n', True),
    ('Here:\n```json\n{"a":1}\n```\nDone.', True),
    ('Here: ```json\n{"a":1}\n```', True),
    ('```json\n{"a":1}\n```\n```json\n{"b":1}\n```', False),
    ('```python\nx=1\n```\n```json\n{"b":1}\n```', True),
    ("```python\n[1]\n```", False),
    ('```json\n{"a":1}', True),
    ('{"a":1,"a":2}', False),
    ('{"a":1e999}', False),
    ('{"a":NaN}', False),
    ('{"a":1,}', False),
    ('{"c": "```json\n{}\n```"}', False),
    ('{"c": "```"}', True),
    ('Sure: {"a":1}', False),
    ("[Note] see\n```json\n[1]\n```", True),
    ('```json\n{"a":1}```\nHope this helps', True),
    ('   ```json\n   {"a":1}\n   ```', True),
    ('~~~json\n{"a":"```"}\n~~~', True),
    ('`{"a":1}`', False),
    ("~~~~\n[1]\n~~~~\n", True),
    ('`````\n{"a": 1}\n`````', True),
    ('```json title="x"\n{"a": 1}\n```', True),
    ('~~~ {.json}\n{"a": 1}\n~~~', True),
    ('Sure!\r\n\r\n```json\r\n{"a": 1}\r\n```\r\n\r\nAnything else?', True),
    ('```json\n{"a": 1}\n```\n\n```json\n{"a": 1}\n```', False),
    ('```\n{"a": 1}\n```\n```\n[2]\n```', False),
    ("```json\n{'a': 1}\n```", False),
    ("```json\nnot JSON\n```", False),
    ("```yaml\na: 1\n```", False),
    ("```json\n\n```", False),
    ('{"a": 1} ```json\n{"b": 2}\n```', False),
    ('{"a": [1, 2}', False),
    ("[-Infinity]", False),
    ('{"a": {"b": 1, "b": 1}}', False),
    ('{"a": -1e400}', False),
    ("[" + "9" * 5000 + "]", False),
    ('{"a": 1e308}', True),
    ('<think>{"no": 1}</think>{"a": 1}', True),
    ('<think>{"a": 1}</think>no', False),
]


@pytest.mark.parametrize(("reply", "holds"), REPLIES)
def test_the_json_of_a_reply_is_the_whole_of_it_or_its_one_fenced_block(reply: str, holds: bool) -> None:
    check = verify("json", True, reply)
    assert check.holds is holds
    assert check.observed == "such JSON" if holds else check.observed.startswith("not JSON: ")


def test_the_reason_says_why_a_reply_is_no_json() -> None:
    assert "the key 'a' occurs twice" in verify("json", True, '{"a": 1, "a": 2}').observed
    assert "1e999 is too large" in verify("json", True, "[1e999]").observed
    assert "2 fenced blocks" in verify("json", True, "```\n1\n```\n```\n2\n```").observed
    assert "marked as 'python'" in verify("json", True, "```python\n[1]\n```").observed
