"""Layers that attend to an image hold nothing in a conversation of text; the others are compressed."""

from __future__ import annotations

from fractions import Fraction

from benchmarks.tiny_models import tiny_model
from kvguard_policies.compression import compress, prefill
from kvguard_policies.spec import load
from pytest_kvguard.engine.self_check import check_model
from tests.families import loaded


def test_a_model_with_layers_for_images_runs_on_text() -> None:
    model = tiny_model("MllamaConfig")
    assert model.config.get_text_config().cross_attention_layers == [1]
    assert check_model(loaded(model), "sdpa").problem == ""
    half = compress(prefill(model, list(range(20, 60))), load("knorm"), Fraction(1, 2))
    assert [layer.counts for layer in half.layers] == [(20, 20), (), (20, 20)]
