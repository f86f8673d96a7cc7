"""Rules for every page: links resolve, samples are valid, and no private paths or issue numbers appear."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_kvguard.contract.parse import parse_contract
from tests.docs.pages import PAGES, anchors, code_blocks, links, page_id

FOREIGN = {
    "a path of some machine": r"(?<![\w./])/(?:home|mnt|opt|root|tmp|usr|var|work|Users)\b",
    "the number of an issue": r"(?<![\w&/])#\d+\b",
    "unfinished text": r"\b(?:TODO|FIXME|TBD|XXX)\b|coming soon",
}

every_page = pytest.mark.parametrize("page", PAGES, ids=page_id)


@every_page
def test_relative_links_resolve(page: Path) -> None:
    broken = [link for link in links(page) if not link.startswith("https://") and not resolves(page, link)]
    assert broken == []


def resolves(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


@every_page
def test_python_samples_compile(page: Path) -> None:
    for number, sample in enumerate(code_blocks(page, "python"), start=1):
        compile(sample, f"{page_id(page)}, sample {number}", "exec")


@every_page
def test_whole_contracts_parse(page: Path, tmp_path: Path) -> None:
    samples = [sample for sample in code_blocks(page, "yaml") if sample.startswith("kvguard:")]
    for number, sample in enumerate(samples):
        path = tmp_path / f"sample{number}.kv.yaml"
        path.write_text(sample, encoding="utf-8")
        assert parse_contract(path).probes


@every_page
@pytest.mark.parametrize("what", FOREIGN)
def test_a_page_has_no_private_paths_issue_numbers_or_unfinished_text(page: Path, what: str) -> None:
    assert re.findall(FOREIGN[what], page.read_text(encoding="utf-8")) == []


@every_page
def test_code_blocks_name_their_language_and_are_closed(page: Path) -> None:
    fences = re.findall(r"^```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(fences) % 2 == 0
    assert set(fences[::2]) <= {"python", "yaml", "toml", "ini", "console", "text"}


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, todo = set(), [PAGES[0].parent / "README.md"]
    while todo:
        page = todo.pop()
        if page not in seen:
            seen.add(page)
            todo += [(page.parent / link.partition("#")[0]).resolve() for link in links(page) if ".md" in link]
    assert sorted(map(page_id, PAGES)) == sorted(page_id(page) for page in seen)
