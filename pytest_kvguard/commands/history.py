"""history: many runs on one page, by their JSON reports."""

from __future__ import annotations

import argparse
from pathlib import Path

from pytest_kvguard.commands.output_file import write_output
from pytest_kvguard.reports.comparison.run_files import read_history
from pytest_kvguard.reports.html.history import HISTORY, render_history
from pytest_kvguard.reports.ownership import own_html, require_output
from pytest_kvguard.reports.printable import printable

__all__ = ["HELP", "add_arguments", "run"]

HELP = "draw all JSON reports in a folder as one HTML page: curves per contract, instruction and cell"
PAGE = Path("kvguard-history.html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="what holds the reports, also in folders within it")
    parser.add_argument("--html", type=Path, metavar="FILE", default=PAGE, help="the page (default: %(default)s)")


def run(options: argparse.Namespace) -> int:
    """Write the page.

    Raises:
        UsageError: a report cannot be read, or the page cannot be written.
    """
    require_output(f"--html={options.html}", options.html, own_html(HISTORY))
    runs = read_history(options.folder)
    write_output(options.html, render_history(runs))
    print(printable(f"{len(runs)} run{'s' * (len(runs) != 1)} drawn: {options.html}"))
    return 0
