"""Which families are refused before their weights are read."""

from __future__ import annotations

import pytest
import transformers

from pytest_kvguard.errors import ModelError
from pytest_kvguard.models.fitness import require_supported_family
from tests.hybrids import HYBRIDS


@pytest.mark.parametrize("name", [name for name, (config, _) in HYBRIDS.items() if hasattr(transformers, config)])
def test_hybrids_attend_through_the_registry_whether_they_say_so_or_not(name: str) -> None:
    require_supported_family(name, getattr(transformers, HYBRIDS[name][0])())


@pytest.mark.parametrize("family", ["MambaConfig", "RwkvConfig"])
def test_families_without_attention_are_refused(family: str) -> None:
    with pytest.raises(ModelError, match="is not supported, since .* Use one of the"):
        require_supported_family("a-model", getattr(transformers, family)())


@pytest.mark.parametrize(
    ("family", "obstacle"),
    [
        ("BloomConfig", "attention in code of its own"),
        ("GPTJConfig", "attention in code of its own"),
        ("FalconConfig", "attention in code of its own"),
        ("MptConfig", "attention in code of its own"),
        ("RwkvConfig", "attention in code of its own"),
        ("MambaConfig", "has no attention, so there is no KV cache"),
    ],
)
def test_a_refusal_says_what_the_family_does(family: str, obstacle: str) -> None:
    with pytest.raises(
        ModelError, match=f"^--kv-model=mine cannot run any contract: the family .*({obstacle})"
    ) as raised:
        require_supported_family("mine", getattr(transformers, family)())
    assert "\n" not in str(raised.value)
