"""The one object behind the hooks: what was asked for, what runs it, what came out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kvguard.errors import KVGuardError
from pytest_kvguard.plugin.executor_options import RAY
from pytest_kvguard.plugin.options import KVOptions, Point
from pytest_kvguard.plugin.progress import ProgressLine
from pytest_kvguard.plugin.workers import end_run

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from pytest_kvguard.backends.endpoint.address import RequestPolicy
    from pytest_kvguard.backends.in_process import InProcess
    from pytest_kvguard.backends.protocol import Backend
    from pytest_kvguard.backends.ray.backend import OnRay
    from pytest_kvguard.backends.stored import Stored
    from pytest_kvguard.contract.model import Contract
    from pytest_kvguard.evaluation.run_case import Conversation, Runner
    from pytest_kvguard.leaks.masking import Masker
    from pytest_kvguard.models.load_model import LoadedModel
    from pytest_kvguard.models.model_source import ModelOptions
    from pytest_kvguard.plugin.goldens import Goldens
    from pytest_kvguard.plugin.store_summary import StoreUse
    from pytest_kvguard.result_store.store import ResultStore
    from pytest_kvguard.values.frontier import PolicyAdvice
    from pytest_kvguard.values.gates import GateResult
    from pytest_kvguard.values.results import CaseId, CaseResult

__all__ = ["KVSession", "session_key"]


JUDGE_KEY = "KVGUARD_JUDGE_KEY"
"""The environment variable that holds the judge's key; no option does, for command lines are logged."""


