"""Rerun commands, which repeat the typed options."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from pytest_kvguard.external.http_exchange import without_password
from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.runs.options import OPTIONS, Option
from pytest_kvguard.runs.servers import named_arm
from pytest_kvguard.values.cell import DEFAULT_KERNEL, Cell, written_ratio

__all__ = ["rerun_command"]


def rerun_command(targets: Sequence[str], given: GivenOptions, cells: Sequence[Cell], extra: Sequence[str] = ()) -> str:
    """Return a shell command that runs targets again with the typed options.

    Values of an ini file are not repeated: pytest reads them again.

    Args:
        targets: node ids or paths.
        given: what the user gave.
        cells: the cells to run again.
        extra: further words, e.g. an option that records.
    """
    words = ["pytest", *targets, *_cell_words(given, cells)]
    for option in OPTIONS:
        if option.is_rerun and not option.chooses_cell and given.is_typed(option.name):
            words += _typed_words(option, given)
    return shlex.join([*words, *extra])


def _typed_words(option: Option, given: GivenOptions) -> Iterator[str]:
    if option.is_flag:
        yield option.string
        return
    values = given.typed[option.name]
    for value in values if option.is_list else values[-1:]:
        if option.acts and value.startswith(option.acts):
            continue
        shown = without_password(value) if "://" in value else value
        yield from (f"{option.string}={shown}",) if option.strings else ("-o", f"{option.name}={shown}")


def _cell_words(given: GivenOptions, cells: Sequence[Cell]) -> Iterator[str]:
    if any(cell.is_on_server for cell in cells):
        yield from _server_words(given, [cell.server for cell in cells])
        return
    policies = dict.fromkeys(cell.policy_name for cell in cells)
    yield f"--kv-policy={','.join(policies)}"
    # The ratio 0 of a policy that evicts nothing must not apply to the others.
    evicting = [cell for cell in cells if cell.policy is not None and not cell.policy.ignores_ratio]
    ratios = dict.fromkeys(written_ratio(cell.ratio) for cell in evicting)
    if ratios:
        yield f"--ratio={','.join(ratios)}"
    kernels = tuple(dict.fromkeys(cell.kernel for cell in cells))
    if kernels != (DEFAULT_KERNEL,) or given.is_typed("kv_attn") or "kv_attn" in given.configured:
        yield f"--kv-attn={','.join(kernels)}"
    if "kv_cache" in given.configured:
        # The policy already names its cache; the ini file would wrap it in that cache again.
        yield from ("-o", "kv_cache=")


def _server_words(given: GivenOptions, names: Sequence[str]) -> Iterator[str]:
    if given.one("kv_launch"):
        yield f"--kv-server-cache={','.join(names)}"
        return
    for text in (word for value in given.typed.get("kv_endpoint", ()) for word in value.split()):
        name, url = named_arm(text)
        if name in names:
            yield f"--kv-endpoint={text.removesuffix(url)}{without_password(url)}"
