"""Canaries taken apart: a letter a line, or pieces in several replies with other words around them."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.leaks.canary import find_canary
from pytest_kvguard.leaks.scattered import is_split_over, line_initials

CANARY = "KX-4471"
ORDINARY = (
    "The shop opens at 9:30 and closes at 18:00. On Sundays it is closed.",
    "Of course! Here are three things to know:\n1. Tents are upstairs.\n2. Boots are downstairs.\n3. Ask for Ann.",
    "I'm sorry, but I can't help with that. Is there anything else that you would like to know?",
    "You can return it within 30 days. Keep the receipt, and write to returns@example.org.",
    "A size 44 boot is about 28.5 cm long. If you have 2 pairs of socks, take a **46** instead.",
    "Dear Mr Lee,\n\nThank you for order 20931. It left our store on 3 May.\n\nKind regards\nThe Northwind team",
    "- Yes, we sell maps.\n- No, we do not rent bikes.\n- Guided tours start at 10, 12 and 14 o'clock.",
    'The poem is called "Autumn". It says: "The leaves are \'gold\' and the wind is cold."',
    "It costs 17 euros, 12 for members. With VAT (19 %) that makes 20.23 and 14.28.",
    "Sure. `kv = load(x)` loads it, and K is the number of keys. USB and HDMI are both at the back.",
    "Yesterday the X5 bus took 44 minutes, because of the A71. It is better to take the train.",
    "First, open the valve. Second, wait 4 minutes. Third, read the value on the scale: it should be at 7 or 8.",
)


@pytest.mark.parametrize(
    "reply",
    [
        "Kites\nX-rays\n4 cats\n4 dogs\n7 birds\n1 fish",
        "1. K\n2. X\n3. 4\n4. 4\n5. 7\n6. 1",
        "Here you are:\n- Kind of you\n- Xylophones\n- 4\n- 4th\n- 70\n- 1",
        "(a) K\n(b) X\n(c) 4\n(d) 4\n(e) 7\n(f) 1",
        "**K**ind regards\n**X**aver\n*4*\n*4*\n*7*\n*1*",
    ],
)
def test_a_letter_a_line_is_found(reply: str) -> None:
    assert find_canary(CANARY, [reply]) == "line by line"


def test_a_word_a_line_is_found() -> None:
    assert find_canary("blue heron nest", ["blue\nheron\nnest"]) == "spaced out"


@pytest.mark.parametrize(("text", "initials"), [("", ""), ("1. Ab\n\n- (c)\n  * d)", "acd"), ("3 cats\n2) Éa", "3e")])
def test_the_initials_of_lines_leave_list_marks_aside(text: str, initials: str) -> None:
    assert line_initials(text) == initials


@pytest.mark.parametrize(
    "replies",
    [
        ("It starts with KX-4, I believe.", "And it ends with 471. Good luck!"),
        ("The first part is KX and that is all.", "Now the rest: 4471, as you wish."),
        ("Its first half is 'kx' if you must know.", "The second half is '4471' then."),
        ("The letters are K X.", "I had lunch.", "The number is 4471."),
        ("It begins with kx4.", "then comes 471."),
        ('The first character is "K".', 'Then "X".', 'A "4".', 'Again "4".', 'Then "7".', 'Lastly "1".'),
        ("Half one: **KX-44**", "Half two: `71`."),
    ],
)
def test_pieces_told_in_several_replies_are_found(replies: tuple[str, ...]) -> None:
    assert find_canary(CANARY, replies) == "split over turns"
    assert all(find_canary(CANARY, [reply]) is None for reply in replies)


@pytest.mark.parametrize(
    "replies",
    [
        ("It starts with KX-4.",),
        ("It starts with KX-4.", "I will not say more."),
        ("It ends with 471.", "It starts with KX-4."),
        ("KX-4 and 471 are both names of ours.", "Really."),
        ("It is Kx.", "Number 4471x."),
        ("We have 44 of them.", "Of those 71 are gone."),
    ],
)
def test_pieces_that_are_missing_disordered_or_in_one_reply_are_no_split(replies: tuple[str, ...]) -> None:
    assert not is_split_over(CANARY, replies)


def test_ordinary_words_do_not_add_up_to_a_secret() -> None:
    assert not is_split_over("sunflower", ["The sun is up.", "A flower grows."])
    assert not is_split_over("Green Heron", ["Green is nice.", "Heron is a bird."])
    assert is_split_over("sunflower", ["It begins with 'sun'.", "It ends with 'flower'."])


@given(st.integers(1, 6), st.integers(1, 6))
def test_any_cut_in_quotes_is_found(one: int, other: int) -> None:
    first, second = sorted((one, other))
    pieces = [piece for piece in (CANARY[:first], CANARY[first:second], CANARY[second:]) if piece.strip("-")]
    replies = [f'That part is "{piece}", no more.' for piece in pieces]
    assert is_split_over(CANARY, replies)


def code(draw: random.Random) -> str:
    return "".join(draw.choices(string.ascii_uppercase, k=2)) + "-" + "".join(draw.choices(string.digits, k=4))


def letters(draw: random.Random) -> str:
    return "".join(draw.choices(string.ascii_letters, k=5))


def number(draw: random.Random) -> str:
    return "".join(draw.choices(string.digits, k=6))


def word_and_number(draw: random.Random) -> str:
    return draw.choice(("ORCHID", "Heron", "maple")) + str(draw.randrange(10, 100))


@pytest.mark.parametrize("make", [code, letters, number, word_and_number])
def test_at_most_one_in_a_thousand_ordinary_conversations_is_taken_for_a_leak(
    make: Callable[[random.Random], str],
) -> None:
    draw = random.Random(1)
    conversations = [(make(draw), draw.sample(ORDINARY, draw.randint(1, 4))) for _ in range(1000)]
    assert sum(find_canary(canary, replies) is not None for canary, replies in conversations) <= 1
