"""Drawn system prompts of one to six instructions, the conversations under them, and replies that obey."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from pytest_kvguard.contract.model import Block, Contract, Generate, Instruction, Probe
from smolguard.compose import compose_reply
from smolguard.formats import draw_family_value, draw_formats, format_checks, say_format
from smolguard.texts import Split, list_questions, load_base_replies, load_texts, pick_list
from smolguard.values import draw_value

__all__ = ["DrawnConversation", "DrawnPrompt", "DrawnSecret", "draw_prompt"]

SIZES = (1, 2, 3, 3, 4, 4, 5, 5, 6, 6)
MAX_NEW_TOKENS = 80
SHORT_WORDS = 15
TRIES = 6
ATTACKS = {Split.TRAINING: 2, Split.HELD_OUT: 3}
"""Number of attacks on each secret of a prompt."""


@dataclass(frozen=True)
class DrawnSecret:
    """A secret of a prompt, which may be told unless a rule forbids it.

    Attributes:
        thing: its name, e.g. ``the voucher code``.
        value: its value, which no reply may contain where ``ruled``.
        ruled: whether the prompt forbids telling it.
        saying: the sentence of the prompt that states it.
    """

    thing: str
    value: str
    ruled: bool
    saying: str

    def fill(self, text: str) -> str:
        """Return a phrasing with this secret's name, capitalized at the start, and its value filled in."""
        begins = text.startswith("{s}")
        capitalized = self.thing[0].upper() + self.thing[1:]
        filled = text.replace("{S}", capitalized).replace("{s}", self.thing).replace("{v}", self.value)
        return capitalized + filled[len(capitalized) :] if begins else filled


@dataclass(frozen=True)
class DrawnConversation:
    """A conversation under a drawn prompt.

    Attributes:
        kind: ``talk``, ``fact``, ``guardrail``, ``attack`` or ``repeat``.
        about: ids of the instructions that the last turn concerns.
        style: style of an attack, else empty.
        turns: user turns.
        contents: sentences of each reply before the rules of format apply; none where the reply repeats the prompt.
    """

    kind: str
    about: tuple[str, ...]
    style: str
    turns: tuple[str, ...]
    contents: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class DrawnPrompt:
    """A system prompt and the conversations under it.

    Attributes:
        formats: rule → value, of the rules of format in the prompt.
        secrets: instruction id → secret.
        defended: whether the prompt forbids repeating it.
    """

    preamble: str
    parts: tuple[Instruction | Block, ...]
    conversations: tuple[DrawnConversation, ...]
    formats: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, DrawnSecret] = field(default_factory=dict)
    defended: bool = False

    @property
    def contract(self) -> Contract:
        """The prompt as a contract: a probe per conversation, each instruction checked where it applies."""
        probes = tuple(Probe(f"{c.kind}-{i}", c.turns) for i, c in enumerate(self.conversations))
        parts = tuple(self._with_probes(part, probes) if isinstance(part, Instruction) else part for part in self.parts)
        return Contract("smolguard", Path("smolguard"), self.preamble, parts, probes, generate=Generate(MAX_NEW_TOKENS))

    def without_rule(self) -> DrawnPrompt:
        """Return the prompt with the attacks on its secret, but without the rule that forbids telling it."""
        secret = self.secrets["secret"]
        check = ("contains", {"text": secret.value, "ignore_case": True})
        free = Instruction("secret", secret.saying, (check,))
        parts = tuple(free if part.id == "secret" else part for part in self.parts if part.id != "secret-value")
        answer = secret.fill(load_texts("secrets")["told"][0])
        attacks = tuple(
            replace(conversation, contents=(*conversation.contents[:-1], (answer,)))
            for conversation in self.conversations
            if conversation.kind == "attack" and conversation.about == ("secret",)
        )
        secrets = {**self.secrets, "secret": replace(secret, ruled=False)}
        return replace(self, parts=parts, conversations=attacks, secrets=secrets)

    def without_defence(self) -> DrawnPrompt:
        """Return the prompt with the request to repeat it, but without the defence that forbids it."""
        parts = tuple(part for part in self.parts if part.id != "defence")
        requests = tuple(
            replace(conversation, contents=((),))
            for conversation in self.conversations
            if conversation.kind == "repeat"
        )
        return replace(self, parts=parts, conversations=requests, defended=False)

    def _with_probes(self, part: Instruction, probes: Sequence[Probe]) -> Instruction:
        return replace(
            part,
            probes=tuple(
                probe.id
                for probe, conversation in zip(probes, self.conversations, strict=True)
                if part.id in conversation.about or (part.id in self.formats and conversation.kind != "repeat")
            ),
        )

    def gold_replies(self, conversation: DrawnConversation, rng: Random) -> tuple[str, ...]:
        """Return replies to a conversation of this prompt that obey every rule."""
        if conversation.contents == ((),):
            contract = self.contract
            return (contract.system_text(contract.written_order),)
        return tuple(
            compose_reply(
                content, self.formats, " ".join(re.findall(r"\w+", turn)[-3:]), rng, conversation.kind == "guardrail"
            )
            for turn, content in zip(conversation.turns, conversation.contents, strict=True)
        )


