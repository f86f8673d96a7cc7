"""Questions, in many scripts."""

from __future__ import annotations

import pytest

from pytest_kvguard.text.questions import questions

COUNTS = {
    "Really?!": 1,
    "Really!? Yes.": 1,
    "Who?? Why?": 2,
    "Can I help? 😊": 1,
    "Can I help?😊 Yes.": 1,
    "**Ready?**": 1,
    'He asked: "Why?"': 1,
    'He asked "Why?" and left.': 0,
    '"Why?" he asked.': 0,
    'Did he say "yes"?': 1,
    'The sign "?" helps.': 0,
    'It ends in "?"': 0,
    "It works (?).": 0,
    "See https://example.com/?x=1 now": 0,
    "See example.com/a?b=c.": 0,
    "Have you seen https://example.com/a?x=1?": 1,
    "We open at 9. OK?": 1,
    "¿Paga hoy?": 1,
    "Hola, ¿cómo está? Bien.": 1,
    "Vous venez ?": 1,
    "Πού είσαι; Εδώ.": 1,
    "Do it; now.": 0,
    "`x ? y : z` is an operator.": 0,
    "What does `a?b` do?": 1,
    "`Who? Me?`": 2,
    "هل تدفع اليوم؟": 1,
    "您要什么？好。": 1,
    "您要什么？！": 1,
    "来ますか？はい。": 1,
    "क्या आप आएंगे? हाँ।": 1,
    "Ո՞վ է։": 1,
    "ሰላም። እንዴት ነህ፧": 1,
    "오시겠어요?": 1,
    "1. Who? 2. Why?": 2,
    "Who?\r\nWhy?": 2,
    "?": 0,
    "": 0,
}


@pytest.mark.parametrize("text", COUNTS, ids=ascii)
def test_questions_are_the_sentences_that_ask(text: str) -> None:
    assert len(questions(text)) == COUNTS[text]
