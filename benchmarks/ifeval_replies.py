"""Replies to judge: degenerate ones, texts of every form IFEval asks for, and attempts at a row's instructions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["DEGENERATE", "WRITTEN", "replies_to"]

DEGENERATE = (
    "",
    " \n ",
    "12345",
    "?",
    "ok",
    "OK",
    "...",
    "******",
    "***",
    "I'm sorry, but I can't help with that.",
    "I cannot assist with that request.",
    "\n\n\n",
    "the the the the the the the the the the",
    "🙂🙂🙂",
    "[]",
    "{}",
    '""',
    "My answer is",
)
_ESSAY = (
    "The market town of Ellerby lies on the north bank of the river. Dr. Lee, who has run its small museum for twenty "
    "years, says that most visitors come for the mill; few stay for the night. That is a pity! In the evening, when "
    "the coaches have left, the lanes fall quiet, and you can hear the weir from the church steps. Who would not "
    "want to stay? Rooms cost about 60 pounds, i.e. less than in the city, and breakfast is included."
)
_LIST = "* Pack the tent.\n* Fill both bottles.\n- Tell somebody where you go.\n* **Check** the weather."
_SECTIONS = "SECTION 1\nThe plan is simple.\n\nSECTION 2\nThe costs are low.\n\nSECTION 3\nThe team is ready."
_LETTER = (
    "<<A letter home>>\n\nDear [name],\n\nI arrived in [city] on Monday.\n\nYours,\n[signature]\n\nP.S. Send socks.\n\n"
    "P.P.S. And tea."
)
WRITTEN = (
    _ESSAY,
    _ESSAY.lower(),
    _ESSAY.upper(),
    f'"{_ESSAY}"',
    f"Here is the text:\n{_ESSAY}\nI hope that this helps.",
    "\n\n".join([_ESSAY] * 4),
    "\n***\n".join([_ESSAY, _LIST, _ESSAY]),
    f"{_ESSAY}\n******\n{_LIST}",
    f"{_ESSAY}******{_ESSAY}",
    _LIST,
    f"*Note:* here is the list.\n{_LIST}\nThat is *all* of it, I promise **you**.",
    _SECTIONS,
    _SECTIONS.replace("SECTION", "Section"),
    _LETTER,
    '{"title": "Ellerby", "rooms": [1, 2, 3]}',
    '```json\n{"title": "Ellerby"}\n```',
    "```JSON\n[1, 2]\n```",
    "My answer is yes.",
    "Well, my friend: My answer is maybe. It depends.",
    "NASA and the EU signed; the U.S.A. DID NOT. STATE-OF-THE-ART WORK, ISN'T IT?",
    "Das Städtchen liegt am Nordufer des Flusses. Die meisten Gäste kommen wegen der Mühle und bleiben nicht lange.",
    "यह छोटा शहर नदी के उत्तरी किनारे पर बसा है। अधिकांश लोग चक्की देखने आते हैं।",
    "ఈ చిన్న పట్టణం నదికి ఉత్తర ఒడ్డున ఉంది. చాలా మంది మిల్లు చూడటానికి వస్తారు.",
    "Der Plan is simple, aber the Kosten sind nicht so low wie gedacht, mes amis.",
    "Is there anything else I can help with?",
    "No commas here and no full stop either",
    "One. Two. Three. Four. Five. Six. Seven. Eight. Nine. Ten. Eleven. Twelve.",
    "A line with a tab\tand a\rreturn, “curly quotes”, an em dash — and 3.14, No. 5, e.g. this, etc. and so on.",
)


def replies_to(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the replies to judge for a row: the texts that all rows share, then texts composed for this row."""
    yield from DEGENERATE
    yield from WRITTEN
    system, user = (message["content"] for message in row["messages"])
    yield from (row["prompt"], system, user, f"{user}\n\n{_ESSAY}", f"{user.upper()} {_LETTER}")
    yield _attempt(row)
    yield f"Sure!\n{_attempt(row)}\nAnything else?"


def _attempt(row: Mapping[str, Any]) -> str:
    """Return a reply that uses every argument of a row's instructions, as a willing model would."""
    kwargs = {name: value for given in row["kwargs"] for name, value in given.items()}
    words = [*kwargs.get("keywords", ()), *[kwargs.get("keyword", "")] * kwargs.get("frequency", 0)]
    opening = kwargs.get("prompt_to_repeat", kwargs.get("first_word", "Well").capitalize())
    heading = kwargs.get("section_spliter", "Part")
    parts = [
        f"{opening} then: {' '.join(words)}.",
        *(f"{heading} {number}\nText." for number in range(1, kwargs.get("num_sections", 0) + 1)),
        *(f"* Point {number}" for number in range(kwargs.get("num_bullets", 0))),
        " ".join(f"*part {number}*" for number in range(kwargs.get("num_highlights", 0))),
        " ".join(f"[thing {number}]" for number in range(kwargs.get("num_placeholders", 0))),
        kwargs.get("letter", "") * kwargs.get("let_frequency", 0),
        " ".join(["LOUD"] * kwargs.get("capital_frequency", 0)),
        "word " * kwargs.get("num_words", 0),
        "So it is. " * kwargs.get("num_sentences", 0),
        kwargs.get("postscript_marker", ""),
        kwargs.get("end_phrase", ""),
    ]
    divider = "\n***\n" if "num_paragraphs" in kwargs and "first_word" not in kwargs else "\n\n"
    return divider.join(part for part in parts if part.strip())
