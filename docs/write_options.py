"""Writes the tables of options in ``docs/reference/options.md``: ``python docs/write_options.py``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pytest_kvguard.runs.options import GROUPS, OPTIONS, Option, option_help

__all__ = ["PAGE", "page_text", "write_page"]

PAGE = Path(__file__).with_name("reference") / "options.md"
BEGIN = "<!-- The tables are written by `make options`; edit pytest_kvguard/runs/options.py instead. -->"
END = "<!-- End of the tables. -->"

EXPLAINED = {
    "kv_policy": "policies.md#specs",
    "kv_cache": "policies.md#caches",
    "kv_scope": "#scopes",
    "kv_model": "#models",
    "kv_null": "#null-arm",
    "kv_expect": "#was-it-on",
    "kv_accept": "accepted-losses.md",
    "kv_golden": "goldens.md",
    "kv_report": "reports.md",
    "kv_executor": "../how-to/run-on-ray.md",
    "kv_no_store": "result-store.md",
    "kv_show_secrets": "reports.md#secrets",
    "kv_max_lost": "contracts.md#gate",
    "kv_max_distance": "../how-to/test-servers.md#distances",
    "kv_endpoint": "../how-to/test-servers.md",
    "kv_launch": "../how-to/test-servers.md#start-both-arms",
    "kv_ifeval": "../how-to/run-ifeval-files.md",
    "kv_judge": "checks.md#judge",
    "kv_find_ratio": "#largest-safe-ratio",
    "kv_no_shrink": "contracts.md#searching",
    "kv_faults": "../how-to/measure-your-suite.md",
}
"""Option → the page or section that explains it."""


def page_text(page: str) -> str:
    """Return the text of the page with its tables written anew."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{''.join(_tables())}{END}{after}"


def write_page(path: Path = PAGE) -> None:
    """Write the tables into the page."""
    path.write_text(page_text(path.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{path} written")


def _tables() -> Iterator[str]:
    for group, (_, heading) in GROUPS.items():
        title = heading.removeprefix("kvguard: ")
        yield f"\n## {title[0].upper()}{title[1:]}\n\n"
        yield _table("option", [option for option in OPTIONS if option.group == group])
    yield "\n## Ini values\n\nAn ini file sets these, or `-o` for one run: `-o kv_judge_timeout=5`.\n\n"
    yield _table("ini value", [option for option in OPTIONS if not option.group])
    yield "\n"


def _table(heading: str, options: Iterable[Option]) -> str:
    rows = [f"| {heading} | value | default | meaning |", "|---|---|---|---|", *map(_row, options)]
    return "\n".join(rows) + "\n"


def _row(option: Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.strings or (option.name,))
    page = EXPLAINED.get(option.name)
    default = f"`{option.default}`" if option.default and not option.is_flag else ""
    value = f"`{option.metavar}`" if option.metavar else ""
    return f"| {f'[{names}]({page})' if page else names} | {value} | {default} | {option_help(option)} |"


if __name__ == "__main__":
    write_page()
