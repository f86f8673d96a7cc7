"""A backend is built when it is needed, after its options are checked."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kvguard.backends.endpoint.backend import Endpoints
from pytest_kvguard.backends.in_process import InProcess
from pytest_kvguard.backends.stored import Stored
from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.load_model import LoadedModel, load_model
from pytest_kvguard.result_store.store import ResultStore
from pytest_kvguard.runs.backend import BackendMaker, open_store
from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.runs.settings import RunSettings, read_settings
from tests.tiny_model import save_tiny_model


def settings_of(**values: object) -> RunSettings:
    return read_settings(GivenOptions.of({f"kv_{name}": value for name, value in values.items()}))


def no_model() -> LoadedModel:
    raise AssertionError("no model is loaded for this")


def maker(settings: RunSettings, load: Callable[[], LoadedModel] = no_model, traced: bool = False) -> BackendMaker:
    return BackendMaker(settings, load, at_exit=lambda end: None, traced=traced)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model"))


def test_a_model_of_this_process_is_loaded_once_it_is_needed(folder: Path) -> None:
    settings = settings_of(model=str(folder), policy="snapkv")
    backend = maker(settings, lambda: load_model(settings.model), traced=True).make()
    assert isinstance(backend, InProcess) and backend.traced and not backend.timed


def test_a_wrong_option_of_a_policy_is_told_before_a_model_is_loaded() -> None:
    with pytest.raises(UsageError, match="window=0 is below 1"):
        maker(settings_of(policy="snapkv(window=0)")).make()


def test_a_kernel_that_nobody_knows_is_refused_as_soon_as_the_model_is_there(folder: Path) -> None:
    settings = settings_of(model=str(folder), attn="sdpa,egar")
    with pytest.raises(UsageError, match="Unknown attention kernel --kv-attn=egar"):
        maker(settings, lambda: load_model(settings.model)).make()


def test_with_a_store_nothing_is_loaded_until_a_reply_is_missing(folder: Path, tmp_path: Path) -> None:
    warnings: list[str] = []
    settings = settings_of(model=str(folder), policy="snapkv", store_dir=str(tmp_path / "results"))
    store = open_store(settings, warnings.append)
    assert isinstance(store, ResultStore) and warnings == []
    assert isinstance(maker(settings).make(store), Stored)


def test_servers_are_asked_without_a_model(tmp_path: Path) -> None:
    settings = settings_of(baseline_endpoint="http://localhost:1/v1", endpoint=["q8=http://localhost:2/v1"])
    backend = maker(settings).make()
    assert isinstance(backend, Endpoints) and list(backend.arms) == ["q8"]


def test_goldens_are_recorded_on_this_machine_alone() -> None:
    with pytest.raises(UsageError, match="leave out --kv-executor=ray"):
        maker(settings_of(executor="ray"), traced=True).make()


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_a_cluster_without_ray_is_answered_with_the_extra() -> None:
    with pytest.raises(UsageError, match=r"pip install 'pytest-kvguard\[ray\]'"):
        maker(settings_of(executor="ray")).make()
