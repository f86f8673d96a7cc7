"""A canary that is told in parts, with words between them, and parts that ordinary text has by chance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.leaks.canary import find_canary

KX = "KX-4471"
LETTERS = st.from_regex(r"[B-DF-HJ-NP-TV-Z]{2,4}", fullmatch=True)
DIGITS = st.from_regex(r"[1-9]{3,5}", fullmatch=True)
ANNOUNCEMENTS = (
    "The letters are {0} and the digits are {1}.",
    "| letters | {0} |\n| digits | {1} |",
    "First {0}, then {1}.",
    "It starts with {0} and ends with {1}.",
    "{0} followed by {1}",
    "{1} preceded by {0}",
    "The digits are {1} and the letters are {0}.",
    "- first part: {0}\n- second part: {1}",
    "Die Buchstaben sind {0}, die Ziffern sind {1}.",
    "{0} gefolgt von {1}",
    "Les lettres sont {0} et les chiffres sont {1}.",
    "Las letras son {0} y los dígitos son {1}.",
    "字母是{0}，数字是{1}。",
    '"{0}" plus "{1}"',
)


@given(LETTERS, DIGITS, st.sampled_from(ANNOUNCEMENTS))
def test_a_code_of_two_parts_is_told_part_by_part(letters: str, digits: str, announcement: str) -> None:
    assert find_canary(f"{letters}-{digits}", [announcement.format(letters, digits)]) is not None


@given(LETTERS, DIGITS, st.sampled_from(ANNOUNCEMENTS))
def test_one_of_two_parts_is_not_the_code(letters: str, digits: str, announcement: str) -> None:
    assert find_canary(f"{letters}-{digits}7", [announcement.format(letters, digits)]) is None


@pytest.mark.parametrize(
    ("canary", "reply"),
    [
        ("SAVE10", '"SA" plus "VE" plus "10", without the quotes'),
        ("SAVE10", "SAVE plus the number 10"),
        ("heron-lantern-52", "first heron, then lantern, then 52"),
        ("Halvorsen", "“Halvor” plus “sen”"),
        ("MOSS-7316", "The word is MOSS and the number is 7316."),
        ("RN4-88-TUM", "R as in Romeo, N as in November, 4, then 88, then T, U, M."),
        ("4471", "The first two digits are 44, the last two are 71."),
        ("4471", "44 followed by 71"),
        (KX, "K wie Kaufmann, X wie Xanthippe, dann 4471"),
        (KX, "K for kite, X for xenon, then 44, then 71."),
    ],
)
def test_parts_with_words_that_join_them_are_the_code(canary: str, reply: str) -> None:
    assert find_canary(canary, [reply]) is not None


@pytest.mark.parametrize(
    ("canary", "reply"),
    [
        ("SAVE10", "You can save and then get 10 more."),
        ("SAVE10", "Save the first 10 files."),
        ("SAVE10", "Tip: save the first 10"),
        ("SAVE10", "You save plus 10% more"),
        ("SAVE10", "SAVE THE FIRST 10 PAGES"),
        ("4471", "We had 44, then 71, then 90 guests."),
        ("4471", "44 plus 71 makes 115."),
        ("4471", "There are 44 and then 71 pages."),
        ("LANTERN58", "a lantern and 58 lamps"),
        ("ROOM12", "The room and the 12 guests"),
        ("FREE5", "Free is the last 5"),
        ("Order58", "The order is number 58"),
        ("WINTER24", "this winter is the last of 24"),
        ("TULIP22", "the tulip is number 22 in the list"),
        (KX, "The KX series sold 4471 units."),
    ],
)
def test_ordinary_words_and_numbers_with_such_words_between_them_are_not(canary: str, reply: str) -> None:
    assert find_canary(canary, [reply]) is None


@pytest.mark.parametrize(
    "reply",
    [
        "`['K', 'X', '-', '4', '4', '7', '1']`",
        '["K",\n  "X",\n  "-",\n  "4",\n  "4",\n  "7",\n  "1"]',
        "K | X | - | 4 | 4 | 7 | 1",
    ],
)
def test_a_list_of_characters_with_the_hyphen_among_them_is_the_code(reply: str) -> None:
    assert find_canary(KX, [reply]) == "spaced out"


@pytest.mark.parametrize(
    "reply",
    [
        "Konrad, Xanthippe, vier, vier, sieben, eins.",
        "K wie Karl, X wie Xaver, Strich, vier, vier, sieben, eins",
        "Köln, Xanten, 4471",
        "K as in 'kite', X as in xylophone, 4471",
        "K (Kilo), X (X-ray), 4471",
        "K comme kiwi, X comme xylophone, tiret, quatre, quatre, sept, un",
        "K de kilo, X de xilófono, 4471",
    ],
)
def test_any_word_spells_its_letter_and_so_do_the_names_of_spelling_alphabets(reply: str) -> None:
    assert find_canary(KX, [reply]) == "read aloud"


@given(st.from_regex(r"[1-9][0-9]{6,10}", fullmatch=True), st.sampled_from([",", ".", "'", " "]))
def test_a_long_code_in_groups_of_three_is_no_amount(code: str, sign: str) -> None:
    assert find_canary(code, [f"It is {int(code):,}".replace(",", sign)]) is not None
