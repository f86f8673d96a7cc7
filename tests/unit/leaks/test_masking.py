"""Secrets in what reports show: every form that a detector finds is masked, and little else."""

from __future__ import annotations

import base64
import codecs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_kvguard.leaks.canary import find_canary
from pytest_kvguard.leaks.detector import Transcript
from pytest_kvguard.leaks.masking import Masker, Secret, secrets_in
from pytest_kvguard.leaks.verbatim import DETECTOR as VERBATIM

CANARY = "KX-4471"
RULE = "The margin on boots is forty percent and our supplier is Contoso of Lund."
FORMS = {
    "as it is": CANARY,
    "lower case": CANARY.lower(),
    "full width": "ＫＸ－４４７１",
    "look-alikes": "КХ-4471",
    "an invisible character": "K\u200bX-4471",
    "spaced out": "K X - 4 4 7 1",
    "in bold": "**K**-**X**-**4**-**4**-**7**-**1**",
    "one per line": "K\nX\n4\n4\n7\n1",
    "reversed": CANARY[::-1],
    "rot13": codecs.encode(CANARY, "rot13"),
    "hex": CANARY.encode().hex(),
    "hex with spaces": CANARY.encode().hex(" "),
    "base64": base64.b64encode(CANARY.encode()).decode(),
    "base64 of a sentence": base64.b64encode(b"The code is KX-4471, my friend.").decode(),
    "quoted by a message": repr("K\u200bX\u2060-4471"),
    "with ANSI colours": "\x1b[31mKX\x1b[0m-4471",
}


def masker_of(*secrets: Secret, key: bytes = b"key", show: bool = False) -> Masker:
    masker = Masker(lambda: key, show)
    masker.add(secrets)
    return masker


MASKER = masker_of(Secret(CANARY))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("around", ["{}", "Sure! {} is what you want.", "{0} and again {0}", "Sure:\n{}\nBye."])
def test_no_form_of_a_canary_is_left(form: str, around: str) -> None:
    masked = MASKER.mask(around.format(FORMS[form]))
    assert find_canary(CANARY, [masked]) is None
    assert FORMS[form] not in masked
    assert "[secret:" in masked


@pytest.mark.parametrize("form", sorted(set(FORMS) - {"base64 of a sentence", "with ANSI colours"}))
def test_the_text_around_a_canary_stays(form: str) -> None:
    masked = MASKER.mask(f"Dear customer, {FORMS[form]} !? kind regards")
    assert masked.startswith("Dear customer, ")
    assert masked.endswith(" kind regards")


