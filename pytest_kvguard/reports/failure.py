"""The report of a failed check: case and place, evidence, both replies, evicted tokens, and the rerun command."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from pytest_kvguard.contract.model import Contract, Instruction
from pytest_kvguard.reports.difference import mark_difference
from pytest_kvguard.reports.printable import printable, without_commands
from pytest_kvguard.values.results import SEARCHED, Arm, CaseResult, CheckPair, KeepRate, Verdict

__all__ = ["explain_case"]

LABEL = 13
LAYERS_PER_LINE = 15
WIDTH = 110


def explain_case(
    result: CaseResult,
    contract: Contract,
    location: str,
    rerun: str,
    color: bool = False,
    search_lines: Sequence[str] = (),
) -> str:
    """Return the report of one LOST, LEAKED, UNSTABLE or UNMET check.

    Args:
        result: the result with both arms, without secrets.
        contract: its contract, without secrets.
        location: the contract's file as the user would type it.
        rerun: the command that runs only this check again.
        color: mark differences in colour instead of brackets.
        search_lines: the lines of ``explain_search``, if a search led to this case.
    """
    instruction = contract.instruction(result.case.instruction)
    lines = [*_head(result, location, instruction), *_body(result, contract, color)]
    # A command for a CI runner may have formed where the marks of differences were put in.
    return without_commands("\n".join([*lines, *search_lines, _line("rerun", rerun)]))


def _head(result: CaseResult, location: str, instruction: Instruction) -> Iterator[str]:
    case = result.case
    yield f"{result.verdict}  {case.contract} · {case.probe} · {case.instruction}"
    if result.compressed is not None:
        yield _line("under", case.cell.label)
    yield _line("instruction", f"{location}:{instruction.line}")
    yield _quote(printable(instruction.text))
    yield _line("order", _order(case.order, case.instruction, case.order_index))


def _body(result: CaseResult, contract: Contract, color: bool) -> Iterator[str]:
    for pair in _deciding(result):
        # UNMET is decided by the uncompressed arm, every other verdict by the compressed one.
        shown = pair.baseline if result.verdict is Verdict.UNMET else pair.compressed or pair.baseline
        layer = "text, leak detector" if shown.leak else "text, contract check"
        yield _line("evidence", layer)
        yield _line("check", printable(f"{shown.expected}: {'undecided, ' * shown.undecided}{shown.observed}"))
    yield from _noise(result)
    turns = next(probe.turns for probe in contract.probes if probe.id == result.case.probe)
    yield from _distance(result)
    yield from _conversation(turns, result, color)
    if result.compressed is not None:
        yield from _evicted(result.compressed, result.case.instruction)


def _deciding(result: CaseResult) -> list[CheckPair]:
    return [pair for pair in result.checks if pair.verdict is result.verdict]


def _noise(result: CaseResult) -> Iterator[str]:
    """Yield the lines on seeds or the null arm, which tell a loss from noise."""
    if result.by_seed:
        yield _line("seeds", printable(result.reason.partition(": ")[2]))
        yield _line("shown", f"seed {result.seed}")
    elif result.verdict is Verdict.UNSTABLE and not any(pair.is_decided for pair in _deciding(result)):
        yield _line("undecided", "the compressed reply does not tell; it is neither a loss nor a pass")
    elif result.null is not None:
        outcome = "fails too" if result.verdict is Verdict.UNSTABLE else "holds"
        yield _line("null arm", f"uncompressed, under a harmless change ({result.null.change}): {outcome}")
    elif result.verdict in (Verdict.LOST, Verdict.LEAKED):
        yield _line("null arm", "was not run: a harmless change might do the same")


def _distance(result: CaseResult) -> Iterator[str]:
    """Yield the distance between the replies, with that of the null arm, if known."""
    distance, noise = result.distance, result.noise
    if distance is not None and distance.mean is not None:
        beside = "" if noise is None or noise.mean is None else f"; under the harmless change {noise.mean:.3f}"
        yield _line("distance", f"mean |Δ logprob| {distance.mean:.3f} over the first {distance.tokens} tokens{beside}")


def _order(order: Sequence[str], marked: str, index: int) -> str:
    names = " → ".join(f"[{name}]" if name == marked else name for name in order)
    origin = "from a search" if index == SEARCHED else f"sampled order {index}"
    return f"{names} ({origin if index else 'as written'})"


def _conversation(turns: Sequence[str], result: CaseResult, color: bool) -> Iterator[str]:
    baseline, compressed = result.baseline, result.compressed
    assert baseline is not None
    # A leak may be in any reply; other checks read the last one.
    first = 0 if _is_leak(result) else len(turns) - 1
    for number in range(len(turns)):
        yield _line("user", printable(turns[number]))
        if number < first:
            continue
        before = baseline.replies[number].text
        after = compressed.replies[number].text if compressed else before
        left, right = mark_difference(before, after, color)
        yield _line("uncompressed", "")
        yield _quote(left or "(empty)")
        if compressed is not None:
            yield _line("compressed", "")
            yield _quote(right or "(empty)")


def _is_leak(result: CaseResult) -> bool:
    """Return whether a leak detector decided the verdict, or with several seeds may have."""
    return any(pair.baseline.leak and (result.by_seed or pair.verdict is result.verdict) for pair in result.checks)


def _evicted(arm: Arm, instruction: str) -> Iterator[str]:
    rate = arm.keep_rates.get(instruction)
    if rate is not None:
        yield _line("kept", f"{rate.mean:.0%} of the instruction's {rate.tokens} tokens, mean over layers and KV heads")
        yield from _by_layer(rate)
    for note in arm.notes:
        yield _line("note", note)
    if arm.cache is not None:
        cache = arm.cache
        yield _line(
            "cache",
            f"{cache.entries_before} → {cache.entries_after} entries (ratio {cache.achieved_ratio:.3f}), "
            f"{cache.bytes_before / 2**20:.2f} → {cache.bytes_after / 2**20:.2f} MiB",
        )
        for note in cache.notes:
            yield _line("note", note)


def _by_layer(rate: KeepRate) -> Iterator[str]:
    for start in range(0, len(rate.by_layer), LAYERS_PER_LINE):
        shares = rate.by_layer[start : start + LAYERS_PER_LINE]
        label = f"layers {start}-{start + len(shares) - 1}"
        yield _line("", f"{label:<13}" + " ".join(f"{round(100 * share):>3}" for share in shares) + " %")


def _line(label: str, text: str) -> str:
    hanging = text.replace("\n", "\n" + " " * (LABEL + 3))
    return f"  {label:<{LABEL}} {hanging}".rstrip()


def _quote(text: str) -> str:
    return textwrap.indent(wrap_lines(text), "    | ", lambda _: True)


def wrap_lines(text: str) -> str:
    """Return the text wrapped at ``WIDTH`` columns."""
    # Long words are not broken, because that could cut a colour code in half.
    wrapper = textwrap.TextWrapper(WIDTH, replace_whitespace=False, drop_whitespace=False, break_long_words=False)
    return "\n".join(part for line in text.split("\n") for part in wrapper.wrap(line) or [""])
