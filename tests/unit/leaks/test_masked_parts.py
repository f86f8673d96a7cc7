"""No part of a secret of six characters or more is left of a report, whatever its script and its form."""

from __future__ import annotations

import html
import json
import time
import unicodedata
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pytest_kvguard.leaks.masking import Masker, Secret

LETTERS = {
    "Latin": "abcdefghijklmnopqrstuvwxyzäöüéñß",
    "Greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "Cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "Arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "Hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "Devanagari": "अआइईउऊकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह",
    "Han": "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动",
    "Hiragana": "あいうえおかがきぎくぐけげこごさざしじすずせぜそぞただちぢつづてでとど",
    "Katakana": "アイウエオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂツヅテデト",
    "Hangul": "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허",
    "Thai": "กขคงจฉชซญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮะาิีึืุูเแโใไ",
    "Khmer": "កខគឃងចឆជឈញដឋឌឍណតថទធនបផពភមយរលវសហឡអាិីឹឺុូ",
    "Lao": "ກຂຄງຈສຊຍດຕຖທນບປຜຝພຟມຢຣລວຫອຮະາິີຶືຸູ",
    "Burmese": "ကခဂဃငစဆဇဈညတထဒဓနပဖဗဘမယရလဝသဟအာိီုူ",
}
UNSPACED = ("Han", "Hiragana", "Katakana", "Thai", "Khmer", "Lao", "Burmese")
RENDERINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "repr": repr,
    "ascii": ascii,
    "JSON": lambda text: json.dumps(text, ensure_ascii=False),
    "escaped JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "HTML": html.escape,
    "decimal HTML": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "hexadecimal HTML": lambda text: "".join(f"&#x{ord(character):x};" for character in text),
    "an address": quote,
    "capitals": str.upper,
    "small letters": str.lower,
    "NFC": lambda text: unicodedata.normalize("NFC", text),
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "in colour": lambda text: f"\x1b[31m{text[:3]}\x1b[0m{text[3:]}",
}
AROUND = "The reply was: {}, and that is all. 回答如上。"


def word_of(script: str, least: int, most: int) -> st.SearchStrategy[str]:
    return st.text(LETTERS[script], min_size=least, max_size=most)


def masked(secret: Secret, text: str) -> str:
    masker = Masker(lambda: b"key")
    masker.add([secret])
    return masker.mask(text)


def comparable(text: str) -> str:
    """Return what a reader sees of a text, whatever wrote it."""
    for _ in range(3):
        text = html.unescape(text)
        text = text.encode("ascii", "backslashreplace").decode("unicode_escape") if "\\" in text else text
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())


@settings(max_examples=300)
@given(script=st.sampled_from(list(LETTERS)), rendering=st.sampled_from(list(RENDERINGS)), data=st.data())
def test_no_six_characters_of_a_canary_are_left(script: str, rendering: str, data: st.DataObject) -> None:
    canary = data.draw(word_of(script, 6, 12)) + data.draw(st.sampled_from(["", "-4471", "-20.5", " 7731"]))
    start = data.draw(st.integers(0, len(canary) - 6))
    part = canary[start : data.draw(st.integers(start + 6, len(canary)))]
    assume(part.strip() == part)
    shown = masked(Secret(canary), AROUND.format(RENDERINGS[rendering](part)))
    assert "[secret:" in shown
    assert RENDERINGS[rendering](part) not in shown
    assert shown.startswith("The reply was: ") and shown.endswith("and that is all. 回答如上。")


@settings(max_examples=200)
@given(script=st.sampled_from(UNSPACED), rendering=st.sampled_from(list(RENDERINGS)), data=st.data())
def test_no_six_characters_of_a_protected_text_are_left_in_scripts_without_spaces(
    script: str, rendering: str, data: st.DataObject
) -> None:
    text = "，".join(data.draw(st.lists(word_of(script, 6, 20), min_size=2, max_size=4, unique=True)))
    start = data.draw(st.integers(0, len(text) - 6))
    part = text[start : start + data.draw(st.integers(6, 20))]
    assume("，" not in part)
    shown = masked(Secret(text, by_words=True), AROUND.format(RENDERINGS[rendering](part)))
    assert "[secret:" in shown
    assert RENDERINGS[rendering](part) not in shown


