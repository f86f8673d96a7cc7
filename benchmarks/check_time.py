"""The processor time of every check on a reply of 10,000 characters, in several scripts.

Run ``python -m benchmarks.check_time --help``. The replies are ordinary text. Each is judged several times, a little
different every time so that nothing is remembered, and the median counts.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.json_report import run_report
from pytest_kvguard.errors import UsageError
from pytest_kvguard.verifiers.table import BUILT_IN, verify

__all__ = ["TEXTS", "main", "measure_check", "reply"]

TEXTS = {
    "English": "We open at 9:30, Mr. Lee says, and close late. It's 4.20 € for a hand-made lamp. Will you come? ",
    "German": "Wir öffnen am 3. Mai um 9.30 Uhr, z. B. für Gäste. Der Sack kostet 20 €. Möchten Sie kommen? ",
    "Chinese": "我们的商店早上九点半开门，晚上六点关门。您想来看看吗？请联系我们的AI助手。",
    "Thai": "ร้านของเราเปิดเวลาเก้าโมงเช้าครับ ปิดเวลาหกโมงเย็นครับ ท่านต้องการมาไหม ",
    "Hindi": "हमारी दुकान सुबह नौ बजे खुलती है। क्या आप आना चाहेंगे? कृपया हमें बताइए। ",
    "Arabic": "يفتح متجرنا في الساعة التاسعة صباحا، ويغلق مساء. هل تريد أن تأتي؟ أخبرنا من فضلك. ",
}
"""Two or three ordinary sentences in each script."""

ASKED_OF_OTHERS = frozenset({"judge", "python"})
"""Checks whose time is that of a server or of the user's own function."""


def reply(language: str, characters: int, number: int = 0) -> str:
    """Return a reply of so many characters; each number gives another one."""
    text = TEXTS[language]
    opening = f"{number} "
    return (opening + text * (characters // len(text) + 1))[:characters]


def measure_check(name: str, language: str, characters: int, repeats: int) -> float:
    """Return the median milliseconds of processor time that a check of one reply takes."""
    member, uncompressed, seconds = BUILT_IN[name], reply(language, characters), []
    for number in range(repeats + 1):
        text = reply(language, characters, number + 1)
        start = time.process_time()
        verify(name, member.example, text, uncompressed)
        seconds.append(time.process_time() - start)
    # The first turn loads libraries and tables.
    return 1000 * median(seconds[1:])


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    if min(options.characters, options.repeats) < 1:
        raise UsageError("--characters and --repeats are whole numbers, 1 or more.")
    checks = [name for name in sorted(BUILT_IN) if name not in ASKED_OF_OTHERS]
    rows = {
        name: {
            language: round(measure_check(name, language, options.characters, options.repeats), 2) for language in TEXTS
        }
        for name in checks
    }
    return {"characters": options.characters, "milliseconds": rows}


def _screen(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"milliseconds per check of a reply of {report['characters']} characters"
    yield f"{'':<24}" + "".join(f"{language:>9}" for language in TEXTS)
    for name, row in report["milliseconds"].items():
        yield f"{name:<24}" + "".join(f"{row[language]:>9.2f}" for language in TEXTS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check_time", description=__doc__)
    parser.add_argument("--characters", type=int, default=10_000, help="length of each reply (%(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="replies per check and script (%(default)s)")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args(arguments)
    return run_report(options.json, lambda: _measure(options), _screen)


if __name__ == "__main__":
    sys.exit(main())
