"""The backend of a run, built from its settings: a model in this process, a cluster, or servers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from kvguard_policies.spec import SpecError
from pytest_kvguard.backends.null_changes import AUTO
from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.optional import require_optional
from pytest_kvguard.models.fitness import require_chat_template
from pytest_kvguard.models.kernels import require_kernel
from pytest_kvguard.runs.expected import BUILDS
from pytest_kvguard.runs.settings import RAY, RunSettings

if TYPE_CHECKING:
    from pytest_kvguard.backends.checked_model import CheckMemory
    from pytest_kvguard.backends.endpoint.backend import Endpoints
    from pytest_kvguard.backends.in_process import InProcess
    from pytest_kvguard.backends.protocol import Backend
    from pytest_kvguard.backends.ray.backend import OnRay
    from pytest_kvguard.backends.stored import Stored, TellingBackend
    from pytest_kvguard.models.load_model import LoadedModel
    from pytest_kvguard.result_store.store import ResultStore

__all__ = ["BackendMaker", "open_store"]

MIB = 1 << 20

Stage = Callable[[str, int, int], None]


def _say_nothing(text: str) -> None:
    """Ignore a line."""


def _show_no_stage(label: str, done: int, total: int) -> None:
    """Ignore a stage."""


def _call(make: Callable[[], TellingBackend]) -> TellingBackend:
    """Return the backend that a function makes."""
    return make()


@dataclass(frozen=True)
class BackendMaker:
    """Builds the backend of a run.

    Attributes:
        settings: the settings of the run.
        load_model: loads the model into this process; called when the first reply is missing.
        at_exit: called with functions that stop servers and clusters.
        announce: called with a line before a long step.
        attempt: calls a function that builds an engine during a run; it may end the run on an error.
        on_stage: called with label, number and total while the default model is fetched.
        traced: whether to record traces, which goldens compare.
        timed: whether to measure times, for which cells are decoded apart.
    """

    settings: RunSettings
    load_model: Callable[[], LoadedModel]
    at_exit: Callable[[Callable[[], None]], object]
    announce: Callable[[str], None] = _say_nothing
    on_stage: Stage = _show_no_stage
    attempt: Callable[[Callable[[], TellingBackend]], TellingBackend] = _call
    traced: bool = False
    timed: bool = False

    def make(self, store: ResultStore | None = None) -> Backend:
        """Return the backend; with a store, one that runs only the turns that are not stored.

        Raises:
            KVGuardError: the model, a server or a policy is wrong.
        """
        if self.settings.launch.is_on:
            return self._launched()
        if self.settings.endpoints.is_on:
            return self._endpoints()
        self._check_machine()
        stored = self._stored(store) if store is not None else None
        return stored or self._engine()

    def _check_machine(self) -> None:
        """Refuse a kernel or a device that is not there, and options of policies, before a model is fetched for them.

        Policies import torch, so those that run on a model that is at hand are checked when the first reply is missing.
        """
        from pytest_kvguard.models.model_source import is_at_hand

        if self.settings.executor.name != RAY:
            for kernel in self.settings.kernels:
                require_kernel(kernel)
            if self.settings.model.device != "cpu":
                from pytest_kvguard.models.load_model import require_device

                require_device(self.settings.model.device)
        if not is_at_hand(self.settings.model):
            self._check_policies()

    def _check_policies(self) -> None:
        try:
            for policy in self.settings.policies:
                policy.build()
        except SpecError as error:
            raise UsageError(str(error)) from error

    def _engine(self, memory: CheckMemory | None = None) -> InProcess | OnRay:
        self._check_policies()
        if self.settings.executor.name == RAY:
            return self._on_ray()
        from pytest_kvguard.backends.checked_model import require_faithful
        from pytest_kvguard.backends.in_process import InProcess

        model = self.load_model()
        require_chat_template(model.name, model.tokenizer)
        for kernel in self.settings.kernels:
            model.check_kernel(kernel)
        require_faithful(model, self.settings.kernels, memory, self.announce)
        return InProcess(model, traced=self.traced, timed=self.timed)

    def _on_ray(self) -> OnRay:
        if self.traced:
            raise UsageError(
                "--kv-golden records what this machine computes, so it runs here: leave out --kv-executor=ray."
            )
        require_optional("ray")
        from pytest_kvguard.backends.ray.backend import OnRay

        backend = OnRay(self.settings.model, self.settings.kernels, self.settings.executor.replicas)
        self.at_exit(backend.pool.close)
        return backend

    def _endpoints(self) -> Endpoints:
        from pytest_kvguard.backends.endpoint.address import Address
        from pytest_kvguard.backends.endpoint.backend import Endpoints
        from pytest_kvguard.backends.endpoint.chat_server import ChatServer

        servers = self.settings.endpoints

        def server(url: str, key: str) -> ChatServer:
            return ChatServer(Address(url, servers.model, key), servers.requests)

        arms = {name: server(url, servers.key) for name, url in servers.arms}
        control = server(servers.control, servers.baseline_key) if servers.control else None
        baseline = server(servers.baseline, servers.baseline_key)
        others = BUILDS in self.settings.expected
        return Endpoints(baseline, arms, control, servers.requests.at_once, expects_other_builds=others)

    def _launched(self) -> Endpoints:
        from pytest_kvguard.backends.launch.arms import LaunchPlan, launch_arms

        launch = self.settings.launch
        plan = LaunchPlan(
            launch.engine,
            self.settings.model.name,
            launch.caches,
            launch.python,
            self.settings.null in (AUTO, "server"),
            launch.start_seconds,
        )
        self.announce(f"starting {launch.engine} with an uncompressed cache and with {', '.join(launch.caches)}")
        backend, stop = launch_arms(plan, self.settings.endpoints.requests)
        self.at_exit(stop)
        return backend

    def _stored(self, store: ResultStore) -> Stored | None:
        """Return a backend that runs only the turns that are not stored; None if the store cannot be used."""
        from pytest_kvguard.backends.stored import Stored
        from pytest_kvguard.backends.turn_key import TurnKeys

        model = self.settings.model
        if self.settings.executor.name == RAY and model.device != "cpu":  # the cluster's devices are not known here
            return None
        digest = self._model_digest(store)
        if digest is None:
            return None
        keys = TurnKeys(digest, model.dtype, model.device, self._clock())
        facts = keys.facts(model.name, self.settings.policies, self.settings.kernels)

        def engine() -> TellingBackend:
            from pytest_kvguard.backends.checked_model import CheckMemory

            return self._engine(CheckMemory(store, keys))

        return Stored(lambda: self.attempt(engine), store, keys, facts)

    def _clock(self) -> tuple[str, ...] | None:
        """Return the formats in which the model's chat template reads the clock; None if they are not known."""
        from pytest_kvguard.models.model_source import local_files
        from pytest_kvguard.models.template_clock import clock_formats, clock_formats_of_files

        if files := local_files(self.settings.model):
            return clock_formats_of_files(files)
        template = self.load_model().tokenizer.chat_template or ""
        return clock_formats([template] if isinstance(template, str) else template.values())

    def _model_digest(self, store: ResultStore) -> str | None:
        """Return a digest of the model; a model of the hub is loaded first, for its revision."""
        from pytest_kvguard.models.model_source import fingerprint, local_files

        model = self.settings.model
        try:
            files = local_files(model, self.on_stage)
            if files:
                return fingerprint(files, store)
        except OSError:  # loading the model reports the error
            return None
        if model.trust_remote_code:
            return None
        revision = getattr(self.load_model().model.config, "_commit_hash", None)
        return sha256(f"{model.name}@{revision}".encode()).hexdigest() if revision else None


def open_store(settings: RunSettings, warn: Callable[[str], None]) -> ResultStore:
    """Return the result store that the settings name.

    Args:
        settings: the settings of the run.
        warn: called with the reason if results cannot be stored.
    """
    from pytest_kvguard.models.embedded_model import results_directory
    from pytest_kvguard.result_store.store import ResultStore

    return ResultStore(settings.store.folder or results_directory(), settings.store.limit_mib * MIB, warn)