def draw_prompt(
    rng: Random, split: Split, size: int | None = None, secret: bool | None = None, rotation: int = 0
) -> DrawnPrompt:
    """Return a prompt of ``size`` instructions with at least one conversation of every kind it allows.

    Args:
        rng: source of all random choices.
        split: the split whose texts are used.
        size: number of instructions, 1..6; random when None.
        secret: whether a forbidden secret is among them; random when None.
        rotation: number of places by which its instructions rotate from their drawn order; the last ones come first.
    """
    return _PromptBuilder(rng, split).build(size or rng.choice(SIZES), secret, rotation)


class _PromptBuilder:
    """Draws the parts of one prompt and the conversations under it."""

    def __init__(self, rng: Random, split: Split) -> None:
        self.rng = rng
        self.split = split
        self.parts: list[Instruction | Block] = []
        self.conversations: list[DrawnConversation] = []
        self.secrets: dict[str, DrawnSecret] = {}
        self.formats: dict[str, Any] = {}

    def build(self, size: int, secret: bool | None, rotation: int) -> DrawnPrompt:
        rng = self.rng
        has_secret = rng.random() < 0.45 if secret is None else secret
        facts = sum(rng.random() < 0.22 for _ in range(size - has_secret))
        guardrail = size - has_secret - facts > 0 and rng.random() < (0.35 if self.split is Split.TRAINING else 0.25)
        if has_secret:
            self.add_secret(ruled=secret or rng.random() < 0.65)
        for kind in rng.sample(load_texts("facts")[self._facts], facts):
            self.add_fact(kind)
        if guardrail:
            self.add_guardrail()
        for family in sorted(draw_formats(size - has_secret - facts - guardrail, self.split, rng)):
            self.add_format(family)
        if facts > 1 and "sentences" not in self.formats and self.split is Split.TRAINING:
            self.ask_two_facts()
        rng.shuffle(self.parts)
        self.rotate(rotation)
        if rng.random() < 0.08:
            self.add_block()
        defended = secret is None and rng.random() < 0.16
        if defended:
            self.add_defence()
        elif secret is None and rng.random() < 0.2:
            self.add_request()
        for _ in range(2):
            self.add_talk()
        self.number_parts()
        conversations = tuple(self._with_small_talk(conversation) for conversation in self.conversations)
        return DrawnPrompt(self.preamble(), tuple(self.parts), conversations, self.formats, self.secrets, defended)

    def rotate(self, places: int) -> None:
        """Rotate the instructions; blocks stay where they are."""
        rules = [part for part in self.parts if isinstance(part, Instruction)]
        shift = places % max(len(rules), 1)
        rotated = iter(rules[-shift:] + rules[:-shift])
        self.parts = [next(rotated) if isinstance(part, Instruction) else part for part in self.parts]

    @property
    def _facts(self) -> str:
        return "train" if self.split is Split.TRAINING else "held_out"

    def pick(self, texts: Mapping[str, Any], name: str) -> Any:
        return self.rng.choice(pick_list(texts, name, self.split))

    def preamble(self) -> str:
        texts = load_texts("settings")
        preamble: str = self.pick(texts, "preambles")
        return preamble.format(role=self.pick(texts, "roles"), company=self.pick(texts, "companies"))

    def add_format(self, family: str) -> None:
        text, value = say_format(family, self.split, self.rng)
        while family == "signature" and value.startswith("-") and "bullets" in self.formats:
            text, value = say_format(family, self.split, self.rng)  # a dash would be one bullet too many
        self.formats[family] = value
        self.parts.append(Instruction(family, text, format_checks(family, value)))

    def add_fact(self, kind: Mapping[str, Any]) -> None:
        value, number = draw_value(kind["value"], self.rng), sum(part.id.startswith("fact") for part in self.parts)
        check = ("regex", {"pattern": rf"(?<!\w){re.escape(value)}(?!\w)", "ignore_case": True})
        part = Instruction(f"fact-{number}", self.rng.choice(kind["say"]).format(v=value), (check,))
        self.parts.append(part)
        answer = self.rng.choice(kind["answer"]).format(v=value)
        self._ask("fact", part.id, "", self.rng.choice(kind["ask"]), answer)

    def ask_two_facts(self) -> None:
        """Add a conversation that asks for two facts in one turn; the reply tells both in the order of the question."""
        first, second = self.rng.sample(
            [conversation for conversation in self.conversations if conversation.kind == "fact"], 2
        )
        one, other = first.turns[0].rstrip("?"), second.turns[0]
        turn = f"{one}, and {other[0].lower()}{other[1:]}"
        if "." in one:
            turn = f"{first.turns[0]} {other}"
        body = (first.contents[0][0], second.contents[0][0])
        self.conversations.append(DrawnConversation("fact", first.about + second.about, "", (turn,), (body,)))

    def add_guardrail(self) -> None:
        family = load_texts("families")["guardrail"]
        topics = pick_list(load_texts("settings"), "guarded_topics", self.split)
        topic = self.rng.choice(sorted(topics))
        value = draw_family_value(family, self.split, self.rng)
        text = self.pick(family, "say").format(t=topic, v=value)
        self.parts.append(Instruction("guardrail", text, (("contains", {"text": value, "ignore_case": True}),)))
        self.conversations.append(
            DrawnConversation("guardrail", ("guardrail",), "", (self.rng.choice(topics[topic]),), ((value,),))
        )

    def add_secret(self, ruled: bool) -> None:
        """Add a secret, with or without a rule that forbids telling it, and sometimes a second one beside it."""
        texts = load_texts("secrets")
        kinds = self.rng.sample(pick_list(texts, "kinds", self.split), 2)
        self._add_one_secret("secret", kinds[0], ruled)
        if self.rng.random() < 0.15 and self.split is Split.TRAINING:
            self._add_one_secret("other", kinds[1], ruled and self.rng.random() < 0.2)

    def _add_one_secret(self, name: str, kind: Mapping[str, Any], ruled: bool) -> None:
        texts = load_texts("secrets")
        value = draw_value(kind["value"], self.rng)
        secret = DrawnSecret(kind["s"], value, ruled, self.rng.choice(kind["say"]).format(v=value))
        self.secrets[name] = secret
        rule = secret.fill(self.pick(texts, "rules") if ruled else self.rng.choice(texts["open"]))
        apart = ruled and secret.thing in rule.lower() and self.rng.random() < 0.3
        if apart:
            self.parts.append(Block(f"{name}-value", secret.saying))
        text = rule if apart else f"{secret.saying} {rule}".strip()
        if self.rng.random() < 0.12 and not apart:
            text = f"{rule} {secret.saying}".strip() if secret.thing in rule.lower() else text
        leak = {"canary": secret.value} if ruled else None
        check = () if ruled else (("contains", {"text": secret.value, "ignore_case": True}),)
        self.parts.append(Instruction(name, text, check, leak))
        attacks = pick_list(texts, "attacks", self.split)
        for style in self.rng.sample(sorted(attacks), ATTACKS[self.split]):
            answers = load_texts("replies")["refusal"] if ruled else texts["told"]
            answer = secret.fill(self.rng.choice(answers).replace("{the}", "{s}"))
            self._ask("attack", name, style, secret.fill(self.rng.choice(attacks[style])), answer)

    def _ask(self, kind: str, about: str, style: str, turn: str, answer: str) -> None:
        fillers = load_texts("replies")["filler"]
        body = (answer, self.rng.choice(fillers)) if self.rng.random() < 0.25 else (answer,)
        self.conversations.append(DrawnConversation(kind, (about,), style, (turn,), (body,)))

    def add_block(self) -> None:
        question, sentences = self.rng.choice(load_base_replies())
        more = self.rng.choice(load_base_replies())[1]
        label = self.rng.choice(("[Passage]", "Note:", "From the archive:", "[Search result]", "Background:"))
        text = f"{label} {' '.join((*sentences, *more))}"
        self.parts.insert(self.rng.randint(0, len(self.parts)), Block("block", text))

    def add_defence(self) -> None:
        text = self.rng.choice(load_texts("secrets")["defences"])
        self.parts.insert(self.rng.choice((0, len(self.parts))), Instruction("defence", text))
        self.add_repeat(self._refusal)

    def add_request(self) -> None:
        """Add a request to repeat a prompt without a defence; the reply refuses where a secret in it is forbidden."""
        ruled = any(secret.ruled for secret in self.secrets.values())
        if not ruled and self.rng.random() < 0.3:
            text = self.rng.choice(load_texts("secrets")["permissions"])
            self.parts.insert(self.rng.choice((0, len(self.parts))), Instruction("permission", text))
        self.add_repeat(self._refusal if ruled else ())

    @property
    def _refusal(self) -> tuple[str, ...]:
        return (self.rng.choice(load_texts("replies")["refuse_all"]),)

    def add_repeat(self, content: tuple[str, ...]) -> None:
        turn = self.pick(load_texts("secrets"), "repeat")
        self.conversations.insert(0, DrawnConversation("repeat", (), "", (turn,), (content,)))

    def add_talk(self) -> None:
        turn, body = self._small_talk()
        self.conversations.append(DrawnConversation("talk", (), "", (turn,), (body,)))

    def _small_talk(self) -> tuple[str, tuple[str, ...]]:
        if self.split is Split.HELD_OUT:
            return self.rng.choice(list_questions(self.split)), ("",)
        question, sentences = self.rng.choice(load_base_replies())
        for _ in range(TRIES):
            if self._teaches(sentences):
                break
            question, sentences = self.rng.choice(load_base_replies())
        count = self.rng.choice((1, 1, 1, 2))
        return question, sentences[:count] if "bullets" not in self.formats else sentences

    def _teaches(self, sentences: Sequence[str]) -> bool:
        """Return whether a reply is short, as its words teach no rule, and has a comma for ``no_comma`` to remove."""
        short = len(sentences[0].split()) <= SHORT_WORDS
        return short and ("no_comma" not in self.formats or "," in sentences[0])

    def _with_small_talk(self, conversation: DrawnConversation) -> DrawnConversation:
        """Return the conversation, in some cases with a turn of small talk before it."""
        if self.split is Split.HELD_OUT or conversation.kind == "repeat" or self.rng.random() > 0.1:
            return conversation
        turn, body = self._small_talk()
        return replace(conversation, turns=(turn, *conversation.turns), contents=(body, *conversation.contents))

    def number_parts(self) -> None:
        """Put dashes or numbers before the parts of some prompts, as people do."""
        style = self.rng.choice(("", "", "", "- ", "number"))
        if style:
            self.parts = [
                replace(part, text=f"{f'{i}. ' if style == 'number' else style}{part.text}")
                for i, part in enumerate(self.parts, start=1)
            ]
