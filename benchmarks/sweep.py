"""A sweep of contexts × policies × ratios, against the same cells one after another and against the floor.

Run ``python -m benchmarks.sweep --help``. Arms take turns in one process after a warm-up turn; a ratio is the median
over turns. Every reply is made to its full length: nothing ends it early in either arm.
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
from benchmarks.sweep_floor import floor_seconds
from benchmarks.sweep_peer import Peer, PeerReply
from benchmarks.timing_options import CLOCKS, add_timing_options, check_counts
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.errors import KVGuardError, UsageError
from pytest_kvguard.models.load_model import LoadedModel, ModelOptions, load_model
from pytest_kvguard.models.options import DEFAULT_MODEL

__all__ = ["Run", "compare_replies", "format_table", "main", "summarize"]

KVPRESS, NO_PEER = "kvpress", "none"

Made = TypeVar("Made")
Prompt = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Run:
    """The sweep in one dtype; ratios are medians over turns.

    Attributes:
        dtype: of the weights.
        cells: replies that were made.
        seconds, peer_seconds, floor_seconds: medians; None without a peer.
        peer_cells: how many of the cells the peer ran; ``peer_seconds`` are what all of them would take at their rate.
        speedup: peer ÷ this engine.
        floor_ratio: this engine ÷ floor.
        kept_indices_equal: whether both kept the same entries in every cell.
        kept_indices_share: share of the cells in which they did.
        kept_scores_share: share of the cells in which they kept entries of the same scores, as the peer scored them:
            where the indices differ all the same, both broke a tie.
        widest_score_gap: over all cells, how far apart the peer scored an entry that this engine kept and the one that
            it kept instead, as a share of the larger score; 0 where all differences are ties.
        token_identical_share: share of the cells with the same reply, token by token.
        widest_tie: over the cells with other replies, the largest difference between the logits of the two tokens at
            which they part; None where all replies are the same.
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
    """Seconds of each arm in one turn."""

    own: float
    floor: float
    peer: float | None


def summarize(dtype: str, cells: int, turns: Sequence[Turn]) -> Run:
    """Return the medians of some turns."""
    peers = [turn.peer for turn in turns if turn.peer is not None]
    return Run(
        dtype=dtype,
        cells=cells,
        seconds=median(turn.own for turn in turns),
        floor_seconds=median(turn.floor for turn in turns),
        floor_ratio=median(turn.own / turn.floor for turn in turns),
        peer_seconds=median(peers) if peers else None,
        speedup=median(turn.peer / turn.own for turn in turns if turn.peer is not None) if peers else None,
    )


def compare_replies(
    run: Run,
    planned: Sequence[PlannedReply],
    own: Sequence[Generation],
    peers: Sequence[PeerReply],
    tied: Sequence[Generation],
) -> Run:
    """Return the run with what both arms made of each cell held side by side.

    Args:
        run: the times.
        planned: what was run.
        own: this engine's replies.
        peers: the peer's, to the first of them; it may have run fewer.
        tied: this engine's replies with their two best logits noted.
    """
    planned, own, tied = planned[: len(peers)], own[: len(peers)], tied[: len(peers)]
    whole = {plan.context: reply for plan, reply in zip(planned, peers, strict=True) if plan.cell.is_uncompressed}
    kept = [
        _compare_entries(made, reply, whole[plan.context])
        for plan, made, reply in zip(planned, own, peers, strict=True)
        if not plan.cell.is_uncompressed
    ]
    same = [made.token_ids == reply.token_ids for made, reply in zip(own, peers, strict=True)]
    ties = [_parting(made, reply) for made, reply, equal in zip(tied, peers, same, strict=True) if not equal]
    return replace(
        run,
        peer_cells=len(peers),
        kept_indices_equal=all(indices for indices, _ in kept),
        kept_indices_share=sum(indices for indices, _ in kept) / len(kept),
        kept_scores_share=sum(gap == 0 for _, gap in kept) / len(kept),
        widest_score_gap=max(gap for _, gap in kept),
        token_identical_share=sum(same) / len(same),
        widest_tie=max(ties, default=None),
    )


def _compare_entries(made: Generation, reply: PeerReply, whole: PeerReply) -> tuple[bool, float]:
    """Return whether both kept the same positions, and the widest gap between the scores of those that differ."""
    assert made.kept is not None
    same, widest = True, 0.0
    layers = zip(made.kept.positions, whole.keys, reply.keys, reply.scores, strict=True)
    for own_heads, full, held, scored in layers:
        for own, all_rows, rows, scores in zip(own_heads, full[0], held[0], scored[0], strict=True):
            kept, peer = own.tolist(), _positions(rows, all_rows)
            same &= kept == peer
            widest = max(widest, _score_gap(scores.float(), set(kept), set(peer)))
    return same, widest


