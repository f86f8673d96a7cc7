"""Presses of kvpress, unmodified: same replies as kvpress, attended entries measured, side effects undone."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from fractions import Fraction
from typing import Any

import pytest
import torch
from transformers import DynamicCache, PreTrainedModel

from kvguard_policies import Layout, PolicyError, cache_argument, load
from kvguard_policies.presses.containment import import_kvpress
from kvguard_policies.spec import PolicySpec, SpecError
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import run_jobs, try_jobs
from pytest_kvguard.errors import InactivePolicyError
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell
from tests.models import random_ids, random_model

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("kvpress") is None, reason="kvpress needs transformers < 5.3; see `make compatibility`"
)

TOKENS, REPLY = 80, 8
LAYOUT = Layout(TOKENS, (((8, 20),), ((24, 40),)), ((10, 14),))
ENTRIES = 2 * 2 * TOKENS


@pytest.fixture
def model() -> LoadedModel:
    model = random_model("llama-two-kv-heads-of-three")
    return LoadedModel("random", model, None, frozenset({2}), 4096)  # type: ignore[arg-type]


def job(spec: str, ratio: str = "0.5") -> Job:
    cell = Cell.of(load(spec).spec, ratio)
    return Job(tuple(random_ids(TOKENS + 10)), TOKENS, LAYOUT, cell, max_new_tokens=REPLY)


def run(model: LoadedModel, spec: str, ratio: str = "0.5") -> Generation:
    return run_jobs(model, [job(spec, ratio)])[0]


@torch.no_grad()
def by_hand(model: PreTrainedModel, press: Any, start: int | None = None) -> list[int]:
    """Return the reply as kvpress's own pipeline makes it."""
    ids, cache = random_ids(TOKENS + 10), DynamicCache()
    with press(model):
        model.model(input_ids=torch.tensor([ids[:TOKENS]]), **cache_argument(model.model, cache))
    position = TOKENS if start is None else start
    fed, reply = ids[TOKENS:], []
    for _ in range(REPLY):
        positions = torch.arange(position, position + len(fed))[None]
        logits = model(torch.tensor([fed]), **cache_argument(model, cache), position_ids=positions).logits
        position += len(fed)
        fed = [int(logits[0, -1].argmax())]
        reply += fed
    return reply


def test_replies_are_those_of_kvpress(model: LoadedModel) -> None:
    kvpress = import_kvpress()

    generation = run(model, "kvpress:SnapKVPress(window_size=16)")
    assert list(generation.token_ids) == by_hand(
        random_model("llama-two-kv-heads-of-three"), kvpress.SnapKVPress(0.5, 16)
    )
    assert (generation.entries_before, generation.entries_after, generation.bytes_after * 2) == (
        ENTRIES,
        ENTRIES // 2,
        generation.bytes_before,
    )


