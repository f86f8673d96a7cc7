"""Prompts are drawn from a seed; replies can obey them, and a rule alone decides whether a secret is told."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from pytest_kvguard.contract.model import Block, Instruction
from smolguard.compose import compose_reply
from smolguard.formats import format_checks, say_format
from smolguard.packing import obeys
from smolguard.prompts import DrawnPrompt, draw_prompt
from smolguard.texts import Split, load_texts
from smolguard.values import words_of

TRIES = 8


def drawn(count: int, split: Split = Split.TRAINING) -> list[DrawnPrompt]:
    return [draw_prompt(Random(f"test-{i}"), split) for i in range(count)]


def test_the_same_seed_draws_the_same_prompt() -> None:
    assert drawn(3) == drawn(3)


@pytest.mark.parametrize("split", Split)
def test_a_prompt_has_as_many_instructions_as_asked_for_or_one_beside_another_secret(split: Split) -> None:
    for size in range(1, 7):
        prompt = draw_prompt(Random(size), split, size, secret=True)
        counted = [part for part in prompt.parts if isinstance(part, Instruction) and part.id != "other"]
        assert len(counted) == size


def test_sizes_orders_and_kinds_of_conversation_all_occur() -> None:
    prompts = drawn(300)
    kinds = Counter(conversation.kind for prompt in prompts for conversation in prompt.conversations)
    assert set(kinds) == {"talk", "fact", "guardrail", "attack", "repeat"}
    assert {len(prompt.formats) for prompt in prompts} >= {0, 1, 2, 3, 4}
    assert any(isinstance(part, Block) and part.id == "block" for prompt in prompts for part in prompt.parts)
    assert any(len(conversation.turns) == 2 for prompt in prompts for conversation in prompt.conversations)
    assert {secret.ruled for prompt in prompts for secret in prompt.secrets.values()} == {True, False}


def test_nearly_every_conversation_has_a_reply_that_the_guards_own_checks_accept() -> None:
    total = accepted = 0
    for number, prompt in enumerate(drawn(120)):
        for i, conversation in enumerate(prompt.conversations):
            total += 1
            rng = Random(number)
            accepted += any(obeys(prompt, i, prompt.gold_replies(conversation, rng)) for _ in range(TRIES))
    assert accepted / total > 0.97


def test_a_reply_to_an_attack_tells_or_refuses_as_the_rule_says() -> None:
    for number in range(60):
        ruled = draw_prompt(Random(f"ruled-{number}"), Split.TRAINING, 3, secret=True)
        for prompt, tells in ((ruled, False), (ruled.without_rule(), True)):
            contract = prompt.contract
            assert (contract.instruction("secret").no_leak is None) is tells
        for conversation in ruled.conversations:
            if conversation.about == ("secret",):
                [reply] = ruled.gold_replies(conversation, Random(0))[-1:]
                assert ruled.secrets["secret"].value.casefold() not in reply.casefold()


def test_without_its_rule_the_secret_still_stands_in_the_prompt() -> None:
    for number in range(60):
        prompt = draw_prompt(Random(number), Split.HELD_OUT, 4, secret=True)
        free = prompt.without_rule().contract
        text = free.system_text(free.written_order)
        assert prompt.secrets["secret"].value in text
        attacks = [conversation.turns for conversation in prompt.conversations if conversation.kind == "attack"]
        assert attacks and [probe.turns for probe in free.probes] == attacks


def test_a_prompt_that_is_repeated_is_repeated_word_for_word() -> None:
    for prompt in drawn(300):
        for conversation in prompt.conversations:
            if conversation.contents == ((),):
                contract = prompt.contract
                assert prompt.gold_replies(conversation, Random(0)) == (contract.system_text(contract.written_order),)
                return
    pytest.fail("no prompt was repeated")


def test_without_its_defence_a_prompt_keeps_its_rules_and_is_repeated() -> None:
    defended = [prompt for prompt in drawn(200) if prompt.defended]
    assert len(defended) > 10
    for prompt in defended:
        free = prompt.without_defence()
        assert [part for part in prompt.parts if part.id != "defence"] == list(free.parts)
        contract = free.contract
        assert free.gold_replies(free.conversations[0], Random(0)) == (contract.system_text(contract.written_order),)
        assert prompt.gold_replies(prompt.conversations[0], Random(0)) != free.gold_replies(
            free.conversations[0], Random(0)
        )


def test_training_rules_quote_mostly_unlisted_values_and_never_held_out_ones() -> None:
    families = {name: load_texts("families")[name] for name in ("start", "end", "signature", "keyword")}
    quoted = [(name, prompt.formats[name]) for prompt in drawn(300) for name in families if name in prompt.formats]
    assert not [value for name, value in quoted if value in families[name]["held_out_values"]]
    assert 0.6 < sum(value not in families[name]["values"] for name, value in quoted) / len(quoted) < 0.9


@pytest.mark.parametrize("split", Split)
def test_a_signature_after_a_dash_never_stands_beside_a_number_of_bullets(split: Split) -> None:
    both = [prompt.formats for prompt in drawn(400, split) if {"bullets", "signature"} <= set(prompt.formats)]
    assert both and not [formats for formats in both if formats["signature"].startswith("-")]


def test_a_set_answer_is_marked_as_a_whole_and_comes_out_as_it_is() -> None:
    marked = [
        (prompt, conversation)
        for prompt in drawn(400)
        for conversation in prompt.conversations
        if conversation.kind == "guardrail" and "highlight" in prompt.formats
    ]
    assert marked
    for prompt, conversation in marked:
        assert obeys(prompt, prompt.conversations.index(conversation), prompt.gold_replies(conversation, Random(0)))


def test_two_facts_are_asked_for_in_one_turn_and_both_must_be_told() -> None:
    doubles = [
        (prompt, conversation)
        for prompt in drawn(200)
        for conversation in prompt.conversations
        if len(conversation.about) == 2
    ]
    plain = [(prompt, conversation) for prompt, conversation in doubles if not prompt.formats]
    assert len(doubles) > 10 and plain
    for prompt, conversation in plain:
        number, earlier = prompt.conversations.index(conversation), ("Fine.",) * (len(conversation.turns) - 1)
        assert obeys(prompt, number, prompt.gold_replies(conversation, Random(0)))
        assert not obeys(prompt, number, (*earlier, conversation.contents[-1][0]))


def test_keywords_stand_in_quotes_or_in_brackets_where_the_whole_reply_is_quoted() -> None:
    value = 'ferry" and "kiosk'
    plain = compose_reply(["It is late."], {"keyword": value}, "", Random(0))
    assert '"ferry" and "kiosk"' in plain and words_of(value) == ["ferry", "kiosk"]
    quoted = compose_reply(["It is late."], {"keyword": value, "quote": None, "upper": None}, "", Random(0))
    assert "(FERRY) AND (KIOSK)" in quoted and quoted.count('"') == 2


def test_every_word_of_a_keyword_rule_is_checked() -> None:
    [(rule, minimums)] = format_checks("keyword", 'ferry" and "kiosk')
    assert (rule, minimums) == ("keyword_counts", {"ferry": {"min": 1}, "kiosk": {"min": 1}})


def test_only_training_asks_for_several_words_at_once() -> None:
    rules = {split: [say_format("keyword", split, Random(number))[1] for number in range(60)] for split in Split}
    assert {len(words_of(value)) for value in rules[Split.TRAINING]} == {1, 2, 3}
    assert set(rules[Split.HELD_OUT]) <= set(load_texts("families")["keyword"]["held_out_values"])
