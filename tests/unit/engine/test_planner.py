"""Jobs: nothing is computed twice, a job that cannot run is an error, and results are reported as measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from transformers import AttentionInterface
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from kvguard_policies import LayerRecord, Layout, Policy, PolicyError, Scores, compression
from pytest_kvguard.engine import decode, planner
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import run_jobs, try_jobs
from pytest_kvguard.engine.room import Room
from pytest_kvguard.engine.row import Row
from pytest_kvguard.engine.ties import safe_call_size
from pytest_kvguard.errors import InactivePolicyError, PromptError, UsageError
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell
from tests.models import random_ids, random_model

IDS = tuple(random_ids(40))
LAYOUT = Layout(36, groups=(((4, 12),), ((20, 24), (26, 30))), forced=((5, 8),))
SNAPKV = "snapkv(window=4)"
JOB = Job(IDS, 36, LAYOUT, Cell.of(SNAPKV, "0.5"), max_new_tokens=6)
PLAIN = replace(JOB, cell=Cell())


def under(policy: str, ratio: str = "0.5", **changes: Any) -> Job:
    """Return the usual job under another policy or ratio."""
    return replace(JOB, cell=Cell.of(policy, ratio), **changes)


def test_identical_jobs_run_once_and_each_gets_its_answer(small_model: LoadedModel, count_calls) -> None:  # type: ignore[no-untyped-def]
    with count_calls(small_model) as once:
        [alone] = run_jobs(small_model, [JOB])
    with count_calls(small_model) as thrice:
        answers = run_jobs(small_model, [JOB, JOB, replace(JOB)])
    assert thrice == once
    assert [answer.token_ids for answer in answers] == [alone.token_ids] * 3


def test_every_distinct_job_is_reported_as_soon_as_it_is_done(small_model: LoadedModel) -> None:
    reported: list[Job] = []
    spoilt = under("snapkv(window=4, kernel=-1)")
    others = [under(SNAPKV, "0.75"), PLAIN]

    def take(job: Job, generation: Generation) -> None:
        reported.append(job)
        if len(reported) == 2:
            raise KeyboardInterrupt  # jobs that were reported before are not lost

    with pytest.raises(KeyboardInterrupt):
        try_jobs(small_model, [JOB, JOB, spoilt, *others], on_generated=take)
    assert len(reported) == len(set(reported)) == 2 and spoilt not in reported
    reported.clear()
    outcomes = try_jobs(small_model, [JOB, JOB, spoilt], on_generated=lambda job, generation: reported.append(job))
    assert reported == [JOB]
    assert isinstance(outcomes[2], Exception)


def test_a_context_is_prefilled_once_for_all_policies_ratios_and_questions(
    small_model: LoadedModel, count_calls
) -> None:  # type: ignore[no-untyped-def]
    other = replace(JOB, token_ids=(*IDS[:36], 9, 8))
    jobs = [PLAIN, JOB, under(SNAPKV, "0.75"), under("fair(h2o)"), other]
    jobs.append(replace(JOB, cell=Cell.of(SNAPKV, "0.5", "eager")))
    run_jobs(small_model, jobs)  # tries out batch invariance, once per model and kernel
    with count_calls(small_model) as shapes:
        run_jobs(small_model, jobs)
    assert [shape for shape in shapes if shape[1] == 36] == [(1, 36)] * 2, "once per kernel"
    fed = [rows for rows, tokens in shapes if tokens == 4]
    assert len(fed) == 2 and max(fed) >= 5, "the questions are fed in one batch per kernel, padded on the right"


@pytest.mark.parametrize(("timed", "read"), [(False, 36 + 3 * 20), (True, 4 * 36)])
def test_a_shared_prefix_is_prefilled_once_for_all_contexts(
    small_model: LoadedModel,
    count_calls,  # type: ignore[no-untyped-def]
    monkeypatch: pytest.MonkeyPatch,
    timed: bool,
    read: int,
) -> None:
    monkeypatch.setattr(compression, "MIN_PREFIX_TOKENS", 16)
    monkeypatch.setattr(compression, "BOUNDARY_STEP", 4)
    monkeypatch.setattr(compression, "MIN_PREFIX_SHARE", 0)
    ends = [IDS[16:], *(tuple(random_ids(24, seed)) for seed in (5, 6, 7))]
    layout = Layout(36, groups=(((17, 24),), ((26, 30),)))
    jobs = [replace(JOB, token_ids=(*IDS[:16], *end), layout=layout, timed=timed) for end in ends]
    others = [replace(JOB, token_ids=tuple(random_ids(40, seed)), timed=timed) for seed in (8, 9)]
    mixed = [jobs[0], others[0], *jobs[1:3], others[1], jobs[3]]
    with count_calls(small_model) as shapes:
        replies = run_jobs(small_model, mixed)
    prefilled = [tokens for rows, tokens in shapes if rows == 1 and tokens > 1]
    assert sum(prefilled) == read + len(others) * 36
    assert [reply.token_ids for reply in replies] == [run_jobs(small_model, [job])[0].token_ids for job in mixed]


def test_sharing_a_prefill_changes_no_answer(small_model: LoadedModel) -> None:
    specs = ("knorm", "fair(h2o)", "keep(tova)", "expected_attention", "adakv(snapkv)")
    jobs = [PLAIN, *map(under, specs)]
    for job, shared in zip(jobs, run_jobs(small_model, jobs), strict=True):
        [alone] = run_jobs(small_model, [job])
        assert alone.token_ids == shared.token_ids
        assert (alone.entries_after, alone.bytes_after) == (shared.entries_after, shared.bytes_after)


def test_answers_come_in_the_order_of_the_jobs_whatever_the_batches(
    small_model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [
        replace(JOB, token_ids=IDS[:n], region_tokens=n - 3, max_new_tokens=m)
        for n, m in ((40, 2), (30, 9), (35, 4), (32, 6))
    ]
    expected = [answer.token_ids for answer in run_jobs(small_model, jobs)]
    assert [len(ids) for ids in expected] == [2, 9, 4, 6]
    for room in (Room(1, 1000), Room(3, 100)):
        for place in (planner, decode):
            monkeypatch.setattr(place, "room_for", lambda *_, room=room: room)
        assert [answer.token_ids for answer in run_jobs(small_model, jobs)] == expected


def test_entries_and_bytes_are_those_measured(small_model: LoadedModel) -> None:
    compressed, plain = run_jobs(small_model, [JOB, PLAIN])
    assert (compressed.entries_before, compressed.entries_after) == (2 * 2 * 36, 2 * 2 * 18)
    assert (compressed.bytes_before, compressed.bytes_after) == (144 * 16 * 8, 72 * 16 * 8)
    assert compressed.stopped == "length" and compressed.notes == ()
    assert (plain.entries_after, plain.bytes_after) == (plain.entries_before, plain.bytes_before)
    assert plain.kept is None


def test_keep_rates_count_tokens_and_heads_of_a_span(small_model: LoadedModel) -> None:
    [answer] = run_jobs(small_model, [under("streaming_llm")])
    assert answer.kept.keep_rates(((0, 4),)) == (1.0, 1.0)
    assert answer.kept.keep_rates(((0, 4), (18, 26))) == (8 / 12, 8 / 12)
    assert answer.kept.keep_rates(((4, 22),)) == (0.0, 0.0)


def test_notes_report_shrunk_windows_sliding_layers_and_held_budgets() -> None:
    sliding = LoadedModel("slides", random_model("gemma3-sliding"), None, frozenset(), 256)
    [answer] = run_jobs(sliding, [under("snapkv(window=64)", hold_budget=True)])
    assert answer.notes == (
        "2 of 4 layers slide (window 8) and are left alone",
        "snapkv: the window of 64 tokens shrank to the context's 36",
        "budget held while generating: 18 entries evicted over all layers",
    )


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"max_new_tokens": 300},
            PromptError,
            "The prompt has 40 tokens and up to 300 are generated: 340 in all, but small holds 256. Shorten the "
            "context or generate.max_new_tokens by 84.",
        ),
        (
            {"region_tokens": 40},
            PromptError,
            "No token is left to feed after compression. Leave at least the last token",
        ),
        (
            {"cell": Cell.of(SNAPKV, "0.5", "sdpaa")},
            UsageError,
            "Unknown attention kernel --kv-attn=sdpaa. Did you mean 'sdpa'? Known: ",
        ),
        (
            {"token_ids": IDS[:3], "region_tokens": 1, "layout": Layout(1), "cell": Cell.of("knorm", "0.5")},
            InactivePolicyError,
            "--kv-policy=knorm --ratio=0.5 removed nothing: the compressed region has 1 tokens, and all of them fit",
        ),
        ({"cell": Cell.of("keep(knorm)", "0.95")}, PolicyError, "keep(...) protects 3 tokens, but head 0 may keep"),
        ({"cell": Cell.of("keep(knorm)", "0.5"), "layout": Layout(36)}, PolicyError, "keep(knorm) protects nothing"),
        (
            {"cell": Cell.of("adakv", "0.5"), "hold_budget": True},
            PolicyError,
            "adakv(snapkv) cannot hold a budget while generating",
        ),
        (
            {"region_tokens": 0},
            PromptError,
            "No token precedes the tokens to be fed, so there is no context. Give the context at least one token.",
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_a_job_that_cannot_run_is_an_error_and_stops_no_other(
    small_model: LoadedModel, change: dict, error: type[Exception], message: str
) -> None:
    outcomes = try_jobs(small_model, [PLAIN, replace(JOB, **change)])
    assert outcomes[0].token_ids == run_jobs(small_model, [PLAIN])[0].token_ids
    assert isinstance(outcomes[1], error) and str(outcomes[1]).startswith(message)
    with pytest.raises(error):
        run_jobs(small_model, [replace(JOB, **change)])


def test_every_question_about_a_context_in_which_nothing_changed_is_refused(small_model: LoadedModel) -> None:
    one_token: dict[str, Any] = {"region_tokens": 1, "layout": Layout(1)}
    questions = [under("knorm", token_ids=(IDS[0], *asked), **one_token) for asked in (IDS[1:3], IDS[3:5])]
    first, second, plain = try_jobs(small_model, [*questions, PLAIN])
    assert isinstance(first, InactivePolicyError) and isinstance(second, InactivePolicyError)
    assert isinstance(plain, Generation)


def test_a_model_whose_layers_all_slide_cannot_be_compressed(small_model: LoadedModel) -> None:
    model = random_model("gemma3-sliding")
    for layer in model.model.layers:
        layer.self_attn.sliding_window = 8
    with pytest.raises(
        InactivePolicyError,
        match="attends through a window, of 8 tokens at most, and prompt and reply may have 45.* by 37",
    ):
        run_jobs(LoadedModel("slides", model, None, frozenset(), 256), [JOB])


@pytest.mark.parametrize("others", [("fair(snapkv)", "h2o"), ("none", "keydiff")])
def test_rows_that_hold_a_budget_share_a_context_with_rows_that_do_not(small_model: LoadedModel, others) -> None:  # type: ignore[no-untyped-def]
    held = under("h2o", hold_budget=True)
    jobs = [held, *map(under, others)]
    for job, answer in zip(jobs, run_jobs(small_model, jobs), strict=True):
        assert answer.token_ids == run_jobs(small_model, [job])[0].token_ids


def test_rows_that_hold_a_budget_may_be_fed_different_numbers_of_tokens(small_model: LoadedModel) -> None:
    jobs = [under("tova", hold_budget=True, token_ids=IDS[: 36 + fed]) for fed in (1, 4, 2)]
    for job, answer in zip(jobs, run_jobs(small_model, jobs), strict=True):
        assert answer.token_ids == run_jobs(small_model, [job])[0].token_ids
        assert f"{2 * (len(job.fed) + 5)} entries evicted" in answer.notes[-1]


def test_progress_runs_from_none_to_all_of_the_jobs(small_model: LoadedModel) -> None:
    reports: list[tuple[str, int, int]] = []
    run_jobs(small_model, [JOB, PLAIN], lambda *report: reports.append(report))
    assert reports == [("prefill", 0, 1), ("decode", 0, 2), ("decode", 1, 2), ("decode", 2, 2)]


def test_a_job_compresses_only_with_a_policy_and_a_ratio_above_zero() -> None:
    assert JOB.compresses
    assert not PLAIN.compresses and not under(SNAPKV, "0").compresses and not under("none", "0.5").compresses
    assert JOB.region + JOB.fed == IDS


def test_a_kernel_that_the_user_registered_runs(small_model: LoadedModel) -> None:
    calls: list[int] = []

    def counted(*args, **options):  # type: ignore[no-untyped-def]
        calls.append(args[1].shape[2])
        return ALL_ATTENTION_FUNCTIONS["sdpa"](*args, **options)

    AttentionInterface.register("counted", counted)
    try:
        safe_call_size(small_model.model, "counted")
        calls.clear()
        own, sdpa = run_jobs(small_model, [replace(JOB, cell=Cell.of(SNAPKV, "0.5", "counted")), JOB])
    finally:
        del ALL_ATTENTION_FUNCTIONS._global_mapping["counted"]
    assert own.token_ids == sdpa.token_ids
    assert calls == [36] * 2 + [4] * 2 + [1] * 2 * 6, "prefill, padded question and six steps, in two layers"


class Upset(Policy):
    """Cannot score."""

    def score(self, layer: LayerRecord) -> Scores:
        raise PolicyError("no idea what these are worth. Ask another policy.")


def test_an_error_in_a_policy_stops_no_other_job_and_leaves_the_model_unchanged(small_model: LoadedModel) -> None:
    broken = under(Upset().spec)
    outcomes = try_jobs(small_model, [JOB, broken, PLAIN, broken])
    assert [type(outcome) for outcome in outcomes] == [Generation, PolicyError, Generation, PolicyError]
    for job, outcome in ((JOB, outcomes[0]), (PLAIN, outcomes[2])):
        assert outcome.token_ids == run_jobs(small_model, [job])[0].token_ids
    assert small_model.model.config._attn_implementation == "sdpa"


def test_a_timed_job_reports_its_seconds_and_shares_a_batch_with_its_own_cell_alone(
    small_model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [replace(job, timed=True) for job in (PLAIN, JOB, replace(JOB, token_ids=(*IDS[:36], 9, 8)))]
    rows, join = [], decode.Batch.join

    def joining(batch: decode.Batch, joined: list[Row]) -> None:
        rows.append(len(joined))
        join(batch, joined)

    monkeypatch.setattr(decode.Batch, "join", joining)
    timed = run_jobs(small_model, jobs)
    assert sorted(filter(None, rows)) == [1, 2], "the uncompressed row is fed apart from the two compressed ones"
    assert [reply.token_ids for reply in timed] == [reply.token_ids for reply in run_jobs(small_model, jobs)]
    seconds = [reply.seconds for reply in timed]
    assert all(spent is not None and min(spent.prefill, spent.decode) > 0 for spent in seconds)
    assert len({spent.prefill for spent in seconds if spent}) == 1, "the context is prefilled once"
    assert run_jobs(small_model, [JOB])[0].seconds is None