def _score_gap(scores: torch.Tensor, kept: set[int], peer: set[int]) -> float:
    """Return the widest gap between the scores of entries that only one side kept, best against best, and so on."""
    if -1 in peer or len(kept) != len(peer):
        return float("inf")
    mine, other = (scores[sorted(only)].sort().values for only in (kept - peer, peer - kept))
    gaps = (mine - other).abs() / torch.maximum(mine.abs(), other.abs()).clamp_min(torch.finfo(scores.dtype).tiny)
    return float(gaps.max()) if len(gaps) else 0.0


def _positions(rows: torch.Tensor, all_rows: torch.Tensor) -> list[int]:
    """Return where the peer's keys stand in the whole context, ascending; -1 for one that is not found."""
    numbers = {_bits(row): number for number, row in enumerate(all_rows)}
    return sorted(numbers.get(_bits(row), -1) for row in rows)


def _bits(row: torch.Tensor) -> bytes:
    return row.float().numpy().tobytes()


def _parting(made: Generation, reply: PeerReply) -> float:
    """Return how far apart this engine saw the two tokens at which two replies part; infinite if it did not see one."""
    assert made.logits is not None
    pairs = zip(made.token_ids, reply.token_ids, strict=True)
    step = next(number for number, (own, other) in enumerate(pairs) if own != other)
    seen = dict(zip(made.logits.ids[step].tolist(), made.logits.values[step].tolist(), strict=True))
    other = seen.get(reply.token_ids[step])
    return float("inf") if other is None else abs(seen[made.token_ids[step]] - other)


def format_table(runs: Sequence[Run]) -> str:
    """Return the report as text."""
    lines = [
        "dtype     cells  own s   floor s  own ÷ floor  peer s   peer ÷ own  "
        "same kept  same scores  score gap  same replies  widest tie"
    ]
    for run in runs:
        numbers = [run.peer_seconds, run.speedup, run.kept_indices_share, run.kept_scores_share]
        numbers += [run.widest_score_gap, run.token_identical_share, run.widest_tie]
        texts = ("n/a" if number is None else f"{number:.4g}" for number in numbers)
        peer, speedup, kept, scores, gap, same, tie = texts
        lines.append(
            f"{run.dtype:<8}  {run.cells:<5}  {run.seconds:<6.1f}  {run.floor_seconds:<7.1f}  "
            f"{run.floor_ratio:<11.2f}  {peer:<7}  {speedup:<10}  {kept:<9}  {scores:<11}  {gap:<9}  {same:<12}  {tie}"
        )
    return "\n".join(lines)


def _measure(options: argparse.Namespace, dtype: str) -> Run:
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
        floor = floor_seconds(model.model, regions, tokens, clock)
        peer_seconds = None
        if peer:
            peer_seconds, peers = _timed(clock, lambda: _run_peer(peer, peer_planned, contexts, options.new_tokens))
            peer_seconds *= len(planned) / len(peer_planned)
        turns.append(Turn(seconds, floor, peer_seconds))
    run = summarize(dtype, len(planned), turns)
    if not peer:
        return run
    tied = run_cells(model, [replace(job, top_logits=8) for job in jobs])
    return compare_replies(run, planned, own, peers, tied)


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


def _timed(clock: Callable[[], float], run: Callable[[], Made]) -> tuple[float, Made]:
    gc.collect()
    start = clock()
    made = run()
    return clock() - start, made


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
        "--peer", default=KVPRESS, choices=(KVPRESS, NO_PEER), help="what to compare with (%(default)s)"
    )
    parser.add_argument("--dtype", default="float32,bfloat16", help="dtypes of the weights (%(default)s)")
    parser.add_argument("--contexts", type=int, default=8, help="contexts (%(default)s)")
    parser.add_argument("--peer-contexts", type=int, help="the peer runs the cells of so many contexts only (all)")
    parser.add_argument("--tokens", type=int, default=250, help="their length, about (%(default)s)")
    parser.add_argument("--new-tokens", type=int, default=48, help="tokens of every reply (%(default)s)")
    add_timing_options(parser, model=DEFAULT_MODEL)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        runs = []
        dtypes = _check(options)
        torch.set_num_threads(options.threads)
        for dtype in dtypes:
            runs.append(_measure(options, dtype))
        print(format_table(runs))
        settings = {key: value for key, value in vars(options).items() if key not in ("json", "dtype")}
        write_json(options.json, {**settings, "runs": [asdict(run) for run in runs]})
    except KVGuardError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
