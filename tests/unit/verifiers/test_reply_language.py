"""language: right, wrong, or undecided where a reply is too short to tell."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from pytest_kvguard.values.results import Check
from pytest_kvguard.verifiers.language_identification import codes
from pytest_kvguard.verifiers.table import rule, verify

HERE = Path(__file__).parent
CHECKS_PAGE = HERE.parents[2] / "docs" / "reference" / "checks.md"
OTHERS = ("en", "de", "fr", "es")
MOST_POINTS = 2.0

TEXTS = {
    "de": "Der Laden öffnet jeden Morgen um neun und schließt am Abend.",
    "en": "The shop opens every morning at nine and closes in the evening.",
    "fr": "La boutique ouvre tous les matins à neuf heures et ferme le soir.",
    "ja": "この店は毎朝九時に開きます。",
    "ko": "가게는 매일 아침 아홉 시에 엽니다.",
    "ru": "Магазин открывается каждое утро в девять.",
    "zh": "商店每天早上九点开门，晚上关门。",
}


def labelled() -> list[tuple[str, str]]:
    lines = (HERE / "language_replies.txt").read_text(encoding="utf-8").splitlines()
    parts = (line.partition(" ") for line in lines if not line.startswith("#"))
    return [(code, reply.replace("⏎", "\n")) for code, _, reply in parts]


REPLIES = labelled()


def shares(checks: list[tuple[Check, bool]]) -> str:
    """Return the shares of right, undecided and wrong verdicts, as the page gives them."""
    undecided = sum(check.undecided for check, _ in checks)
    right = sum(check.holds is expected for check, expected in checks if not check.undecided)
    counts = (right, undecided, len(checks) - right - undecided)
    return " | ".join(f"{count / len(checks):.1%}".replace("%", " %") for count in counts)


def test_the_published_shares_are_those_of_the_labelled_replies() -> None:
    assert len(REPLIES) >= 150
    assert len({code for code, _ in REPLIES}) > 12
    own = [(verify("language", code, reply), True) for code, reply in REPLIES if code != "-"]
    other = [(verify("language", code, reply), False) for label, reply in REPLIES for code in OTHERS if code != label]
    page = CHECKS_PAGE.read_text(encoding="utf-8")
    for results, row in (
        (own, "replies, in their own language"),
        (other, "pairs of a reply and another language"),
    ):
        stated = re.search(rf"^\| {len(results)} {row} \| (.*) \|$", page, re.MULTILINE)
        assert stated is not None, row
        # The models of lingua change with its version; the page states those of the tested one.
        apart = 0.0 if version("lingua-language-detector") in page else MOST_POINTS
        for published, measured in zip(*map(percentages, (stated[1], shares(results))), strict=True):
            assert abs(published - measured) <= apart, (row, stated[1], shares(results))


def percentages(row: str) -> list[float]:
    return [float(share) for share in re.findall(r"([\d.]+) %", row)]


@pytest.mark.parametrize("code", TEXTS)
def test_a_reply_in_the_language_holds_and_one_in_another_does_not(code: str) -> None:
    assert verify("language", code, TEXTS[code]).holds
    for other in TEXTS.keys() - {code}:
        check = verify("language", code, TEXTS[other])
        assert (check.holds, check.undecided, check.observed) == (False, False, f"language {other}")


@pytest.mark.parametrize("reply", ["¿Paga hoy?", "Der Sack kostet 20 €.", "Jan, Anna", "ok", "Taxi", "Hotel"])
def test_a_short_reply_is_never_found_in_a_wrong_language(reply: str) -> None:
    for code in ("no", "so", "tl", "fr", "it"):
        assert not verify("language", code, reply).holds


def test_what_is_too_short_is_undecided_and_says_so() -> None:
    check = verify("language", "de", "ok")
    assert (check.holds, check.undecided) == (False, True)
    assert check.observed == "language not sure: the reply is too short"


def test_a_word_at_home_in_many_languages_is_undecided() -> None:
    assert verify("language", "it", "Pizza").undecided


def test_a_quoted_word_of_another_language_does_not_decide() -> None:
    reply = "如果您收到写着“ありがとう”的邮件，请打开里面的链接，然后输入您的订单号码。"
    assert verify("language", "zh", reply).holds
    assert not verify("language", "ja", reply).holds
    assert verify("language", "ja", "「ありがとうございます」").holds


def test_long_babble_is_in_no_language_and_that_is_a_loss() -> None:
    check = verify("language", "de", "xq zvk " * 60)
    assert (check.holds, check.undecided) == (False, False)
    assert check.observed == "language not detectable, though the reply is long"


@pytest.mark.parametrize("reply", ["12345", "?", "!!!", "https://example.org", "`print(x)`", "20 €", "👍"])
def test_a_reply_without_a_word_is_in_no_language(reply: str) -> None:
    check = verify("language", "en", reply)
    assert (check.holds, check.undecided) == (False, False)
    assert check.observed == "language not detectable: no word in the reply"


@pytest.mark.parametrize(("code", "reply"), [("de", "Да"), ("ru", "Ja"), ("ar", "ok"), ("en", "好")])
def test_a_reply_in_another_script_is_not_in_the_language_however_short(code: str, reply: str) -> None:
    check = verify("language", code, reply)
    assert (check.holds, check.undecided) == (False, False)


def test_code_addresses_and_names_do_not_count() -> None:
    reply = "Installieren Sie das Paket:\n```\nimport this\nfor line in file:\n    print(line.strip())\n```\nSiehe https://example.org/en/the/help."
    assert verify("language", "de", reply).holds


def test_a_mixed_reply_is_in_a_language_if_four_fifths_of_it_are() -> None:
    german, english = TEXTS["de"], TEXTS["en"]
    check = verify("language", "de", f"{german} {english}")
    assert not check.holds
    assert check.observed.startswith("language en (5")
    assert verify("language", "de", f"{german} " * 5 + english).holds
    assert not verify("language", "en", f"{german} " * 5 + english).holds


@pytest.mark.parametrize(
    ("code", "reply", "holds", "undecided"),
    [
        ("zh", "商店每天早上九點開門", True, False),
        ("zh-tw", "商店每天早上九點開門", True, False),
        ("zh-cn", "商店每天早上九點開門", False, False),
        ("zh-cn", "商店每天早上九点开门", True, False),
        ("zh-tw", "商店每天早上九点开门", False, False),
        ("zh-cn", "好", False, True),
        ("zh", "好", True, False),
        ("ja", "本日休業", False, True),
    ],
)
def test_chinese_is_told_from_its_variants_by_its_characters(
    code: str, reply: str, holds: bool, undecided: bool
) -> None:
    check = verify("language", code, reply)
    assert (check.holds, check.undecided) == (holds, undecided)


def test_norwegian_is_either_of_its_written_forms() -> None:
    assert verify("language", "no", "Butikken åpner hver morgen klokka ni og stenger om kvelden.").holds


@pytest.mark.parametrize(
    ("value", "meant"),
    [("German", "de"), ("deu", "de"), ("de-AT", "de"), ("en_US", "en"), ("pt-BR", "pt"), ("DE", "de")],
)
def test_a_name_or_a_region_is_a_mistake_with_the_code_that_was_meant(value: str, meant: str) -> None:
    problem = rule("language").problem(value)
    assert problem is not None
    assert f"Did you mean {meant!r}?" in problem


def test_a_language_that_cannot_be_told_is_a_problem_before_any_run() -> None:
    problem = rule("language").problem("xx")
    assert problem is not None
    assert problem.startswith("'xx' is not the code of a language that can be told. Allowed: af, ar, ")
    for code in (*codes(), "zh-cn", "zh-tw", "no", "km"):
        assert rule("language").problem(code) is None
