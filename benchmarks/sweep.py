"""A sweep of contexts × policies × ratios, against the same cells one after another and plain transformers.

Run ``python -m benchmarks.sweep --help``. Arms take turns in one process after a warm-up turn; a ratio is the median
over turns. Every reply has its full length: nothing ends it early in either arm.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import TypeVar

import torch

from benchmarks.json_report import check_writable, write_json
from benchmarks.sweep_cells import QUESTION, PlannedReply, list_contexts, make_jobs, plan_replies, run_cells
from benchmarks.sweep_peer import Peer, PeerReply
from benchmarks.sweep_reference import reference_seconds
from benchmarks.timing_options import CLOCKS, add_timing_options, check_counts
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.errors import KVGuardError, UsageError
from pytest_kvguard.models.load_model import LoadedModel, ModelOptions, load_model
from pytest_kvguard.models.options import DEFAULT_MODEL

__all__ = ["SweepResult", "compare_replies", "format_table", "main", "summarize"]

KVPRESS, NO_PEER = "kvpress", "none"

Result = TypeVar("Result")
Prompt = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class SweepResult:
    """The sweep in one dtype; ratios are medians over turns.

    Attributes:
        dtype: of the weights.
        cells: number of replies.
        seconds, peer_seconds, floor_seconds: medians of this engine, the peer (None without one) and
            the reference, the time that plain transformers would take at best.
        peer_cells: cells that the peer ran; ``peer_seconds`` are scaled from them to all cells.
        speedup: peer ÷ this engine.
        floor_ratio: this engine ÷ reference.
        kept_indices_equal: whether both kept the same entries in every cell.
        kept_indices_share: share of the cells in which they did.
        kept_scores_share: share of the cells in which they kept entries of the same scores, as the peer scored them;
            if the indices differ nevertheless, the two broke a tie differently.
        widest_score_gap: over all cells, the largest gap between the peer's scores of an entry that only this engine
            kept and of the one that the peer kept instead, relative to the larger score; 0 if all differences are ties.
        token_identical_share: share of the cells with the same reply, token by token.
        widest_tie: over the cells whose replies differ, the largest difference between the logits of the first two
            tokens that differ; None if all replies are the same.
    """

    dtype: str
    cells: int
    seconds: float
    floor_seconds: float
    floor_ratio: float
    peer_seconds: float | None = None
    peer_cells: int = 0
    speedup: float | None = None
    kept_indices_equal: bool | None = None
    kept_indices_share: float | None = None
    kept_scores_share: float | None = None
    widest_score_gap: float | None = None
    token_identical_share: float | None = None
    widest_tie: float | None = None


@dataclass(frozen=True)
class Turn:
    """The seconds of each arm, and of the reference, in one turn."""

    own: float
    reference: float
    peer: float | None


def summarize(dtype: str, cells: int, turns: Sequence[Turn]) -> SweepResult:
    """Return the medians over turns."""
    peers = [turn.peer for turn in turns if turn.peer is not None]
    return SweepResult(
        dtype=dtype,
        cells=cells,
        seconds=median(turn.own for turn in turns),
        floor_seconds=median(turn.reference for turn in turns),
        floor_ratio=median(turn.own / turn.reference for turn in turns),
        peer_seconds=median(peers) if peers else None,
        speedup=median(turn.peer / turn.own for turn in turns if turn.peer is not None) if peers else None,
    )


def compare_replies(
    result: SweepResult,
    planned: Sequence[PlannedReply],
    own: Sequence[Generation],
    peers: Sequence[PeerReply],
    with_logits: Sequence[Generation],
) -> SweepResult:
    """Return the result with the figures of the comparison between both arms' replies.

    Args:
        result: the times.
        planned: the planned replies.
        own: this engine's replies.
        peers: the peer's replies to the first of them; it may have run fewer.
        with_logits: this engine's replies with their best logits.
    """
    planned, own, with_logits = planned[: len(peers)], own[: len(peers)], with_logits[: len(peers)]
    whole = {plan.context: reply for plan, reply in zip(planned, peers, strict=True) if plan.cell.is_uncompressed}
    kept = [
        _compare_entries(generation, reply, whole[plan.context])
        for plan, generation, reply in zip(planned, own, peers, strict=True)
        if not plan.cell.is_uncompressed
    ]
    same = [generation.token_ids == reply.token_ids for generation, reply in zip(own, peers, strict=True)]
    replies = zip(with_logits, peers, same, strict=True)
    ties = [_logit_gap(generation, reply) for generation, reply, equal in replies if not equal]
    return replace(
        result,
        peer_cells=len(peers),
        kept_indices_equal=all(indices for indices, _ in kept),
        kept_indices_share=sum(indices for indices, _ in kept) / len(kept),
        kept_scores_share=sum(gap == 0 for _, gap in kept) / len(kept),
        widest_score_gap=max(gap for _, gap in kept),
        token_identical_share=sum(same) / len(same),
        widest_tie=max(ties, default=None),
    )


def _compare_entries(generation: Generation, reply: PeerReply, whole: PeerReply) -> tuple[bool, float]:
    """Return whether both kept the same positions, and the widest gap between the scores of those that differ."""
    assert generation.kept is not None
    same, widest = True, 0.0
    layers = zip(generation.kept.positions, whole.keys, reply.keys, reply.scores, strict=True)
    for own_heads, full, held, scored in layers:
        for own, all_keys, kept_keys, scores in zip(own_heads, full[0], held[0], scored[0], strict=True):
            kept, peer = own.tolist(), _positions(kept_keys, all_keys)
            same &= kept == peer
            widest = max(widest, _score_gap(scores.float(), set(kept), set(peer)))
    return same, widest


def _score_gap(scores: torch.Tensor, kept: set[int], peer: set[int]) -> float:
    """Return the widest gap between the scores of entries that only one side kept, paired in the order of scores."""
    if -1 in peer or len(kept) != len(peer):
        return float("inf")
    mine, other = (scores[sorted(only)].sort().values for only in (kept - peer, peer - kept))
    gaps = (mine - other).abs() / torch.maximum(mine.abs(), other.abs()).clamp_min(torch.finfo(scores.dtype).tiny)
    return float(gaps.max()) if len(gaps) else 0.0


def _positions(kept_keys: torch.Tensor, all_keys: torch.Tensor) -> list[int]:
    """Return the positions of the peer's keys in the whole context, ascending; -1 for a key that is not in it."""
    positions = {_bits(key): position for position, key in enumerate(all_keys)}
    return sorted(positions.get(_bits(key), -1) for key in kept_keys)


