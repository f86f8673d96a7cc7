"""Folders of files that are not ours, whose names and contents may look like it."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import strategies as st

__all__ = ["CONTENTS", "NAMES", "content_of", "foreign_folders", "write_files"]

DIGEST = "0123456789abcdef" * 4
NAMES = (
    "model.safetensors",
    "shop-snapkv-0.5-sdpa-0123abcd.safetensors",
    ".foo.part",
    ".manifest.json.4711.part",
    ".shop-snapkv-0.5-sdpa-0123abcd.safetensors.0123456789abcdef.part",
    ".kvguard-0123456789abcdef.part",
    "manifest.json",
    DIGEST,
    f"v1/{DIGEST[:2]}/{DIGEST[2:]}",
    f"v1/{DIGEST[:2]}/.making-ab12_x9z",
    f"v1/{DIGEST[:2]}/notes.txt",
    f"v1/src/{DIGEST[2:]}",
    "v1/notes.txt",
    "v2/ab/module.py",
    "src/package/module.py",
    "report.json",
    "report.html",
    "report.csv",
    ".report.csv.kvguard",
    "figure.png",
    "figure.svg",
    "contracts/assistant.kv.yaml",
    "contracts/.contract.schema.json",
    ".github/workflows/kvguard.yml",
    "pytest.ini",
    "mined/shop-losses.kv.yaml",
)
OTHER_TOOL = {"version": 2, "tool": {"name": "another", "version": "1"}, "reads": ["pytest-kvguard"]}
QUOTED = {"reports": [{"tool": {"name": "pytest-kvguard", "version": "0.1.0"}}]}
HEADER = json.dumps({"weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
CONTENTS = (
    b"half",
    b"{}",
    b"[]",
    b"kvguard\x00 of another format",
    json.dumps(OTHER_TOOL).encode(),
    json.dumps(QUOTED).encode(),
    b"<!doctype html>\n<title>kvguard: mine</title>\n<p>pytest-kvguard</p>",
    b"\x89PNG\r\n\x1a\n drawn by hand, not by pytest-kvguard",
    b'<?xml version="1.0"?><svg/>',
    b"kvguard: 1\nname: mine\n",
    len(HEADER).to_bytes(8, "little") + HEADER + b"\0\0\0\0",
)


def foreign_folders() -> st.SearchStrategy[dict[str, bytes]]:
    """Return a strategy of folders: relative path → content."""
    letters = st.text("abcdefghij-_.0123456789", min_size=1, max_size=12).filter(lambda name: name.strip("."))
    endings = st.sampled_from(("", ".safetensors", ".part", ".json", ".html", ".png", ".csv"))
    # Under a folder of its own, so that no drawn file stands where a listed one needs a folder.
    drawn = st.builds(lambda name, ending: f"drawn/{name}{ending}", letters, endings)
    contents = st.sampled_from(CONTENTS) | st.binary(min_size=1, max_size=40).filter(lambda raw: raw[:7] != b"kvguard")
    return st.dictionaries(st.sampled_from(NAMES) | drawn, contents, min_size=1, max_size=10)


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write the files of a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def content_of(folder: Path, files: dict[str, bytes]) -> dict[str, bytes | None]:
    """Return what the files hold now; None for one that is gone."""
    return {name: (folder / name).read_bytes() if (folder / name).is_file() else None for name in files}