@settings(max_examples=200)
@given(
    script=st.sampled_from(sorted(set(LETTERS) - set(UNSPACED))),
    rendering=st.sampled_from(list(RENDERINGS)),
    data=st.data(),
)
def test_no_three_words_of_a_protected_text_are_left_in_other_scripts(
    script: str, rendering: str, data: st.DataObject
) -> None:
    words = data.draw(st.lists(word_of(script, 2, 8), min_size=4, max_size=12, unique=True))
    start = data.draw(st.integers(0, len(words) - 3))
    part = " ".join(words[start : start + 3])
    shown = masked(Secret(" ".join(words), by_words=True), AROUND.format(RENDERINGS[rendering](part)))
    assert "[secret:" in shown
    assert RENDERINGS[rendering](part) not in shown


SENTENCES = {
    "Chinese": ("会员折扣是百分之十二，只有仓库里的帐篷超过四十顶时才有效。", "只有仓库里的帐篷超过四十顶"),
    "Japanese": (
        "会員の割引は十二パーセントで、倉庫のテントが四十張を超えるときだけ有効です。",
        "倉庫のテントが四十張",
    ),
    "Thai": ("รหัสประตูหลังร้านอยู่ใต้กระถางต้นไม้สีฟ้าข้างบันได", "ใต้กระถางต้นไม้สีฟ้า"),
    "Khmer": ("លេខកូដទ្វារនៅក្រោមផើងផ្កាពណ៌ខៀវក្បែរជណ្ដើរ", "ក្រោមផើងផ្កាពណ៌ខៀវ"),
    "Burmese": ("တံခါးကုဒ်သည် အပြာရောင်ပန်းအိုးအောက်တွင်ရှိသည်", "အပြာရောင်ပန်းအိုးအောက်"),
    "Lao": ("ລະຫັດປະຕູຢູ່ກ້ອງກະຖາງດອກໄມ້ສີຟ້າຂ້າງຂັ້ນໄດ", "ກ້ອງກະຖາງດອກໄມ້ສີຟ້າ"),
}


@pytest.mark.parametrize("rendering", sorted(set(RENDERINGS) - {"in colour"}))
@pytest.mark.parametrize("language", SENTENCES)
def test_a_quoted_part_of_a_sentence_without_spaces_is_masked(language: str, rendering: str) -> None:
    text, part = SENTENCES[language]
    shown = masked(Secret(text, by_words=True), f"'… {RENDERINGS[rendering](part)} …' is quoted")
    assert RENDERINGS[rendering](part) not in shown
    assert not any(part[start : start + 6] in comparable(shown) for start in range(len(part) - 5))


def test_a_code_within_a_protected_text_is_masked_alone() -> None:
    secret = Secret("The voucher KX-4471 is worth 20 euros on every Sunday in May.", by_words=True)
    assert "4471" not in masked(secret, "It is KX-4471.")
    assert masked(secret, "It costs 20.") == "It costs 20."


def test_a_short_phrase_in_common_with_a_protected_text_stays() -> None:
    secret = Secret("会员折扣是百分之十二，只有仓库里的帐篷超过四十顶时才有效。", by_words=True)
    assert masked(secret, "我们的会员很多。") == "我们的会员很多。"


def test_a_long_report_is_masked_everywhere_and_keeps_the_rest() -> None:
    line = "The shop opens at 9:30 and closes at 18:00. On Sundays it is closed, but for the first one in May.\n"
    report = (line * 100 + "It is K X - 4 4 7 1.\n" + line * 100 + "S1gtNDQ3MQ==\n") * 5
    shown = masked(Secret("KX-4471"), report)
    assert shown.count("[secret:") == 10
    assert shown.count(line) == 1000


@pytest.mark.parametrize(
    "unit", ["\\", "&#75;", "%4B", "K X - 4 4 7 ", "4 4 7 ", "four four seven ", "S1gtND", "\n", "'"]
)
def test_a_hostile_text_takes_no_more_than_its_length(unit: str) -> None:
    """A text of this length takes a second; one that is read in quadratic time takes minutes."""
    began = time.process_time()
    masked(Secret("KX-4471"), (unit * 100_000)[:100_000])
    assert time.process_time() - began < 30
