"""A replica refuses a model that no contract can run on before it reads the weights; that needs no cluster."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_kvguard.backends.ray.replica import Replica, ReplicaFacts
from pytest_kvguard.errors import ModelError
from pytest_kvguard.models.load_model import ModelOptions
from tests.tiny_model import save_tiny_model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model without weights: to read them would be another error."""
    folder = save_tiny_model(tmp_path / "model")
    for path in folder.glob("*.safetensors"):
        path.unlink()
    return folder


def test_a_model_without_a_chat_template_is_one_error_before_its_weights_are_read(model: Path) -> None:
    (model / "chat_template.jinja").unlink()
    facts = Replica(ModelOptions(str(model)), [], ["sdpa"]).facts()
    assert isinstance(facts, ModelError)
    assert "cannot run any contract: the tokenizer" in str(facts) and "has no chat template" in str(facts)


def test_so_is_a_model_of_an_unsupported_family(model: Path) -> None:
    (model / "config.json").write_text(json.dumps({"model_type": "mamba", "architectures": ["MambaForCausalLM"]}))
    facts = Replica(ModelOptions(str(model)), [], ["sdpa"]).facts()
    assert isinstance(facts, ModelError)
    assert "cannot run any contract: the family 'mamba' has no attention" in str(facts)


def test_a_model_that_runs_contracts_is_loaded(tmp_path: Path) -> None:
    model = save_tiny_model(tmp_path / "model")
    assert isinstance(Replica(ModelOptions(str(model)), [], ["sdpa"]).facts(), ReplicaFacts)
