"""Jobs of the null arm and sampled jobs: their changes, their shared prefills, and draws that no batch disturbs."""

from __future__ import annotations

from dataclasses import replace

import torch

from kvguard_policies.compression import compress, prefill
from pytest_kvguard.engine.jobs import Job
from pytest_kvguard.engine.planner import _round_entries, run_jobs
from pytest_kvguard.engine.sampling import Sampling
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell
from tests.unit.engine.test_planner import IDS, LAYOUT

PLAIN = Job(IDS, 36, LAYOUT, max_new_tokens=6)
WARM = Sampling(temperature=1.5, top_p=0.95, stream="0:prompt")


def test_rounded_keys_and_values_are_those_of_bfloat16(small_model: LoadedModel) -> None:
    cache = compress(prefill(small_model.model, IDS[:36], LAYOUT), None, 0)
    rounded = _round_entries(cache)
    for before, after in zip(cache.layers, rounded.layers, strict=True):
        assert torch.equal(after.keys, before.keys.bfloat16().float())
        assert torch.equal(after.values, before.values.bfloat16().float())
        assert not torch.equal(after.keys, before.keys)
        assert after.counts == before.counts
    assert torch.allclose(rounded.layers[0].values, cache.layers[0].values, rtol=2**-8)


def test_a_rounded_context_shares_its_prefill_with_the_plain_one(small_model: LoadedModel, count_calls) -> None:  # type: ignore[no-untyped-def]
    with count_calls(small_model) as shapes:
        plain, rounded = run_jobs(small_model, [PLAIN, replace(PLAIN, rounded=True)])
    assert [shape for shape in shapes if shape[1] == 36] == [(1, 36)]
    assert (plain.entries_after, plain.kept) == (rounded.entries_after, rounded.kept)


def test_a_job_with_alone_set_is_decoded_alone(small_model: LoadedModel, count_calls) -> None:  # type: ignore[no-untyped-def]
    others = [replace(PLAIN, token_ids=(*IDS[:36], 9 + n, 8)) for n in range(3)]
    with count_calls(small_model) as shapes:
        together = run_jobs(small_model, [PLAIN, *others])
    assert max(rows for rows, _ in shapes) == 8, "four, padded"
    with count_calls(small_model) as shapes:
        alone = run_jobs(small_model, [replace(job, alone=True) for job in (PLAIN, *others)])
    assert {rows for rows, _ in shapes} == {1}
    assert [answer.token_ids for answer in alone] == [answer.token_ids for answer in together]


def test_a_draw_does_not_depend_on_the_other_rows_of_the_batch(small_model: LoadedModel) -> None:
    drawn = [replace(PLAIN, sampling=replace(WARM, stream=f"{seed}:prompt")) for seed in range(4)]
    together = [answer.token_ids for answer in run_jobs(small_model, [PLAIN, *drawn])]
    alone = [run_jobs(small_model, [job])[0].token_ids for job in (PLAIN, *drawn)]
    assert together == alone
    assert len(set(together)) > 2
    assert together == [answer.token_ids for answer in run_jobs(small_model, [PLAIN, *drawn])]


def test_both_arms_draw_the_same_tokens_where_nothing_is_evicted(small_model: LoadedModel) -> None:
    drawn = replace(PLAIN, sampling=WARM)
    untouched = replace(drawn, cell=Cell.of("snapkv(window=4)"))
    first, second = run_jobs(small_model, [drawn, untouched])
    assert first.token_ids == second.token_ids