class KVSession:
    """Loads the model when the first conversation needs it, keeps results for the summary.

    Attributes:
        options: what the user asked for.
        title: what ran, for the summary; empty until something did.
        runs_in_process: whether the guard's own engine answers, with whatever is in the result store.
        told_contexts: conversations of which a report has told what was kept of their prompt.
    """

    def __init__(self, config: pytest.Config, options: KVOptions) -> None:
        self.config = config
        self.options = options
        self.title = ""
        self.told_contexts: set[tuple[object, ...]] = set()
        self.progress = ProgressLine(config)
        self.runs_in_process = False
        self._runner: Runner | None = None
        self._model: LoadedModel | None = None
        self._broken: Exception | None = None
        self._stored: Stored | None = None
        self._trouble = ""
        self._gates: dict[tuple[object, ...], Mapping[Point, GateResult]] = {}
        self._ratios: dict[tuple[object, ...], Mapping[str, PolicyAdvice]] = {}

    @cached_property
    def masker(self) -> Masker:
        """Hides the secrets of every contract this process has read."""
        from pytest_kvguard.leaks.masking import Masker
        from pytest_kvguard.plugin.mask_key import mask_key

        run = getattr(self.config, "workerinput", {}).get("testrunuid")
        return Masker(lambda: mask_key(run), show=self.options.show_secrets)

    @property
    def has_secrets(self) -> bool:
        """Whether there is anything to mask."""
        return "masker" in vars(self) and not self.masker.is_idle

    @property
    def runner(self) -> Runner:
        """The runner, made on first use."""
        if self._runner is None:
            from pytest_kvguard.evaluation.run_case import Runner

            self._start(self._use_judge)
            backend, null_change = self._start(self._make_backend)
            self.title = backend.title if null_change or not self.options.policies else f"{backend.title}, no null arm"
            self._runner = Runner(backend, null_change)
        return self._runner

    @cached_property
    def goldens(self) -> Goldens:
        """What compares runs with what was recorded."""
        from pytest_kvguard.plugin.goldens import Goldens

        return Goldens(self)

    @cached_property
    def store(self) -> ResultStore:
        """Where results are kept."""
        from pytest_kvguard.plugin.stored_backend import open_store

        return open_store(self, lambda trouble: setattr(self, "_trouble", trouble))

    def close_store(self) -> StoreUse | None:
        """End the use of the store; return what was done with it, None where nothing was."""
        if "store" not in vars(self):
            return None
        from pytest_kvguard.plugin.store_summary import StoreUse

        self.store.close()
        used = self._stored
        return StoreUse(used.found, used.made, self._trouble) if used else StoreUse(trouble=self._trouble)

    @property
    def model_name(self) -> str:
        """The model as the user named it, or what a backend of the user's calls itself."""
        return self.options.model if self._model is not None else self.runner.backend.title

    @property
    def loaded(self) -> LoadedModel | None:
        """The model, if anything has needed it so far."""
        return self._model

    def start_over(self) -> None:
        """Forget what ran; the model stays loaded."""
        from pytest_kvguard.engine.planner import forget_policies

        self._runner, self._broken = None, None
        self._gates.clear()
        forget_policies()

    @property
    def model(self) -> LoadedModel:
        """The loaded model of the in-process engine."""
        if self._model is None:
            self._model = self._start(self._load_model)
        return self._model

    @cached_property
    def float32_model(self) -> PreTrainedModel:
        """The loaded model in float32, whatever type it was loaded in."""
        import copy

        import torch

        model = self.model.model
        return model if model.dtype == torch.float32 else copy.deepcopy(model).float()

    def run(self, conversations: Iterable[Conversation]) -> None:
        """Run what was not run before."""
        runner = self.runner
        try:
            runner.run(conversations, self.progress)
        finally:
            self.progress.close()

    def run_cases(self, cases: Iterable[tuple[Contract, CaseId]]) -> None:
        """Run the conversations of these cases that are still missing, in one batch; then their null arms."""
        runner = self.runner
        try:
            runner.run_cases(cases, self.options.scope, self.progress)
        finally:
            self.progress.close()

    def judge(self, contract: Contract, cases: Mapping[Point, Sequence[CaseId]]) -> Mapping[Point, GateResult]:
        """Judge a contract's gate in all its cells, once; run what it counts, and no more than it needs."""
        key = (contract.path, *cases)
        if key not in self._gates:
            from pytest_kvguard.evaluation.judge_gate import judge_gates

            def run(wanted: Sequence[CaseId]) -> list[CaseResult]:
                self.run_cases((contract, case) for case in wanted)
                return [self.result(contract, case) for case in wanted]

            cells = {(point.policy, point.ratio, point.kernel): members for point, members in cases.items()}
            judged = judge_gates(contract, cells, run)
            self._gates[key] = {point: judged[astuple(point)] for point in cases}
        return self._gates[key]

    def find_ratios(self, contract: Contract, policies: Sequence[str], kernel: str) -> Mapping[str, PolicyAdvice]:
        """Return the largest safe ratio of each policy, searching once for all of them."""
        key = (contract.path, kernel, *policies)
        if key not in self._ratios:
            from pytest_kvguard.evaluation.advise import find_safe_ratios
            from pytest_kvguard.evaluation.measure_frontier import Setting

            setting = Setting(kernel, self.options.scope, self.options.seed)
            runner, grid = self.runner, self.options.ratio_grid
            try:
                found = find_safe_ratios(runner, [contract], policies, grid, setting, self.progress)
            finally:
                self.progress.close()
            self._ratios[key] = {advice.policy: advice for advice in found}
        return self._ratios[key]

    def result(self, contract: Contract, case: CaseId) -> CaseResult:
        """Return the outcome of one case, running what it needs."""
        return self.runner.result(contract, case, self.options.scope)

    def _start(self, make: Any) -> Any:
        """Make something every item needs; what is wrong with it is said once and ends the run."""
        if self._broken is None:
            try:
                return make()
            except (KVGuardError, ValueError) as error:
                self._broken = error
            finally:
                self.progress.close()
        end_run(self.config, f"kvguard: {self._broken}")

    def _make_backend(self) -> tuple[Backend, str]:
        """Return the backend and the harmless change of its null arm."""
        from pytest_kvguard.backends.null_changes import choose_null_change

        custom: Backend | None = self.config.hook.pytest_kvguard_backend(config=self.config)
        if custom is None:
            custom = self._make_endpoints() if self.options.asks_servers else self._make_in_process()
        backend: Backend = custom
        return backend, choose_null_change(backend, self.options.null)

    def _make_in_process(self) -> Backend:
        from pytest_kvguard.plugin.stored_backend import stored_backend

        self.runs_in_process = True
        self._stored = stored_backend(self, lambda: self._start(self._make_engine))
        return self._stored or self._make_engine()

    def _make_engine(self) -> InProcess | OnRay:
        from pytest_kvguard.backends.in_process import InProcess
        from pytest_kvguard.backends.specs import load_all

        load_all(self.options.policies)
        if self.options.executor.name == RAY:
            from pytest_kvguard.plugin.ray_backend import make_ray_backend

            return make_ray_backend(self)
        for kernel in self.options.kernels:
            self.model.check_kernel(kernel)
        return InProcess(self.model, traced=self.options.golden.is_on or self.options.faults.on)

    def _make_endpoints(self) -> Backend:
        from pytest_kvguard.backends.endpoint.address import Address, RequestPolicy
        from pytest_kvguard.backends.endpoint.backend import Endpoints
        from pytest_kvguard.backends.endpoint.chat_server import ChatServer

        wanted = self.options.endpoints
        request_policy = RequestPolicy(wanted.timeout_seconds, wanted.retries, wanted.per_second, wanted.at_once)
        if self.options.launch.is_on:
            return self._launch(request_policy)

        def server(url: str, key: str) -> ChatServer:
            return ChatServer(Address(url, wanted.model, key), request_policy)

        arms = {name: server(url, wanted.key) for name, url in wanted.arms}
        null = server(wanted.null, wanted.baseline_key) if wanted.null else None
        return Endpoints(server(wanted.baseline, wanted.baseline_key), arms, null, wanted.at_once)

    def _launch(self, request_policy: RequestPolicy) -> Backend:
        from pytest_kvguard.backends.launch.arms import LaunchPlan, launch_arms
        from pytest_kvguard.backends.null_changes import AUTO

        wanted, null = self.options.launch, self.options.null
        with_null = null in (AUTO, "server")
        plan = LaunchPlan(
            wanted.engine, self.options.model, wanted.caches, wanted.python, with_null, wanted.start_seconds
        )
        self.progress.announce(
            f"starting {wanted.engine} with an uncompressed cache and with {', '.join(wanted.caches)}"
        )
        backend, stop = launch_arms(plan, request_policy)
        self.config.add_cleanup(stop)
        return backend

    def _use_judge(self) -> None:
        """Tell judge checks whom to ask; without a URL they are told that nobody is."""
        from pytest_kvguard.verifiers.judge import use_judge
        from pytest_kvguard.verifiers.judge_endpoint import JudgeEndpoint

        judge = self.options.judge
        key = os.environ.get(JUDGE_KEY, "")
        use_judge(JudgeEndpoint(judge.url, judge.model, key, judge.timeout_seconds) if judge.url else None)

    def _load_model(self) -> LoadedModel:
        from pytest_kvguard.models.load_model import load_model
        from pytest_kvguard.plugin.worker_device import use_own_device

        use_own_device(self.options.device, getattr(self.config, "workerinput", {}).get("workerid", ""))
        return load_model(self.model_options, self.tell_stage)

    @property
    def model_options(self) -> ModelOptions:
        """Which model is meant, and how it is loaded."""
        from pytest_kvguard.models.model_source import ModelOptions

        options = self.options
        return ModelOptions(options.model, options.device, options.dtype, options.trust_remote_code)

    def tell_stage(self, label: str, done: int, total: int) -> None:
        """Show a bar of a first fetch to who watches, and leave lines on a pipe."""
        if self.progress.visible:
            self.progress(label, done, total)
        else:
            self.progress.announce(f"{label} ({done}/{total})" if done < total else "the default model is ready")


session_key = pytest.StashKey[KVSession]()
