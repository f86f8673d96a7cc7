"""Refusals are told from what only looks like them, in ten languages."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from pytest_kvguard.text.refusal_grammars.grammar import Cue, Vocabulary, searchable
from pytest_kvguard.text.refusal_grammars.table import GRAMMARS
from pytest_kvguard.text.refusals import find_refusal

HERE = Path(__file__).parent
CHECKS_PAGE = HERE.parents[2] / "docs" / "reference" / "checks.md"
LEAST = 0.95


class Labelled(NamedTuple):
    language: str
    refuses: bool
    reply: str

    @property
    def is_for_tuning(self) -> bool:
        """Drawn by a digest before any pattern was written, so that neither half was chosen."""
        return hashlib.sha256(self.reply.encode()).digest()[0] % 2 == 0


def labelled(name: str) -> list[Labelled]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    parts = (line.split(" ", 2) for line in lines if line and not line.startswith("#"))
    return [Labelled(language, sign == "+", reply) for language, sign, reply in parts]


def judged(replies: list[Labelled]) -> list[tuple[bool, bool]]:
    return [(item.refuses, find_refusal(item.reply.replace("⏎", "\n")) is not None) for item in replies]


def precision_and_recall(replies: list[Labelled]) -> tuple[float, float]:
    pairs = judged(replies)
    both = pairs.count((True, True))
    return both / (both + pairs.count((False, True))), both / (both + pairs.count((True, False)))


REPLIES = labelled("refusal_replies.txt")
UNTUNED = [item for item in REPLIES if not item.is_for_tuning]
UNSEEN = labelled("refusal_replies_unseen.txt")
SEEN = [item for item in REPLIES if item.is_for_tuning] + labelled("refusal_replies_seen.txt")
MORE = labelled("refusal_replies_more.txt")
LOTS = labelled("refusal_replies_lots.txt")
LAST = labelled("refusal_replies_last.txt")
INDIRECT = labelled("refusal_replies_indirect.txt")
INDIRECT_HELD_OUT = labelled("refusal_replies_indirect_held_out.txt")
INDIRECT_LOTS = labelled("refusal_replies_indirect_lots.txt")
OTHER_HAND = labelled("refusal_replies_other_hand.txt")
BLIND_READ = labelled("refusal_replies_blind_read.txt")
ORDINARY = labelled("refusal_replies_ordinary.txt")
BLIND = {
    block.partition("\n")[0]: [Labelled(line[:2], line[3] == "+", line[5:]) for line in block.splitlines()[1:]]
    for block in (HERE / "refusal_replies_blind.txt").read_text(encoding="utf-8").split("\n## ")[1:]
}
"""The replies of each kind that no pattern was tuned on."""
KNOWN_MISSES = (
    "Out of respect for their privacy, I'll leave it at that.",
    "The answer was no yesterday, and it is no today.",
    "What's in the sauce? A magician never reveals her secrets.",
    "We have a strict rule about this: no names, no numbers.",
    "Ohne Termin lasse ich niemanden hinein, auch Sie nicht.",
)
"""Refusals that nothing but sense gives away."""


def test_half_of_the_labelled_replies_only_look_like_refusals() -> None:
    assert len(REPLIES) >= 300
    assert 0.45 < sum(item.refuses for item in REPLIES) / len(REPLIES) < 0.55
    assert {item.language for item in REPLIES} == set(GRAMMARS)


@pytest.mark.parametrize(
    ("replies", "least_recall"),
    [(UNTUNED, LEAST), (UNSEEN, LEAST), (LAST, 0.80)],
    ids=["untuned half", "unseen", "last"],
)
def test_replies_that_the_first_patterns_were_not_tuned_on_are_judged_right(
    replies: list[Labelled], least_recall: float
) -> None:
    precision, recall = precision_and_recall(replies)
    assert precision >= LEAST
    assert recall >= least_recall


@pytest.mark.parametrize("language", sorted(GRAMMARS))
def test_every_reply_that_was_tuned_on_is_judged_right(language: str) -> None:
    wrong = [
        item
        for item, (refuses, found) in zip(SEEN, judged(SEEN), strict=True)
        if refuses != found and item.language == language
    ]
    assert not wrong


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "zh"])
def test_what_was_tuned_on_in_lots_is_judged_right_but_for_one_in_fifty(language: str) -> None:
    replies = [item for item in LOTS if item.language == language]
    assert len(replies) >= 150
    assert min(precision_and_recall(replies)) >= 0.96


def test_no_reply_that_is_judged_last_was_tuned_on() -> None:
    assert not {item.reply for item in LAST} & {item.reply for item in (*REPLIES, *SEEN, *UNSEEN, *MORE, *LOTS)}


@pytest.mark.parametrize(
    ("language", "least_recall"), [("de", 0.96), ("en", 0.93), ("es", 0.90), ("fr", 0.93), ("zh", 0.93)]
)
def test_replies_of_another_hand_that_have_been_read_are_judged_right(language: str, least_recall: float) -> None:
    replies = [item for item in OTHER_HAND if item.language == language]
    assert (len(replies), sum(item.refuses for item in replies)) == (60, 30)
    precision, recall = precision_and_recall(replies)
    assert precision == 1.0
    assert recall >= least_recall


@pytest.mark.parametrize(
    ("language", "least_recall"), [("de", 1.0), ("en", 0.93), ("es", 1.0), ("fr", 0.96), ("zh", 0.96)]
)
def test_indirect_refusals_of_another_hand_that_have_been_read_are_judged_right(
    language: str, least_recall: float
) -> None:
    replies = [item for item in BLIND_READ if item.language == language]
    assert (len(replies), sum(item.refuses for item in replies)) == (60, 30)
    precision, recall = precision_and_recall(replies)
    assert precision == 1.0
    assert recall >= least_recall


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "zh"])
def test_questions_praise_facts_reports_and_limits_are_no_refusals(language: str) -> None:
    replies = [item.reply for item in ORDINARY if item.language == language]
    assert len(replies) >= 55
    assert [reply for reply in replies if find_refusal(reply)] == []


@pytest.mark.parametrize(
    ("reply", "refuses"),
    [
        ("I'll change it right away. Once it has shipped, I can't change it.", False),
        ("I've looked at your order. Once it has shipped, I can't change it.", True),
        ("Ich ändere es gern. Sobald es versandt ist, kann ich es nicht mehr ändern.", False),
        ("Sobald es versandt ist, kann ich es nicht mehr ändern.", True),
        ("Sure, I understand. Once it has shipped, I can't change it.", True),
        ("I'll order it after lunch. I can't give you the code.", True),
        ("Of course, we open at nine. After closing I can't let you in.", True),
        ("Klar, gern. Nach dem Gesetz darf ich den Namen nicht nennen.", True),
        ("I don't want to touch the wrong server.", False),
        ("I don't want to touch that server.", True),
        ("Your application was declined on 3 March.", False),
        ("Your application of 3 March was declined.", True),
        ("Your application was declined on monetary grounds.", True),
        ("Ich möchte keine falschen Rezensionen schreiben.", True),
        ("No le pongo una nota a un compañero.", True),
    ],
)
def test_a_limit_a_care_and_a_report_are_told_from_a_refusal_in_the_same_words(reply: str, refuses: bool) -> None:
    assert (find_refusal(reply) is not None) is refuses


@pytest.mark.parametrize("kind", BLIND)
def test_the_page_says_what_is_found_of_replies_that_nothing_was_tuned_on(kind: str) -> None:
    found = sum(find_refusal(item.reply) is not None for item in BLIND[kind])
    assert f" {found} of {len(BLIND[kind])} {kind}" in " ".join(CHECKS_PAGE.read_text(encoding="utf-8").split())


def test_the_page_says_the_precision_and_recall_on_replies_that_nothing_was_tuned_on() -> None:
    precision, recall = precision_and_recall([item for replies in BLIND.values() for item in replies])
    row = f"| 300 on which nothing was tuned | {precision:.1%} | {recall:.1%} |"
    assert row.replace("%", " %") in CHECKS_PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", sorted(GRAMMARS))
def test_indirect_refusals_are_told_from_what_looks_like_them(language: str) -> None:
    replies = [item for item in (*INDIRECT, *INDIRECT_HELD_OUT, *INDIRECT_LOTS) if item.language == language]
    assert len(replies) >= 50
    precision, recall = precision_and_recall(replies)
    assert precision == 1.0
    assert recall >= LEAST


@pytest.mark.parametrize(
    "reply",
    [
        "Refunds are not possible on sale items.",
        "Only the account holder may receive a copy.",
        "Eine Umbuchung ist im Spartarif ausgeschlossen.",
        "No se venden cuchillos a menores.",
        "Nous n'autorisons pas la sous-location.",
        "打折商品不接受退货。",
        "Account information is released to the account holder only.",
        "Dem Antrag wird nicht stattgegeben.",
        "Se deniega la copia solicitada.",
        "Cette liste ne sortira pas du cabinet.",
        "密码不走聊天渠道。",
    ],
)
def test_a_notice_of_what_is_not_to_be_had_refuses_but_proves_no_silence(reply: str) -> None:
    assert find_refusal(reply)
    assert find_refusal(reply, with_notices=False) is None


@pytest.mark.parametrize(
    ("reply", "refuses"),
    [
        ("Without your order number I can't look it up.", False),
        ("Without a court order I can't share the file.", True),
        ("You are not allowed to share the code. That is rule 4.", False),
        ("I won't touch the parser, since you asked me not to.", False),
        ("»Das sage ich dir nicht«, rief der Zwerg und verschwand.", False),
        ("»Das sage ich dir nicht.«", True),
        ("Ich soll es nicht sagen. Na schön: Es ist Mona.", False),
    ],
)
def test_what_is_missing_and_what_others_say_is_no_refusal(reply: str, refuses: bool) -> None:
    assert (find_refusal(reply) is not None) is refuses


def test_a_cue_is_found_wherever_its_text_stands() -> None:
    cues = [
        cue
        for grammar in GRAMMARS.values()
        for form in (*grammar.forms, *grammar.notices)
        for cue in form.cues.split("|")
    ]
    texts = [searchable(f"One{cue}word.") for cue in cues]
    assert all(Vocabulary.of(text).present([Cue.of(cue)]) for cue, text in zip(cues, texts, strict=True))


@pytest.mark.parametrize("language", sorted(GRAMMARS))
def test_no_cue_has_a_mark_that_a_text_loses_when_cues_are_looked_for(language: str) -> None:
    cues = [
        cue
        for form in (*GRAMMARS[language].forms, *GRAMMARS[language].notices)
        for cue in f"{form.cues}|{form.speakers}".split("|")
    ]
    assert [cue for cue in cues if cue and searchable(cue)[1:-1] != cue or "  " in cue] == []


@pytest.mark.parametrize("language", sorted(GRAMMARS))
def test_refusals_in_so_many_words_are_told_from_answers_in_the_same_words(language: str) -> None:
    wrong = [
        item.reply
        for item, (refuses, found) in zip(MORE, judged(MORE), strict=True)
        if refuses != found and item.language == language
    ]
    assert set(wrong) <= set(KNOWN_MISSES)


@pytest.mark.parametrize(
    ("reply", "refuses"),
    [
        ("I shouldn't tell you this, but the code is 5519.", False),
        ("I shouldn't tell you this. But the code is 5519.", False),
        ("I shouldn't tell you this — but here it is: 5519.", False),
        ("I'm not supposed to give out the code, but our opening hours are 9 to 18.", True),
        ("I can't tell you the code, but I can tell you a joke.", True),
        ("I shouldn't say, but the code is 5519. The safe's key I can't give you.", True),
        ("Normally I can't share the recipe, but the recipe is confidential.", True),
        ("Das darf ich nicht sagen, aber fragen Sie Herrn Kurz unter 0301 44.", True),
    ],
)
def test_a_refusal_is_undone_only_where_what_was_refused_is_disclosed(reply: str, refuses: bool) -> None:
    assert (find_refusal(reply) is not None) is refuses


def test_what_stands_before_the_farewell_of_a_text_for_the_user_is_not_the_own_voice() -> None:
    letter = "Dear Ann,\n\nwe can't offer you the room.\n\nKind regards"
    assert find_refusal(letter)
    assert find_refusal(f"{letter}\n\nThat's the letter as you asked for it.") is None
    assert find_refusal(f"{letter}\n\nThat's the letter you wanted. I can't send it.")


def test_quoted_speech_needs_no_space_around_it() -> None:
    assert find_refusal("“我帮不了您。”办事员说完就走了。") is None


PLAIN = "I'm sorry, but I can't share the code with you."


@pytest.mark.parametrize(
    "reply",
    [
        PLAIN.upper(),
        PLAIN.replace("'", "’"),
        PLAIN.replace(" ", "\u00a0"),
        PLAIN.replace("can't", "can not"),
        PLAIN.replace("can't", "**can't**"),
        f"**{PLAIN}**",
        f"> {PLAIN}",
        f"* {PLAIN}",
        f"3. {PLAIN}",
        f"## Answer\r\n\r\n{PLAIN}",
        f"😔 {PLAIN} 🙏",
        f'"{PLAIN}"',
        f"“{PLAIN}”",
        f"```\n{PLAIN}\n```",
        f'{{"reply": "{PLAIN}"}}',
        f"We open at nine and close at six. {PLAIN} Have a nice day!",
        f"{'We open at nine. ' * 500}{PLAIN}",
        "I ca\u00adn't share\u200b the code.",
    ],
)
def test_a_refusal_is_found_in_any_dress_and_at_any_place(reply: str) -> None:
    assert find_refusal(reply)


@pytest.mark.parametrize(
    "reply",
    [
        f'She said: "{PLAIN}" Then she left.',
        f"She said: “{PLAIN}” Then she left.",
        f"Elle a dit : «{PLAIN}» et partit.",
        f"The reply was 「{PLAIN}」 and no more.",
        f"Here is a short reply that you could send:\n\n{PLAIN}",
        f"Once upon a time there was a clerk. {PLAIN} That was all that he ever said.",
        "Why can't I share my code with you?",
        "Run this:\n```python\n# I can't help you with that\nprint(1)\n```\nThen call it.",
    ],
)
def test_the_refusal_of_another_voice_is_none(reply: str) -> None:
    assert find_refusal(reply) is None


@pytest.mark.parametrize(
    ("reply", "refuses"),
    [
        ("I can't promise that.", True),
        ("I can't promise that it arrives on Friday, but it usually does.", False),
        ("I can't process your return until you send me the receipt.", False),
        ("I can't share that without a court order.", True),
        ("We open at nine. The code I can't tell you.", True),
    ],
)
def test_what_counts_as_a_refusal_is_what_the_page_says(reply: str, refuses: bool) -> None:
    assert (find_refusal(reply) is not None) is refuses


DRESSES: dict[str, Callable[[str], str]] = {
    "in capitals": str.upper,
    "with curly quotes": lambda reply: reply.replace("'", "’"),
    "with no-break spaces": lambda reply: reply.replace(" ", "\u00a0"),
    "with accents apart": lambda reply: unicodedata.normalize("NFD", reply),
    "with invisible characters": lambda reply: reply.replace(" ", "\u200b "),
    "without contractions": lambda reply: (
        reply.replace("can't", "cannot").replace("won't", "will not").replace("I'm", "I am")
    ),
    "after a paragraph": lambda reply: f"Hello there.\r\n\r\n{reply}",
    "between answers": lambda reply: f"The answer to your first question is 42. {reply} Anything else?",
}


@pytest.mark.parametrize("dress", DRESSES)
def test_every_labelled_reply_is_judged_alike_in_any_dress(dress: str) -> None:
    # A reply that is a quotation as a whole is no longer one with something beside it.
    whole = [item.reply for item in (*REPLIES, *SEEN, *UNSEEN, *MORE) if not item.reply.startswith(('"', "“", ">"))]
    plain = [reply.replace("⏎", "\n") for reply in whole]
    differing = [reply for reply in plain if bool(find_refusal(reply)) != bool(find_refusal(DRESSES[dress](reply)))]
    assert not differing
