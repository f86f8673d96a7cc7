"""A hook of MkDocs: the front page is the README, and links out of ``docs`` lead into the repository.

Where ``repo_url`` is not set in ``mkdocs.yml``, what stands outside of ``docs`` is named and not linked.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

__all__ = ["on_files", "on_page_markdown"]

FRONT = "index.md"
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://|#)([^)\s]+)\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the README as the front page."""
    from mkdocs.structure.files import File

    readme = Path(config.config_file_path).with_name("README.md").read_text(encoding="utf-8")
    files.append(File.generated(config, FRONT, content=readme))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Rewrite the links of a page: they are written as they lead in the repository."""
    root, docs = Path(config.config_file_path).parent.resolve(), Path(config.docs_dir).resolve()
    is_front = page.file.src_uri == FRONT
    here = root if is_front else (docs / page.file.src_uri).parent

    def led(link: re.Match[str]) -> str:
        text, address = link.groups()
        path, mark, anchor = address.partition("#")
        target = Path(os.path.normpath(here / path))
        if target == root / "README.md":
            target = docs / FRONT
        if target.is_relative_to(docs):
            start = docs if is_front else here
            return f"[{text}]({Path(os.path.relpath(target, start)).as_posix()}{mark}{anchor})"
        if not config.repo_url:
            return str(text)
        return f"[{text}]({config.repo_url.rstrip('/')}/blob/main/{target.relative_to(root).as_posix()}{mark}{anchor})"

    return _LINK.sub(led, markdown)
