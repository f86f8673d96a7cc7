"""compare: two runs, by their JSON reports."""

from __future__ import annotations

import argparse
from pathlib import Path

from pytest_kvguard.commands.output_file import require_json_output, write_json, write_output
from pytest_kvguard.reports.comparison.compare import FAIL_ON, Comparison, compare_runs
from pytest_kvguard.reports.comparison.markdown import COMPARISON_START, comparison_markdown
from pytest_kvguard.reports.comparison.record import comparison_record
from pytest_kvguard.reports.comparison.run_files import read_run
from pytest_kvguard.reports.comparison.screen import comparison_text
from pytest_kvguard.reports.html.comparison import COMPARE, render_comparison
from pytest_kvguard.reports.ownership import own_html, require_output, starts_with

__all__ = ["HELP", "add_arguments", "run"]

HELP = "compare two runs by their JSON reports: what is newly lost, held, gone or new, and whether it is worse"
RUN = "a JSON report, or a folder with the reports of one run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("before", type=Path, metavar="BEFORE", help=RUN)
    parser.add_argument("after", type=Path, metavar="AFTER", help=RUN)
    parser.add_argument(
        "--fail-on", choices=list(FAIL_ON), default="new-loss", help="what ends in exit code 1 (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the comparison there")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write it there for a pull request's comment")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page there, with the replies side by side")


def run(options: argparse.Namespace) -> int:
    """Print the comparison, and return 1 if it holds what ``--fail-on`` names.

    Raises:
        UsageError: a run cannot be read, they have nothing in common, or a file cannot be written.
    """
    require_json_output(COMPARE, options.json)
    for name, path, is_ours in (
        ("markdown", options.markdown, starts_with(COMPARISON_START)),
        ("html", options.html, own_html(COMPARE)),
    ):
        if path is not None:
            require_output(f"--{name}={path}", path, is_ours)
    comparison = compare_runs(read_run(options.before), read_run(options.after))
    print(comparison_text(comparison))
    _write(options, comparison)
    return int(FAIL_ON[options.fail_on](comparison))


def _write(options: argparse.Namespace, comparison: Comparison) -> None:
    if options.json is not None:
        write_json(COMPARE, options.json, comparison_record(comparison))
    if options.markdown is not None:
        write_output(options.markdown, comparison_markdown(comparison))
    if options.html is not None:
        write_output(options.html, render_comparison(comparison))
