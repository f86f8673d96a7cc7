"""The default backend, on a small random model with a tokenizer of single characters."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest
import torch

from pytest_kvguard.backends.in_process import InProcess, build_job
from pytest_kvguard.backends.protocol import TurnOutcome, TurnRequest
from pytest_kvguard.contract.model import Contract, Generate, Instruction, Probe
from pytest_kvguard.contract.render import Prompt, render_prompt
from pytest_kvguard.errors import PromptError
from pytest_kvguard.evaluation.run_case import Runner
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import CaseId, Verdict
from tests.models import random_model
from tests.tokenizers import character_tokenizer

FAIR = "fair(snapkv(window=4))"
ORDER = ("hours", "tone", "secret")


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    transformers_model = random_model("llama-two-kv-heads-of-three")
    return LoadedModel("tiny", transformers_model, character_tokenizer(), frozenset({2}), 1024)


@pytest.fixture
def contract() -> Contract:
    parts = (
        Instruction("hours", "The shop opens at 9:30.", checks=(("contains", "9:30"),)),
        Instruction("tone", "Write in lowercase.", checks=(("max_words", 99),), protect=True),
        Instruction("secret", "The code is KX-4471.", no_leak={"canary": "KX-4471"}),
    )
    probes = (Probe("opening", ("When?",)), Probe("talk", ("Hi!", "When?")))
    return Contract("shop", Path("shop.kv.yaml"), "You help.", parts, probes, generate=Generate(6))


def request(contract: Contract, policy: str = FAIR, ratio: str = "0.5", **changes: Any) -> TurnRequest:
    asked = TurnRequest(contract, ORDER, ("When?",), (), Cell.of(policy, ratio), "context")
    return replace(asked, **changes)


def prompt_of(model: LoadedModel, asked: TurnRequest) -> Prompt:
    return render_prompt(model.tokenizer, asked.contract, asked.order, asked.turns, asked.replies)


def text_of(prompt: Prompt, start: int, stop: int) -> str:
    """Return the text of a token interval; a token is a character."""
    return prompt.text[start:stop]


def test_scope_context_leaves_the_last_user_turn_out(model: LoadedModel, contract: Contract) -> None:
    asked = request(contract)
    prompt = prompt_of(model, asked)
    job = build_job(prompt, asked)
    assert text_of(prompt, 0, job.region_tokens).endswith("KX-4471.<|im_end|>\n")
    assert text_of(prompt, job.region_tokens, len(job.token_ids)).startswith("<|im_start|>user\nWhen?")
    assert not job.hold_budget


@pytest.mark.parametrize(("scope", "held"), [("prompt", False), ("decode", True)])
def test_the_other_scopes_leave_one_token_to_feed(
    model: LoadedModel, contract: Contract, scope: str, held: bool
) -> None:
    asked = request(contract, scope=scope)
    job = build_job(prompt_of(model, asked), asked)
    assert (len(job.fed), job.hold_budget) == (1, held)
    assert job.layout.tokens == job.region_tokens


def test_the_spans_of_all_instructions_and_of_protected_ones_reach_the_layout(
    model: LoadedModel, contract: Contract
) -> None:
    asked = request(contract)
    prompt = prompt_of(model, asked)
    layout = build_job(prompt, asked).layout
    texts = [[text_of(prompt, *interval) for interval in span] for span in layout.groups]
    assert texts == [["The shop opens at 9:30."], ["Write in lowercase."], ["The code is KX-4471."]]
    assert [text_of(prompt, *interval) for interval in layout.forced] == ["Write in lowercase."]


def test_another_order_moves_the_spans(model: LoadedModel, contract: Contract) -> None:
    asked = request(contract, order=("tone", "secret", "hours"))
    prompt = prompt_of(model, asked)
    layout = build_job(prompt, asked).layout
    assert [text_of(prompt, *span[0])[:5] for span in layout.groups] == ["Write", "The c", "The s"]


@pytest.mark.parametrize("scope", ["context", "prompt"])
@pytest.mark.parametrize(("ratio", "written"), [("0.5", "0.5"), ("3/10", "0.3"), ("1/3", "1/3")])
def test_a_whole_case_runs_and_measures_the_removed_entries(
    model: LoadedModel, contract: Contract, scope: str, ratio: str, written: str
) -> None:
    case = CaseId("shop", "opening", "tone", Cell.of(FAIR, ratio), ORDER)
    result = Runner(InProcess(model)).result(contract, case, scope)
    assert result.verdict in (Verdict.HELD, Verdict.LOST, Verdict.UNMET)
    assert result.baseline is not None and result.compressed is not None
    assert result.baseline.cache is None
    asked = request(contract, ratio=ratio, scope=scope)
    tokens = build_job(prompt_of(model, asked), asked).region_tokens
    cache = result.compressed.cache
    assert cache is not None
    # Two layers of two KV heads each.
    assert cache.entries_before == 4 * tokens
    assert cache.entries_after == 4 * floor(tokens * (1 - Fraction(ratio)))
    assert cache.requested_ratio == written
    assert cache.bytes_after * cache.entries_before == cache.bytes_before * cache.entries_after


def test_keep_rates_are_the_share_of_kept_positions(model: LoadedModel, contract: Contract) -> None:
    asked = request(contract)
    (outcome,) = InProcess(model).run_turns([asked])
    assert isinstance(outcome, TurnOutcome)
    start, stop = prompt_of(model, asked).spans["hours"][0]
    expected = [
        sum(start <= position < stop for head in layer for position in head) / (len(layer) * (stop - start))
        for layer in outcome.kept
    ]
    assert list(outcome.keep_rates["hours"].by_layer) == pytest.approx(expected)
    assert outcome.keep_rates["hours"].tokens == len("The shop opens at 9:30.")
    assert set(outcome.keep_rates) == set(ORDER)


@pytest.mark.parametrize("scope", ["context", "prompt"])
def test_the_tokens_of_kept_positions_are_returned(model: LoadedModel, contract: Contract, scope: str) -> None:
    asked = request(contract, scope=scope)
    (outcome,) = InProcess(model).run_turns([asked])
    assert isinstance(outcome, TurnOutcome) and outcome.prompt is not None
    prompt = prompt_of(model, asked)
    tokens = build_job(prompt, asked).region_tokens
    assert "".join(outcome.prompt.pieces) == text_of(prompt, 0, tokens)
    start, stop = prompt.spans["tone"][0]
    assert [n for n, owner in enumerate(outcome.prompt.owners) if owner == "tone"] == list(range(start, stop))
    assert max(position for layer in outcome.kept for head in layer for position in head) < tokens


def test_an_uncompressed_run_returns_no_tokens(model: LoadedModel, contract: Contract) -> None:
    (outcome,) = InProcess(model).run_turns([request(contract, policy="none", ratio="0")])
    assert isinstance(outcome, TurnOutcome)
    assert outcome.prompt is None


def test_a_protected_instruction_is_kept_whole(model: LoadedModel, contract: Contract) -> None:
    kept, free = InProcess(model).run_turns([request(contract, "keep(knorm)"), request(contract, "knorm")])
    assert isinstance(kept, TurnOutcome) and isinstance(free, TurnOutcome)
    assert kept.keep_rates["tone"].mean == 1.0
    assert free.keep_rates["tone"].mean < 1.0
    assert kept.cache is not None and free.cache is not None
    assert kept.cache.entries_after == free.cache.entries_after


def test_a_reply_is_the_same_alone_and_among_others(model: LoadedModel, contract: Contract) -> None:
    asked = [request(contract, "none", "0"), request(contract), request(contract, "knorm", "0.3")]
    together = InProcess(model).run_turns(asked)
    alone = [InProcess(model).run_turns([one])[0] for one in asked]
    assert [getattr(outcome, "reply", outcome) for outcome in together] == [
        getattr(outcome, "reply", outcome) for outcome in alone
    ]


def test_a_reply_is_text_without_the_stop_token(model: LoadedModel, contract: Contract) -> None:
    (free,) = InProcess(model).run_turns([request(contract, "none", "0")])
    assert isinstance(free, TurnOutcome)
    assert free.reply.stopped == "length"
    third = free.reply.token_ids[2]
    stopping = replace(model, stop_ids=frozenset({third}))
    (stopped,) = InProcess(stopping).run_turns([request(contract, "none", "0")])
    assert isinstance(stopped, TurnOutcome)
    first = free.reply.token_ids.index(third)
    assert stopped.reply.stopped == "stop"
    assert stopped.reply.token_ids == free.reply.token_ids[: first + 1]
    assert stopped.reply.text == model.tokenizer.decode(list(free.reply.token_ids[:first]), skip_special_tokens=True)


def test_several_turns_are_run_to_their_end_in_both_arms(model: LoadedModel, contract: Contract) -> None:
    case = CaseId("shop", "talk", "hours", Cell.of(FAIR, "0.5"), ORDER)
    result = Runner(InProcess(model)).result(contract, case, "context")
    assert result.baseline is not None and result.compressed is not None
    assert [len(arm.replies) for arm in (result.baseline, result.compressed)] == [2, 2]


def test_a_prompt_that_is_too_long_is_an_error_of_its_own_case_only(model: LoadedModel, contract: Contract) -> None:
    too_long = request(contract, "none", "0", turns=("x" * 1024,))
    refused, fine = InProcess(model).run_turns([too_long, request(contract)])
    assert isinstance(refused, PromptError)
    assert "tiny holds 1024. Shorten the context" in str(refused)
    assert isinstance(fine, TurnOutcome)


def test_a_conversation_that_is_too_long_is_an_error_verdict(model: LoadedModel, contract: Contract) -> None:
    long = replace(contract, probes=(Probe("opening", ("x" * 1024,)), contract.probes[1]))
    runner = Runner(InProcess(model))
    verdicts = {
        probe: runner.result(long, CaseId("shop", probe, "tone", Cell.of(FAIR, "0.5"), ORDER), "context").verdict
        for probe in ("opening", "talk")
    }
    assert verdicts["opening"] is Verdict.ERROR
    assert verdicts["talk"] is not Verdict.ERROR


def test_instructions_that_cannot_all_be_kept_are_an_error_of_that_policy_only(
    model: LoadedModel, contract: Contract
) -> None:
    all_kept = replace(contract, parts=tuple(replace(part, protect=True) for part in contract.instructions))
    refused, fine = InProcess(model).run_turns([request(all_kept, "keep(knorm)", "0.9"), request(all_kept, "knorm")])
    assert isinstance(refused, ValueError)
    assert isinstance(fine, TurnOutcome)


def test_a_template_that_cannot_be_rendered_is_an_error_of_its_request(model: LoadedModel, contract: Contract) -> None:
    untemplated = character_tokenizer()
    untemplated.chat_template = None
    (refused,) = InProcess(replace(model, tokenizer=untemplated)).run_turns([request(contract)])
    assert isinstance(refused, PromptError)


def test_the_title_says_what_runs_where(model: LoadedModel) -> None:
    assert InProcess(model).title == "tiny (float32 on cpu)"


@pytest.mark.parametrize(
    ("change", "kernel", "fields"),
    [
        ("kernel", "sdpa", {"cell": Cell(kernel="eager")}),
        ("kernel", "eager", {"cell": Cell()}),
        ("bfloat16", "sdpa", {"rounded": True}),
        ("batch", "sdpa", {"alone": True}),
    ],
)
def test_a_harmless_change_changes_one_thing(
    model: LoadedModel, contract: Contract, change: str, kernel: str, fields: dict[str, Any]
) -> None:
    asked = request(contract, cell=Cell(kernel=kernel))
    prompt = prompt_of(model, asked)
    assert build_job(prompt, replace(asked, null_change=change)) == replace(build_job(prompt, asked), **fields)


def test_a_model_that_runs_in_bfloat16_is_not_offered_a_rounding_that_changes_nothing(model: LoadedModel) -> None:
    half = replace(model, model=random_model("llama-two-kv-heads-of-three", dtype=torch.bfloat16))
    assert InProcess(model).null_changes == ("bfloat16", "kernel", "batch")
    assert InProcess(half).null_changes == ("kernel", "batch")


def test_every_harmless_change_can_be_run(model: LoadedModel, contract: Contract) -> None:
    backend = InProcess(model)
    asked = [request(contract, "none", "0", null_change=change) for change in backend.null_changes]
    assert all(isinstance(outcome, TurnOutcome) for outcome in backend.run_turns(asked))


def test_draws_depend_on_seed_order_and_question_but_not_on_policy_or_earlier_replies(
    model: LoadedModel, contract: Contract
) -> None:
    drawn = replace(contract, generate=Generate(6, temperature=0.7, top_p=0.9))

    def stream(**changes: Any) -> str:
        asked = request(drawn, **{"seed": 1, **changes})
        sampling = build_job(prompt_of(model, asked), asked).sampling
        assert sampling is not None and (sampling.temperature, sampling.top_p) == (0.7, 0.9)
        return sampling.stream

    assert stream() == stream(policy="none", ratio="0")
    talk = {"turns": ("Hi!", "When?")}
    assert stream(**talk, replies=("a",)) == stream(**talk, replies=("b",))
    others = [{"seed": 2}, {"order": ORDER[::-1]}, {"turns": ("Where?",)}]
    assert len({stream(), *(stream(**change) for change in others)}) == 4


def test_without_a_seed_decoding_is_greedy(model: LoadedModel, contract: Contract) -> None:
    asked = request(replace(contract, generate=Generate(6, temperature=0.7)))
    assert build_job(prompt_of(model, asked), asked).sampling is None
