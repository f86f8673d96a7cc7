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


@pytest.mark.parametrize(
    "family", ["BloomConfig", "GPTJConfig", "FalconConfig", "MptConfig", "FuyuConfig", "LongcatFlashConfig"]
)
def test_families_with_attention_code_of_their_own_are_not_refused_by_name(family: str) -> None:
    require_supported_family("a-model", getattr(transformers, family)())


@pytest.mark.parametrize(
    ("family", "obstacle"),
    [
        ("RwkvConfig", "reads the whole context again for every token or carries it on in a form of its own"),
        ("OpenAIGPTConfig", "reads the whole context again for every token or carries it on in a form of its own"),
        ("MambaConfig", "has no attention"),
    ],
)
def test_a_refusal_says_what_the_family_does(family: str, obstacle: str) -> None:
    name = getattr(transformers, family).model_type
    with pytest.raises(ModelError) as raised:
        require_supported_family("mine", getattr(transformers, family)())
    said = f"--kv-model=mine cannot run any contract: the family {name!r} {obstacle}, so there is no KV cache"
    assert str(raised.value).startswith(said) and "\n" not in str(raised.value)
