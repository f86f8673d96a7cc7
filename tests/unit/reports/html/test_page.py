"""The HTML page: only our own style and script run in it, and it shows the whole record."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from pytest_kvguard.reports.html.page import render_html
from tests.report_documents import document_of, recorded

HOSTILE = (
    '</script><script>alert(1)</script><img src=x onerror=alert(1)> " onclick="alert(1)" \' x=\'{{ 7*7 }} {% raw %} '
    "javascript:alert(1) </details></style><style>*{display:none}</style> <!-- &lt; \x1b[31m \u202e ::error::x"
)


class Page(HTMLParser):
    """What a browser would make of the page: its elements with attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "input", "br", "line", "circle", "polyline"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def hostile_document() -> dict[str, object]:
    texts = ("reason", "instruction_text", "contract", "instruction", "probe", "file", "policy", "rerun")
    reply = [{"text": HOSTILE, "tokens": 1, "stopped": "stop"}]
    check = {"holds": False, "expected": HOSTILE, "observed": HOSTILE}
    pair = {"rule": "x", "leak": False, "verdict": "LOST", "baseline": check, "compressed": check}
    values = {"turns": [HOSTILE], "baseline": reply, "compressed": reply, "checks": [pair], "order": [HOSTILE]}
    case = recorded(**dict.fromkeys(texts, HOSTILE), **values)
    context = {name: case[name] for name in ("file", "contract", "policy", "ratio", "kernel")}
    place = {"nodeid": HOSTILE, "file": HOSTILE, "outcome": "failed"}
    return document_of(
        case,
        contexts=[
            {
                **context,
                "probes": [HOSTILE],
                "pieces": [HOSTILE, "x"],
                "instructions": [HOSTILE, None],
                "kept": [0.5, 1],
            }
        ],
        broken=[{**place, "line": 3, "message": HOSTILE}],
        gates=[{**place, **context, "breaches": [HOSTILE]}],
    )


def test_what_models_and_contracts_say_is_text() -> None:
    page = Page(render_html(hostile_document()))
    assert page.open == []
    assert len(page.of("script")) == len(page.of("style")) == 1
    assert page.of("img") == []
    handlers = [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert handlers == []
    assert "{{ 7*7 }}" in page.text
    assert r"\x1b[31m \u202e" in page.text
    assert not {"\x1b", "\u202e"} & set(page.text)


def test_the_page_loads_nothing_and_forbids_itself_to() -> None:
    text = render_html(document_of(recorded()))
    assert not re.search(r"\bsrc=|\bhref=\"(?!#)|url\(|@import|https?://", text)
    policy = next(meta["content"] for meta in Page(text).of("meta") if "http-equiv" in meta)
    assert policy is not None and policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not [attributes for _, attributes in Page(text).elements if "style" in attributes]


def test_links_lead_to_what_is_there_and_ids_are_unique() -> None:
    page = Page(render_html(hostile_document()))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {attributes["href"] for attributes in page.of("a")} <= {f"#{name}" for name in ids}
    assert {attributes["aria-labelledby"] for _, attributes in page.elements if "aria-labelledby" in attributes} <= set(
        ids
    )


def test_both_replies_are_shown_with_their_differences() -> None:
    text = render_html(document_of(recorded()))
    assert "we open at <del>9:30</del>" in text
    assert "we open at <ins>nine</ins>" in text


def test_an_uncompressed_case_shows_one_reply() -> None:
    alone = recorded(policy="none", ratio="0", compressed=None, cache=None, keep_rate=None, verdict="UNMET")
    text = render_html(document_of(alone))
    assert "<del>" not in text and "we open at 9:30" in text
    assert "Decay by ratio" not in text and "Tokens kept" not in text


def test_a_case_that_could_not_run_is_shown_with_its_reason() -> None:
    broken = recorded(verdict="ERROR", reason="it broke", baseline=None, compressed=None, cache=None, keep_rate=None)
    assert "it broke" in Page(render_html(document_of(broken))).text


def test_every_turn_of_a_conversation_is_shown() -> None:
    replies = [{"text": text, "tokens": 1, "stopped": "stop"} for text in ("hello", "bye")]
    case = recorded(turns=["Hi!", "Bye!"], baseline=replies, compressed=replies)
    shown = Page(render_html(document_of(case))).text
    assert shown.index("Hi!") < shown.index("hello") < shown.index("Bye!") < shown.index("bye")


def test_the_worst_cases_come_first_and_the_matrix_leads_to_them() -> None:
    cases = [recorded(verdict=verdict, reason=verdict) for verdict in ("HELD", "UNMET", "LOST", "LEAKED")]
    page = Page(render_html(document_of(*cases)))
    listed = [attributes["data-verdict"] for attributes in page.of("details") if "data-verdict" in attributes]
    assert listed == ["LEAKED", "LOST", "UNMET", "HELD"]
    assert "#case-0" in [attributes["href"] for attributes in page.of("a") if attributes.get("class") == "entry"]


def test_a_gate_that_fails_undecided_says_so_and_one_that_is_skipped_does_not() -> None:
    gate = {"nodeid": "g", "file": "a.kv.yaml", "contract": "a", "policy": "snapkv", "ratio": "0.5", "breaches": []}
    failed = {**gate, "outcome": "failed", "undecided": ["hours: 3 of 9"]}
    assert "hours: 3 of 9" in render_html(document_of(gates=[failed]))
    assert "hours: 3 of 9" not in render_html(document_of(gates=[{**failed, "outcome": "skipped"}]))


def test_a_search_is_named_and_not_numbered() -> None:
    arrangement = {"order": ["hours"], "phrasings": [], "inserted": []}
    lost = Page(render_html(document_of(recorded(order_index=-1, arrangement=arrangement)))).text
    assert "from a search" in lost and "order -1" not in lost
    held = Page(render_html(document_of(recorded(order_index=-1, arrangement=None, verdict="HELD")))).text
    assert "searched" in held and "from a search" not in held and "order -1" not in held


def test_a_kernel_is_named_unless_it_is_the_usual_one() -> None:
    assert "snapkv 0.5, sdpa" not in render_html(document_of(recorded(), recorded(kernel="eager")))
    assert "snapkv 0.5, eager" in render_html(document_of(recorded(), recorded(kernel="eager")))


def test_a_verdict_this_version_does_not_know_is_shown() -> None:
    assert "1 WOBBLY" in render_html(document_of(recorded(verdict="WOBBLY")))


def test_an_incomplete_run_says_so() -> None:
    text = render_html(document_of(recorded(), complete=False, collected=7))
    assert "the run was stopped after 1 of 7 tests" in text
    assert "Incomplete" not in render_html(document_of(recorded()))


def test_a_run_of_nothing_has_a_page() -> None:
    assert "No check finished." in render_html(document_of())


@pytest.mark.parametrize("tag", ["th", "svg"])
def test_tables_and_drawings_are_labelled_for_readers_that_do_not_see(tag: str) -> None:
    elements = Page(render_html(document_of(recorded()))).of(tag)
    assert elements
    assert all(set(attributes) & {"scope", "aria-label", "aria-hidden"} for attributes in elements)