def _bits(key: torch.Tensor) -> bytes:
    return key.float().numpy().tobytes()


def _logit_gap(generation: Generation, reply: PeerReply) -> float:
    """Return the difference of this engine's logits of the first two tokens that differ; infinite if one is unknown."""
    assert generation.logits is not None
    pairs = zip(generation.token_ids, reply.token_ids, strict=True)
    step = next(number for number, (own, other) in enumerate(pairs) if own != other)
    logits = dict(zip(generation.logits.ids[step].tolist(), generation.logits.values[step].tolist(), strict=True))
    other = logits.get(reply.token_ids[step])
    return float("inf") if other is None else abs(logits[generation.token_ids[step]] - other)


def format_table(results: Sequence[SweepResult]) -> str:
    """Return the report as text."""
    lines = [
        "dtype     cells  own s   plain s  own ÷ plain  peer s   peer ÷ own  "
        "same kept  same scores  score gap  same replies  widest tie"
    ]
    for result in results:
        numbers = [result.peer_seconds, result.speedup, result.kept_indices_share, result.kept_scores_share]
        numbers += [result.widest_score_gap, result.token_identical_share, result.widest_tie]
        texts = ("n/a" if number is None else f"{number:.4g}" for number in numbers)
        peer, speedup, kept, scores, gap, same, tie = texts
        lines.append(
            f"{result.dtype:<8}  {result.cells:<5}  {result.seconds:<6.1f}  {result.floor_seconds:<7.1f}  "
            f"{result.floor_ratio:<11.2f}  {peer:<7}  {speedup:<10}  {kept:<9}  {scores:<11}  {gap:<9}  {same:<12}  "
            f"{tie}"
        )
    return "\n".join(lines)


