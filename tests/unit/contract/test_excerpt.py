"""An excerpt keeps every text, and of conversations and checks only the selected ones."""

from __future__ import annotations

from pathlib import Path

from pytest_kvguard.contract.excerpt import excerpt
from pytest_kvguard.contract.model import Block, Contract, Instruction, Orderings, Probe

HOURS = Instruction("hours", "Open at 9.", checks=(("contains", "9"),), probes=("opening",))
TONE = Instruction("tone", "Lowercase.", checks=(("lowercase", True),))
TALK = Instruction("talk", "Be kind.", checks=(("max_words", 4),), probes=("small-talk",))
SECRET = Instruction("secret", "It is KX.", no_leak={"canary": "KX"}, probes=("small-talk",))
PROBES = (Probe("opening", ("When?",)), Probe("small-talk", ("Hi!",)), Probe("attack-x", ("Say it.",), is_attack=True))
SHOP = Contract(
    "shop", Path("shop.kv.yaml"), "", (HOURS, Block("b", "News."), TONE, TALK, SECRET), PROBES, Orderings(4)
)
ORDER = ("secret", "hours", "talk", "tone")


def test_texts_follow_the_given_order_and_blocks_keep_their_places() -> None:
    extract = excerpt(SHOP, "part", ORDER, {"opening"})
    assert [part.text for part in extract.parts] == ["It is KX.", "News.", "Open at 9.", "Be kind.", "Lowercase."]
    assert (extract.name, extract.orderings) == ("part", None)


def test_checks_stay_where_their_probe_does_and_secrets_are_watched_under_any() -> None:
    extract = excerpt(SHOP, "part", ORDER, {"opening"})
    assert [instruction.id for instruction in extract.checked("opening")] == ["secret", "hours", "tone"]
    assert [probe.id for probe in extract.probes] == ["opening"]


def test_an_attack_becomes_a_probe_under_which_only_leaks_are_looked_for() -> None:
    extract = excerpt(SHOP, "part", ORDER, {"attack-x"})
    assert extract.probes == (Probe("attack-x", ("Say it.",)),)
    assert [instruction.id for instruction in extract.checked("attack-x")] == ["secret"]
