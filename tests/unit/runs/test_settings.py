"""The settings of a run: defaults, precedence, and errors before anything runs."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from pytest_kvguard.backends.endpoint.address import RequestPolicy
from pytest_kvguard.contract.model import Contract, Gate, Generate, Instruction, Orderings, Probe
from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.options import ModelOptions
from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.runs.options import OPTIONS
from pytest_kvguard.runs.servers import named_arm
from pytest_kvguard.runs.settings import RunSettings, read_settings
from pytest_kvguard.values.cell import ON_SERVER, Cell

CONTRACT = Contract(
    "shop", Path("shop.kv.yaml"), "", (Instruction("hours", "9:30"),), (Probe("opening", ("When?",)),), gate=Gate(2, 3)
)
SAMPLED = replace(CONTRACT, orderings=Orderings(sample=3))
BASELINE = "http://localhost:1/v1"


def settings_of(**values: object) -> RunSettings:
    return read_settings(GivenOptions.of({f"kv_{name}": value for name, value in values.items()}))


def refusal_of(**values: object) -> str:
    with pytest.raises(UsageError) as refused:
        settings_of(**values)
    return str(refused.value)


def test_without_options_everything_is_as_the_table_says() -> None:
    settings = read_settings()
    assert settings.cells == (Cell(),)
    assert settings.model == ModelOptions() == ModelOptions("smolguard", "cpu", "float32", False)
    assert (settings.scope, settings.seed, settings.null, settings.orders) == ("context", 0, "auto", None)
    assert settings.typed_gate == settings.configured_gate == Gate()
    assert (settings.executor.name, settings.executor.replicas) == ("local", None)
    assert (settings.store.is_on, settings.store.folder, settings.store.limit_mib) == (True, None, 1024)
    assert not settings.asks_servers and not settings.judge.url
    assert (settings.policies, settings.compressed_cells, settings.kernels, settings.ratios) == ((), (), ("sdpa",), ())


def test_every_default_of_the_table_can_be_read_as_if_it_were_written_in_an_ini_file() -> None:
    written = {option.name: (str(option.default),) for option in OPTIONS if option.default and not option.is_flag}
    assert replace(read_settings(GivenOptions(configured=written)), given=GivenOptions()) == read_settings()


def test_cells_policies_ratios_and_kernels_are_what_was_typed() -> None:
    settings = settings_of(policy="tova,kivi", ratio="0.75,0.5", attn="sdpa,eager")
    assert [cell.label for cell in settings.cells[:2]] == ["tova 0.75", "tova 0.75, eager"]
    assert [policy.text for policy in settings.policies] == ["tova", "kivi"]
    assert settings.kernels == ("sdpa", "eager")
    assert settings.ratios == (Fraction(1, 2), Fraction(3, 4)), "a search tries them from the smallest on"
    assert settings_of(policy="tova").ratios == (), "the default ratio is no wish"
    assert settings.with_cells([Cell(), Cell()]).cells == (Cell(),)


def test_what_is_typed_wins_over_the_contracts_gate_and_that_over_the_ini_file() -> None:
    given = GivenOptions(typed={"kv_max_lost": ("7",)}, configured={"kv_max_lost": ("8",), "kv_max_new_leaks": ("9",)})
    settings = read_settings(given)
    assert (settings.typed_gate, settings.configured_gate) == (Gate(max_lost=7), Gate(max_lost=8, max_new_leaks=9))
    assert settings.resolve(CONTRACT).gate == Gate(max_lost=7, max_new_leaks=3)
    silent = replace(CONTRACT, gate=Gate())
    assert settings.resolve(silent).gate == Gate(max_lost=7, max_new_leaks=9)


def test_a_drop_is_judged_only_where_orders_or_replies_are_sampled() -> None:
    settings = settings_of(max_drop="0.1")
    assert settings.resolve(CONTRACT).gate.max_drop is None
    assert settings.resolve(SAMPLED).gate.max_drop == 0.1
    assert settings.resolve(replace(CONTRACT, generate=Generate(temperature=1.0))).gate.max_drop == 0.1
    assert read_settings(settings.given, orders=4).resolve(CONTRACT).gate.max_drop == 0.1


def test_the_seed_is_that_of_sampled_replies_and_orders_can_be_asked_for() -> None:
    drawn = replace(CONTRACT, generate=Generate(temperature=1.0, seeds=2))
    assert settings_of(seed=7).resolve(drawn).generate.drawn_seeds == (7, 8)
    resolved = read_settings(orders=5).resolve(SAMPLED)
    assert resolved.orderings is not None and resolved.orderings.sample == 5
    assert read_settings().resolve(SAMPLED).orderings == SAMPLED.orderings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"scope": "promt"}, "Unknown --kv-scope=promt. Did you mean 'prompt'? Allowed: context, prompt, decode."),
        ({"null": "batchh"}, "Unknown --kv-null=batchh. Did you mean 'batch'? Allowed: auto, "),
        ({"seed": "one"}, "--kv-seed=one is not a whole number."),
        ({"max_lost": "-1"}, "--kv-max-lost=-1 is not a whole number, 0 or more."),
        ({"max_lost": "1.5"}, "--kv-max-lost=1.5 is not a whole number, 0 or more."),
        ({"max_drop": "1"}, "--kv-max-drop=1 is not a number from 0 to below 1, e.g. 0.1."),
        ({"max_drop": "nan"}, "--kv-max-drop=nan is not a number from 0"),
        ({"confidence": "0.4"}, "--kv-confidence=0.4 is not a number from 0.5 to 0.9999, e.g. 0.95."),
        ({"max_distance": "0"}, "--kv-max-distance=0 is not a number above 0, e.g. 2."),
        ({"executor": "rai"}, "Unknown --kv-executor=rai. Did you mean 'ray'? Allowed: local, ray."),
        ({"replicas": "2"}, "kv_replicas=2 needs --kv-executor=ray; for processes use -n."),
        ({"executor": "ray", "replicas": "0"}, "kv_replicas=0 is not a whole number of 1 or more."),
        ({"store_mib": "few"}, "kv_store_mib=few is not a whole number of 1 or more."),
        ({"policy": "snapkw"}, "Unknown policy 'snapkw'. Did you mean 'snapkv'?"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_is_allowed(values: dict[str, str], message: str) -> None:
    assert refusal_of(**values).startswith(message)


def test_where_results_are_stored_is_read_with_the_folder_it_starts_from() -> None:
    given = GivenOptions({"kv_store_dir": ("results",), "kv_no_store": ()}, typed_folder=Path("/here"))
    store = read_settings(given).store
    assert (store.is_on, store.folder) == (False, Path("/here/results"))
    assert settings_of(executor="ray", replicas="3").executor.replicas == 3


def test_servers_are_cells_in_the_order_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KVGUARD_ENDPOINT_KEY", "sesame")
    settings = settings_of(
        baseline_endpoint=BASELINE, endpoint=["q8=http://localhost:2/v1", "http://localhost:3/v1"], endpoint_timeout="9"
    )
    assert [cell.label for cell in settings.cells] == ["server q8", "server endpoint"]
    assert settings.asks_servers and settings.endpoints.is_on and not settings.launch.is_on
    assert settings.endpoints.requests == RequestPolicy(9, 3, 0, 1)
    assert settings.endpoints.key == "sesame" and "sesame" not in repr(settings)
    assert settings_of(baseline_endpoint=BASELINE).cells == (Cell(kernel=ON_SERVER),)


def test_an_arm_may_have_a_name() -> None:
    assert named_arm("q8=http://a?b=c") == ("q8", "http://a?b=c")
    assert named_arm("http://a?b=c") == ("endpoint", "http://a?b=c")


def test_servers_to_start_are_a_cell_per_cache_type() -> None:
    settings = settings_of(launch="llama.cpp", server_cache="q8_0, q4_0,q8_0")
    assert [cell.label for cell in settings.cells] == ["server q8_0", "server q4_0"]
    assert (settings.launch.python, settings.launch.start_seconds) == (sys.executable, 300)
    assert [cell.label for cell in settings_of(launch="vllm").cells] == ["server fp8"], "the engine's usual one"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"endpoint": "http://a"}, "A server has nothing to be compared with. Name the same one with an uncompressed"),
        ({"null_endpoint": "http://a"}, "A server has nothing to be compared with."),
        ({"baseline_endpoint": "localhost:1"}, "--kv-baseline-endpoint=localhost:1 is not an http or https URL."),
        (
            {"baseline_endpoint": BASELINE, "endpoint": "ftp://me:secret@b"},
            "--kv-endpoint=ftp://b is not an http or https URL.",
        ),
        ({"baseline_endpoint": BASELINE, "endpoint": ["http://a", "http://b"]}, "Two servers are called endpoint."),
        ({"baseline_endpoint": BASELINE, "endpoint_timeout": "0"}, "kv_endpoint_timeout=0 is not a number of 0.001"),
        ({"launch": "lama.cpp"}, "Unknown --kv-launch=lama.cpp. Did you mean 'llama.cpp'? Allowed: llama.cpp, vllm."),
        ({"server_cache": "q4_0"}, "--kv-server-cache starts nothing by itself. Name an engine: --kv-launch=ENGINE."),
        ({"launch": "vllm", "baseline_endpoint": BASELINE}, "--kv-launch starts servers, --kv-baseline-endpoint names"),
        ({"launch": "vllm", "ratio": "0.5"}, "--ratio says how to compress in this process, --kv-launch that servers"),
        ({"baseline_endpoint": BASELINE, "scope": "prompt"}, "--kv-scope says how to compress in this process, --kv-b"),
    ],
)
def test_servers_that_do_not_fit_together_are_refused(values: dict[str, object], message: str) -> None:
    assert refusal_of(**values).startswith(message)


def test_a_policy_of_the_ini_file_does_not_keep_servers_from_being_asked() -> None:
    given = GivenOptions(typed={"kv_baseline_endpoint": (BASELINE,)}, configured={"kv_policy": ("snapkv",)})
    assert read_settings(given).cells == (Cell(kernel=ON_SERVER),)


def test_a_typed_judge_wins_over_the_environment_and_that_over_the_ini_file(monkeypatch: pytest.MonkeyPatch) -> None:
    configured = {"kv_judge": ("http://ini",), "kv_judge_model": ("small",)}
    assert read_settings(GivenOptions(configured=configured)).judge.url == "http://ini"
    monkeypatch.setenv("KVGUARD_JUDGE_URL", "http://environment")
    monkeypatch.setenv("KVGUARD_JUDGE_KEY", "sesame")
    judge = read_settings(GivenOptions(configured=configured)).judge
    assert (judge.url, judge.model, judge.key, judge.timeout_seconds) == ("http://environment", "small", "sesame", 30)
    assert "sesame" not in repr(judge)
    assert read_settings(GivenOptions({"kv_judge": ("http://typed",)}, configured)).judge.url == "http://typed"


@pytest.mark.parametrize("orders", [-1, 1001, 10**18])
def test_an_absurd_number_of_orders_is_refused(orders: int) -> None:
    with pytest.raises(UsageError, match="is not a whole number from 0 to 1,000"):
        read_settings(orders=orders)