def test_positions_continue_after_the_kept_entries_under_a_press_that_rerotates_keys(model: LoadedModel) -> None:
    kvpress = import_kvpress()

    generation = run(model, "kvpress:KeyRerotationPress(KnormPress)")
    press = kvpress.KeyRerotationPress(kvpress.KnormPress(0.5))
    assert list(generation.token_ids) == by_hand(random_model("llama-two-kv-heads-of-three"), press, start=TOKENS // 2)
    assert generation.entries_after == ENTRIES // 2
    assert "kept keys are rotated to new positions, so they differ from those of the context" in generation.notes


def test_kept_positions_are_those_that_the_press_chose(model: LoadedModel) -> None:
    generation = run(model, "kvpress:StreamingLLMPress(n_sink=4)")
    assert generation.kept is not None
    expected = [*range(4), *range(TOKENS - 36, TOKENS)]
    assert all(kept.tolist() == expected for heads in generation.kept.positions for kept in heads)


def test_a_press_that_masks_is_measured_by_what_is_attended(model: LoadedModel) -> None:
    generation = try_jobs(model, [job("kvpress:AdaKVPress(KnormPress)")])[0]
    assert isinstance(generation, Generation), generation
    assert generation.entries_after == ENTRIES // 2 and generation.bytes_after == generation.bytes_before
    assert f"{ENTRIES // 2} of {ENTRIES} entries are held but masked, so bytes stay as they were" in generation.notes


def test_masks_are_seen_although_the_cache_keeps_its_length() -> None:
    policy, model = load("kvpress:AdaKVPress(KnormPress, alpha_safeguard=0)"), random_model("mistral")
    cache = policy.fill(model, torch.tensor([random_ids(TOKENS)]), Fraction(1, 2))
    attended = policy.attended(cache)
    assert all(layer.keys.shape[2] == TOKENS for layer in cache.layers)
    assert [int(mask.sum()) for mask in attended] == [TOKENS, TOKENS], "half of two heads"


def test_a_press_that_zeroes_channels_evicts_nothing_and_is_not_idle(model: LoadedModel) -> None:
    generation = run(model, "kvpress:ThinKPress(window_size=8)")
    assert generation.entries_after == generation.entries_before
    assert any(note.startswith("altered: keys of held entries are ") for note in generation.notes)


def test_a_decoding_press_evicts_while_the_reply_is_generated(model: LoadedModel) -> None:
    generation = run(model, "kvpress:DecodingPress(KnormPress, target_size=40, compression_interval=4)")
    assert generation.entries_after < ENTRIES // 2
    assert "the press's own options set the amount of compression, not --ratio" in generation.notes


def test_a_decoding_press_that_never_comes_to_its_turn_is_an_error(model: LoadedModel) -> None:
    with pytest.raises(InactivePolicyError, match="changed nothing: the cache holds all 320 entries"):
        run(model, "kvpress:DecodingPress(KnormPress)")


def test_layers_of_unequal_lengths_break_transformers_and_one_line_says_so(model: LoadedModel) -> None:
    outcome = try_jobs(model, [job("kvpress:PyramidKVPress(window_size=8)")])[0]
    assert isinstance(outcome, PolicyError)
    assert str(outcome).startswith(
        "kvpress:PyramidKVPress(window_size=8) broke while the model went on with its cache: RuntimeError: The size of "
        "tensor a ("
    )
    assert "\n" not in str(outcome)


@pytest.mark.parametrize(
    "spec",
    ["kvpress:SnapKVPress(window_size=16)", "kvpress:AdaKVPress(KnormPress)", "kvpress:PyramidKVPress(window_size=8)"],
)
def test_the_model_is_left_as_it_was_also_by_a_press_that_breaks(model: LoadedModel, spec: str) -> None:
    def state() -> list[Any]:
        return [
            (name, sorted(module.__dict__), len(module._forward_hooks)) for name, module in model.model.named_modules()
        ]

    before = state()
    try_jobs(model, [job(spec)])
    assert state() == before


def test_importing_and_running_presses_leaves_the_attention_functions_of_other_models_alone() -> None:
    code = (
        "from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS as known\n"
        "import kvguard_policies.attention\n"
        "before = dict(known.items())\n"
        "from kvguard_policies import load\n"
        "import sys\n"
        "load('kvpress:KnormPress')\n"
        "assert 'kvpress' in sys.modules\n"
        "assert dict(known.items()) == before, 'import'\n"
        "from kvguard_policies.presses.containment import head_masks\n"
        "with head_masks('sdpa'):\n"
        "    assert known['sdpa'] is not before['sdpa']\n"
        "assert dict(known.items()) == before, 'block'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("spec", ["keep(kvpress:SnapKVPress(window_size=8))", "fair(kvpress:KnormPress)"])
def test_our_modifiers_use_the_scores_of_a_scorer_press(model: LoadedModel, spec: str) -> None:
    generation = run(model, spec)
    assert generation.entries_after == ENTRIES // 2 and generation.kept is not None
    if spec.startswith("keep"):
        assert generation.kept.keep_rates(((10, 14),)) == (1.0, 1.0)
    else:
        rates = [generation.kept.keep_rates(group) for group in LAYOUT.groups]
        assert all(abs(rate - 0.5) < 0.05 for layer in rates for rate in layer)


def test_the_scores_of_a_press_are_those_our_own_policy_gives(model: LoadedModel) -> None:
    for ours, theirs in (("keep(knorm)", "keep(kvpress:KnormPress)"), ("fair(keydiff)", "fair(kvpress:KeyDiffPress)")):
        one, other = run(model, ours), run(model, theirs)
        assert one.kept is not None and other.kept is not None
        for mine, his in zip(one.kept.positions, other.kept.positions, strict=True):
            assert all(torch.equal(a, b) for a, b in zip(mine, his, strict=True))


@pytest.mark.parametrize(
    "spec",
    [
        "kvpress:SnapKVPress(window_size=16)",
        "kvpress:ComposedPress([KnormPress(compression_ratio=0.3), ThinKPress(key_channel_compression_ratio=0.2)])",
        "keep(kvpress:SnapKVPress(window_size=8))",
    ],
)
def test_a_spec_reads_back_as_it_is_written(spec: str) -> None:
    PolicySpec.read(spec)
    assert load(spec).spec == spec
    assert load("kvpress:AdaKVPress(kvpress:KnormPress)").spec == "kvpress:AdaKVPress(KnormPress)"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("kvpress:SnapPress", r"kvpress has no SnapPress\. Did you mean SnapKVPress\?"),
        ("kvpress:SnapKVPress(window=3)", r"refuses SnapKVPress: .*'window'\. Its options: .*window_size, kernel_size"),
        ("kvpress:AdaKVPress(ThinKPress)", r"refuses AdaKVPress: AdaKVPress requires a ScorerPress as input"),
        ("kvpress:SnapKVPress(0.5)", r"compression_ratio=0\.5 is written in .*, and --ratio sets it; leave it out"),
        ("keep(kvpress:ThinKPress)", r"kvpress:ThinKPress is no ScorerPress, .* e\.g\. kvpress:SnapKVPress"),
        ("kvpress:KnormPress(1 + 1)", r"'1 \+ 1' in kvpress:KnormPress\(1 \+ 1\) is neither a number"),
    ],
)
def test_a_wrong_spec_is_answered_with_a_right_one(spec: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load(spec)
