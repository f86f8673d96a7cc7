"""The terminal output: amount of text, colours, and no control characters from replies."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import ATTACK, FORGETS_HOURS, OBEYS, OPENING, SHOP

ESCAPE = "\x1b"


def on_a_terminal(guard: Guard, *args: str, **variables: str) -> str:
    """Run pytest in a separate process on a pseudo-terminal, and return its output."""
    terminal, screen = pty.openpty()
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("4H", 40, 120, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", **variables}
    environment.pop("PY_COLORS", None)
    command = [sys.executable, "-m", "pytest", "-p", "no:hypothesispytest", *args]
    process = subprocess.Popen(
        command, cwd=guard.pytester.path, env=environment, stdin=screen, stdout=screen, stderr=screen
    )
    os.close(screen)
    chunks = []
    # Reading fails after the process has closed its end.
    while chunk := _read(terminal):
        chunks.append(chunk)
    os.close(terminal)
    process.wait()
    return b"".join(chunks).decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def test_the_default_screen_has_a_table_of_instructions_and_verdicts(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    guard.run("--kv-policy=snapkv").stdout.fnmatch_lines(
        [
            "* kvguard: scripted replies (no model), scope context *",
            "snapkv 0.5 (achieved 0.500)",
            " contract*instruction*HELD*LOST*tokens kept*",
            "*hours * · * 1 * 50%*",
            "2 HELD, 1 LOST; replies 1.00x as long as uncompressed",
        ]
    )


def test_cells_are_shown_in_the_order_typed(guard: Guard, spread: tuple[str, ...]) -> None:
    typed = ("--kv-policy=tova,snapkv,knorm", "--ratio=0.75,0.25", "--kv-attn=eager,sdpa")
    lines = guard.run(*typed, *spread).outlines
    labels = [line.partition(" (")[0] for line in lines if "(achieved " in line]
    assert labels == [
        f"{policy} {ratio}{kernel}"
        for policy in ("tova", "snapkv", "knorm")
        for ratio in ("0.75", "0.25")
        for kernel in (", eager", "")
    ]


LONG = (
    "a-shop-whose-contract-has-a-name-that-is-rather-long",
    "the-hours-at-which-the-shop-opens-on-weekdays",
    "theinstructionthatnobodycanbreakanywhere",
)


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_long_names_are_not_broken_in_the_middle_of_a_word(
    guard: Guard, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    contract, hours, tone = LONG
    text = SHOP.replace("name: shop", f"name: {contract}").replace("id: hours", f"id: {hours}")
    guard.contract(text.replace("id: tone", f"id: {tone}"))
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    lines = guard.run("--kv-policy=snapkv").outlines
    first = next(number for number, line in enumerate(lines) if line.startswith("snapkv 0.5 (achieved"))
    table = lines[first : next(number for number, line in enumerate(lines) if line.startswith("2 HELD, 1 LOST"))]
    assert max(map(len, table)) <= columns
    for name in LONG:
        pieces = name.replace("-", "- ").split()
        assert all(any(piece in line for line in table) for piece in pieces)
        assert columns < 200 or any(name in line for line in table)


def test_quiet_shows_one_line_of_totals(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    screen = guard.screen("--kv-policy=snapkv", "-q")
    assert "kvguard: 2 HELD, 1 LOST" in screen.splitlines()
    assert "tokens kept" not in screen


def test_verbose_names_every_item_with_its_outcome(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    lines = [line.split(" ")[:2] for line in guard.screen("--kv-policy=snapkv", "-v").splitlines()]
    assert ["shop.kv.yaml::opening::hours[snapkv-0.5]", "FAILED"] in lines
    assert ["shop.kv.yaml::opening::tone[snapkv-0.5]", "PASSED"] in lines


def test_one_line_tracebacks_are_one_line(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    screen = guard.screen("--kv-policy=snapkv", "--tb=line")
    assert "shop.kv.yaml:6: LOST: contains '9:30': '9:30' is not in the reply" in screen
    assert "  under " not in screen


def test_a_run_without_contracts_has_no_section_of_the_guard(guard: Guard) -> None:
    guard.pytester.makepyfile("def test_addition(): assert 1 + 1 == 2")
    assert "kvguard: " not in guard.screen("test_a_run_without_contracts_has_no_section_of_the_guard.py")


def test_a_pipe_gets_no_escape_codes(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    assert ESCAPE not in guard.screen("--kv-policy=snapkv", "-v")


def test_colours_can_be_requested(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    screen = guard.screen("--kv-policy=snapkv", "--color=yes")
    assert "we open at \x1b[31mnine\x1b[0m" in screen
    assert "\x1b[1;31mLOST" in screen.replace("\x1b[1;31m1 LOST", "\x1b[1;31mLOST")
    assert "{+" not in screen


def test_a_terminal_gets_colours_unless_no_color_is_set(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    assert "we open at \x1b[31mnine\x1b[0m" in on_a_terminal(guard, "--kv-policy=snapkv")
    plain = on_a_terminal(guard, "--kv-policy=snapkv", NO_COLOR="1")
    assert "we open at {+nine+}" in plain
    assert ESCAPE not in plain


def test_a_terminal_gets_a_progress_line_that_is_removed(guard: Guard) -> None:
    guard.pytester.makeconftest(
        """
        from pytest_kvguard.backends.scripted import Scripted

        class Slow(Scripted):
            def run_turns(self, requests, progress=None):
                for done in range(4):
                    progress("decode", done, 3)
                return super().run_turns(requests, progress)

        def pytest_kvguard_backend(config):
            return Slow(lambda request: "we open at 9:30")
        """
    )
    screen = on_a_terminal(guard, "--kv-policy=snapkv", NO_COLOR="1")
    assert screen.count("kvguard decode:   0%") == 1
    # Blanks overwrite it, then pytest's own line is restored.
    assert re.search(r"kvguard decode:[^\r]*\r {50,}\rshop\.kv\.yaml \.\.\. +\[100%\]", screen)
    assert "kvguard decode" not in on_a_terminal(guard, "--kv-policy=snapkv", "-q", NO_COLOR="1")
    assert "kvguard decode" not in guard.screen("--kv-policy=snapkv")


STEERING = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e we open\r\x08at nine"


@pytest.mark.parametrize("color", ["yes", "no"])
def test_a_reply_cannot_control_the_terminal(guard: Guard, color: str) -> None:
    guard.replies(OBEYS, snapkv={**OBEYS, OPENING: STEERING})
    screen = guard.screen("--kv-policy=snapkv", f"--color={color}")
    assert r"\x1b" in screen
    for steering in ("\x1b[2J", "\x1b]0;", "\x07", "\x9b", "\u202e", "\x08"):
        assert steering not in screen


def test_a_reply_quoted_by_a_check_cannot_control_the_terminal(guard: Guard) -> None:
    guard.contract(SHOP.replace('{contains: "9:30"}', "{python: judge:quotes_everything}"))
    guard.pytester.makepyfile(judge="def quotes_everything(reply): return False, reply\n")
    guard.pytester.syspathinsert()
    guard.replies({OPENING: STEERING, ATTACK: "no"})
    for args in (["-rs"], ["--kv-strict"]):
        screen = guard.screen("-k", "hours", *args)
        assert r"\x1b" in screen
        assert ESCAPE not in screen
