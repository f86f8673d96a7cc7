"""Our HTML pages: one frame, style and script, which load nothing; the pages' content policy enforces that."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from pytest_kvguard.reports.html.cells import heat
from pytest_kvguard.reports.ownership import html_mark
from pytest_kvguard.reports.printable import printable

__all__ = ["render_page"]


def render_page(template: str, command: str = "", **values: Any) -> str:
    """Return a page; texts of models and contracts are escaped, with control characters written out.

    Args:
        template: the name of its template.
        command: the command whose page it is; empty for the report of a run.
        **values: what the template shows.
    """
    style, script = _asset("style.css"), _asset("script.js")
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),  # noqa: S704 - our own files
            script=Markup(script),  # noqa: S704
            mark=Markup(html_mark(command)),  # noqa: S704
            policy=_content_policy(style, script),
            **values,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        finalize=_harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(_asset),
    )
    environment.filters |= {"heat": heat, "percent": lambda share: f"{share:.0%}"}
    return environment


def _harmless(value: Any) -> Any:
    """Return a value in printable form, except for our own style and script, which are marked as ``Markup``."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _asset(name: str) -> str:
    return files("pytest_kvguard.reports.html").joinpath(name).read_text(encoding="utf-8")


def _content_policy(*sources: str) -> str:
    """Return a content policy that allows only our own style and script, by their digests."""
    style, script = (f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in sources)
    return f"default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
