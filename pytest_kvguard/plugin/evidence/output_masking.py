"""Masks secrets in everything that pytest outputs, whatever wrote it.

Text comes from checks, hooks, other plugins, warnings, threads, destructors and log records. It is output through
reports, pytest's terminal, its log file and its JUnit file.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from _pytest.junitxml import xml_key

from pytest_kvguard.plugin.session import KVSession
from pytest_kvguard.reports.printable import printable_in_colour

__all__ = ["RUNS_MODELS", "OutputMasking"]

Clean = Callable[[str], str]

RUNS_MODELS = "kvguard_runs_models"
"""The attribute of a report that tells whether its test runs models."""
UNCHANGED = frozenset(
    {"nodeid", "location", "keywords", "outcome", "when", "result", "node", "worker_id", "testrun_uid", "item_index"}
)
MESSAGES = ("_pytest._code.", "_pytest.subtests")
"""Modules of pytest with the classes that hold the texts of a report."""
NAMES = frozenset({"name", "classname", "file", "line", "time"})
"""Attributes of a test case in JUnit files; reports show names as they are."""

BESIDE_TESTS = ("collection failure", "collection skipped", "internal error")
"""The messages of entries in JUnit files that belong to no test."""


class OutputMasking:
    """Hooks that mask what pytest is about to output.

    Args:
        config: pytest's.
        kv: the session, which knows the secrets.
    """

    def __init__(self, config: pytest.Config, kv: KVSession) -> None:
        self.config = config
        self.kv = kv
        self._at_end = ExitStack()

    def mask(self, text: str) -> str:
        """Return a text without secrets."""
        return self.kv.masker.mask(text) if self.kv.has_secrets else text

    def clean(self, text: str) -> str:
        """Return a text without secrets, and with control characters and CI commands made visible."""
        return printable_in_colour(self.mask(text))

    def clean_report(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """Mask secrets in a report; clean it if its test runs models."""
        runs_models = getattr(report, RUNS_MODELS, False)
        if not runs_models and not self.kv.has_secrets:
            return
        clean = self.clean if runs_models else self.mask
        for name, value in vars(report).items():
            if name not in UNCHANGED and not name.startswith("kvguard_"):
                setattr(report, name, _cleaned(value, clean))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, object, object]:
        """Clean what other plugins added to a report, before anything shows or sends it."""
        self.clean_report(report)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> Generator[None, object, object]:
        """Mask secrets in the error of a file that cannot be collected."""
        self.clean_report(report)
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Clean a warning before anything shows or sends it, because it may quote a reply."""
        text = str(warning_message.message)
        cleaned = self.clean(text)
        if cleaned != text:
            warning_message.message = cleaned

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Mask what is written to pytest's terminal, its log file and its live log."""
        reporter: Any = self.config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            reporter._tw._file = _MaskedFile(
                reporter._tw._file, self.mask, (self.config.rootpath, self.config.invocation_params.dir)
            )
        logs = self.config.pluginmanager.getplugin("logging-plugin")
        for name in ("log_file_handler", "log_cli_handler"):
            handler = getattr(logs, name, None)
            if handler is not None:
                handler.setFormatter(_CleanFormatter(handler.formatter or logging.Formatter(), self.clean))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Mask secrets in those parts of pytest's JUnit file that do not come from reports of tests."""
        xml: Any = self.config.stash.get(xml_key, None)
        if xml is None or not self.kv.has_secrets:
            return
        xml.global_properties[:] = [(name, self.mask(str(value))) for name, value in xml.global_properties]
        for reporter in xml.node_reporters_ordered:
            element = reporter.to_xml()
            _mask_element(element, self.mask)
            reporter.to_xml = lambda element=element: element

    def pytest_configure(self) -> None:
        """Register the last cleanup; those of pytest's own plugins, which may warn, run before it."""
        self.config.add_cleanup(self._at_end.close)

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self) -> None:
        """Clean the warnings about threads and destructors that pytest raises after the session."""
        show = warnings.showwarning

        def show_clean(message: Warning | str, *arguments: Any, **options: Any) -> None:
            show(self.clean(str(message)), *arguments, **options)

        warnings.showwarning = show_clean
        self._at_end.callback(setattr, warnings, "showwarning", show)


def _cleaned(part: Any, clean: Clean) -> Any:
    """Return a part of pytest's message with its texts cleaned: a text, a collection, or a traceback object."""
    if isinstance(part, str):
        return clean(part)
    if type(part) in (list, tuple):
        return type(part)([_cleaned(inner, clean) for inner in part])
    if type(part) is dict:
        return {key: _cleaned(inner, clean) for key, inner in part.items()}
    if type(part).__module__.startswith(MESSAGES):
        for name, value in vars(part).items():
            object.__setattr__(part, name, _cleaned(value, clean))
    return part


class _CleanFormatter(logging.Formatter):
    """Formats records as another formatter does, and cleans the text, tracebacks included."""

    def __init__(self, inner: logging.Formatter, clean: Clean) -> None:
        super().__init__()
        self._inner, self._clean = inner, clean

    def format(self, record: logging.LogRecord) -> str:
        return self._clean(self._inner.format(record))


class _MaskedFile:
    """A file that masks what is written to it."""

    def __init__(self, file: Any, mask: Clean, roots: Sequence[Path]) -> None:
        self._file, self._mask = file, mask
        self._is_test_file = lru_cache(lambda path: any((root / path).is_file() for root in roots))

    def write(self, text: str) -> Any:
        return self._file.write(text if self._is_node_id(text) else self._mask(text))

    def _is_node_id(self, text: str) -> bool:
        """Return whether a text is a test's node id; reports show names as they are, and a verbose run shows many."""
        path, separator, _ = text.partition("::")
        return bool(separator) and len(text.split(maxsplit=1)) == 1 and self._is_test_file(path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _mask_element(element: Any, mask: Clean) -> None:
    """Mask the attributes of a test case, its properties, and errors outside of tests."""
    _mask_attributes(element.attrib, mask, NAMES)
    for entry in element.iter("property"):
        _mask_attributes(entry.attrib, mask)
    for entry in element:
        if entry.get("message") in BESIDE_TESTS and entry.text:
            entry.text = mask(entry.text)


def _mask_attributes(attributes: Any, mask: Clean, names: Collection[str] = ()) -> None:
    attributes.update({name: mask(value) for name, value in attributes.items() if name not in names})