def _measure(options: argparse.Namespace, dtype: str) -> SweepResult:
    model = load_model(ModelOptions(name=options.model, dtype=dtype))
    contexts = list_contexts(model.tokenizer, options.contexts, options.tokens)
    peer = Peer(model) if options.peer == KVPRESS else None
    prompts = [peer.prompt(text) if peer else _prompt(model, text) for text in contexts]
    planned = plan_replies(len(contexts))
    peer_planned = [plan for plan in planned if plan.context < (options.peer_contexts or len(contexts))]
    jobs = make_jobs(planned, prompts, options.new_tokens)
    clock: Callable[[], float] = CLOCKS[options.clock]
    _warm_up(model, planned, jobs, contexts, peer)
    regions, tokens = [region for region, _ in prompts], options.new_tokens * len(planned)
    turns: list[Turn] = []
    own: list[Generation] = []
    peers: list[PeerReply] = []
    for _ in range(options.repeats):
        seconds, own = _timed(clock, lambda: run_cells(model, jobs))
        reference = reference_seconds(model.model, regions, tokens, clock)
        peer_seconds = None
        if peer:
            peer_seconds, peers = _timed(clock, lambda: _run_peer(peer, peer_planned, contexts, options.new_tokens))
            peer_seconds *= len(planned) / len(peer_planned)
        turns.append(Turn(seconds, reference, peer_seconds))
    result = summarize(dtype, len(planned), turns)
    if not peer:
        return result
    with_logits = run_cells(model, [replace(job, top_logits=8) for job in jobs])
    return compare_replies(result, planned, own, peers, with_logits)


def _run_peer(peer: Peer, planned: Sequence[PlannedReply], contexts: Sequence[str], new: int) -> list[PeerReply]:
    return [peer.run(plan, contexts, new) for plan in planned]


def _warm_up(
    model: LoadedModel,
    planned: Sequence[PlannedReply],
    jobs: Sequence[Job],
    contexts: Sequence[str],
    peer: Peer | None,
) -> None:
    """Run everything once, the peer on the cells of one context."""
    run_cells(model, jobs)
    for plan in planned:
        if peer and plan.context == 0:
            peer.run(plan, contexts, 2)


def _timed(clock: Callable[[], float], run: Callable[[], Result]) -> tuple[float, Result]:
    gc.collect()
    start = clock()
    result = run()
    return clock() - start, result


def _prompt(model: LoadedModel, text: str) -> Prompt:
    ids = (model.tokenizer(part, add_special_tokens=False)["input_ids"] for part in (text, "\n" + QUESTION + "\n"))
    region, fed = map(tuple, ids)
    return region, fed


def _check(options: argparse.Namespace) -> list[str]:
    if options.peer_contexts is not None and not 1 <= options.peer_contexts <= options.contexts:
        raise UsageError(f"--peer-contexts={options.peer_contexts} is not between 1 and --contexts={options.contexts}.")
    check_counts(options, ("contexts", "repeats", "threads", "tokens"))
    if options.new_tokens < 2:
        raise UsageError(f"--new-tokens={options.new_tokens} is below 2. Give 2 or more.")
    dtypes = [part.strip() for part in options.dtype.split(",") if part.strip()]
    if not dtypes:
        raise UsageError("--dtype names no dtype. Write e.g. --dtype=float32,bfloat16.")
    check_writable(options.json)
    return dtypes


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweep", description=__doc__)
    parser.add_argument(
        "--peer", default=KVPRESS, choices=(KVPRESS, NO_PEER), help="the engine to compare with (%(default)s)"
    )
    parser.add_argument("--dtype", default="float32,bfloat16", help="dtypes of the weights (%(default)s)")
    parser.add_argument("--contexts", type=int, default=8, help="contexts (%(default)s)")
    parser.add_argument("--peer-contexts", type=int, help="contexts whose cells the peer runs (all)")
    parser.add_argument("--tokens", type=int, default=250, help="approximate length of a context (%(default)s)")
    parser.add_argument("--new-tokens", type=int, default=48, help="tokens of every reply (%(default)s)")
    add_timing_options(parser, model=DEFAULT_MODEL)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        results = []
        dtypes = _check(options)
        torch.set_num_threads(options.threads)
        for dtype in dtypes:
            results.append(_measure(options, dtype))
        print(format_table(results))
        settings = {key: value for key, value in vars(options).items() if key not in ("json", "dtype")}
        write_json(options.json, {**settings, "runs": [asdict(result) for result in results]})
    except KVGuardError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