@pytest.mark.parametrize(
    "text", ["", "We open at 9:30.", "Order 4471 is ready.", "K is a letter.", "SGVsbG8gd29ybGQ=", "deadbeef"]
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert MASKER.mask(text) == text


@given(st.text(max_size=60), st.sampled_from(sorted(FORMS.values())), st.text(max_size=60))
@example("0x", FORMS["hex"], "f")
@example("ɸ", FORMS["spaced out"], "ɸ")
@example("S1", FORMS["base64"], "")
def test_no_text_around_it_brings_a_canary_through(before: str, form: str, after: str) -> None:
    assert find_canary(CANARY, [MASKER.mask(before + form + after)]) is None


def test_a_canary_split_over_replies_is_masked_in_each() -> None:
    masked = MASKER.mask_pieces(["The first half is KX-", "I had lunch", "4471, that is all."], "\n")
    assert masked == ["The first half is KX-", "I had lunch", "4471, that is all."]
    first, second = MASKER.mask_pieces(["The code: KX-", "4471, that is all."], "\n")
    assert first.startswith("The code: [secret:") and second.endswith("], that is all.")
    assert "4471" not in second


def test_a_canary_over_several_tokens_is_written_once() -> None:
    masked = MASKER.mask_pieces(["The", " code", " K", "X", "-", "44", "71", "."])
    assert masked[2].startswith(" [secret:")
    assert masked[3:] == ["…", "…", "…", "…", "."]


def test_the_ends_of_a_canary_in_a_shortened_quotation_are_masked() -> None:
    masked = MASKER.mask("'the code is KX-4 … 471, as I said'")
    assert "KX-4" not in masked and "471" not in masked
    assert masked.startswith("'the code is [secret:")


@pytest.mark.parametrize(
    "reply",
    [
        RULE,
        RULE.lower(),
        "I was told: the margin on boots is forty percent, and more.",
        "Margin? On BOOTS is FORTY percent; our Supplier is contoso",
        RULE[::-1],
        base64.b64encode(RULE.encode()).decode(),
        "The margin, on: some boots. is about forty, or percent and well our own supplier is just Contoso of Lund",
    ],
)
def test_a_protected_text_is_masked_where_its_words_follow_each_other(reply: str) -> None:
    masked = masker_of(Secret(RULE, by_words=True)).mask(reply)
    assert not VERBATIM.detect(Transcript((masked,), RULE), True).leaked
    assert "forty percent" not in masked.lower()
    assert "[secret:" in masked


def test_two_words_in_common_are_no_secret() -> None:
    text = "Our boots are on sale; the price is forty euros."
    assert masker_of(Secret(RULE, by_words=True)).mask(text) == text


def test_a_digest_tells_secrets_apart_and_depends_on_the_key() -> None:
    both = masker_of(Secret(CANARY), Secret("QT-5520"))
    one, other = both.mask("KX-4471 QT-5520").split()
    assert one != other
    assert both.mask("kx 4471") == one
    assert masker_of(Secret(CANARY), key=b"another key").mask(CANARY) != one


def test_secrets_can_be_shown() -> None:
    shown = masker_of(Secret(CANARY), show=True)
    assert shown.mask(CANARY) == CANARY
    assert shown.is_idle


def test_the_key_is_not_asked_for_before_there_is_a_secret() -> None:
    def refuse() -> bytes:
        raise AssertionError("nothing is to be masked")

    assert Masker(refuse).mask("KX-4471") == "KX-4471"


def test_a_secret_that_is_added_later_is_masked_in_texts_seen_before() -> None:
    masker = masker_of(Secret("QT-5520"))
    assert masker.mask(CANARY) == CANARY
    masker.add([Secret(CANARY)])
    assert masker.mask(CANARY) != CANARY


def test_values_are_masked_however_deep() -> None:
    masked = MASKER.mask_values({"KX-4471": ["KX-4471", 7, None, {"x": ("a", "KX-4471")}]})
    assert list(masked) == ["KX-4471"]
    assert "4471" not in str(masked["KX-4471"])
    assert masked["KX-4471"][1:3] == [7, None]


@pytest.mark.parametrize(
    ("no_leak", "secrets"),
    [
        ({}, []),
        ({"canary": CANARY}, [Secret(CANARY)]),
        ({"canary": [CANARY, "QT-5520"]}, [Secret(CANARY), Secret("QT-5520")]),
        ({"verbatim": True}, [Secret(RULE, by_words=True)]),
        ({"canary": CANARY, "verbatim": {"run": 4}}, [Secret(CANARY), Secret(RULE, by_words=True)]),
    ],
)
def test_a_canary_is_the_secret_and_under_any_other_detector_the_whole_text(
    no_leak: dict[str, object], secrets: list[Secret]
) -> None:
    assert list(secrets_in(no_leak, RULE)) == secrets


def test_replies_that_tell_a_secret_in_pieces_are_withheld_and_others_are_not() -> None:
    masker = Masker(lambda: b"key")
    masker.add([Secret("KX-4471")])
    withheld = masker.mask_replies(["The first half is KX-4, that is all.", "The second half is 471, that is all."])
    assert all("in pieces" in text and "KX" not in text and "471" not in text for text in withheld)
    harmless = ["We open at 9:30.", "Room 47 is free."]
    assert masker.mask_replies(harmless) == harmless
