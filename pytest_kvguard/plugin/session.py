"""The object that hooks and items share: it creates model, backend and runner once and keeps results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import pytest

from pytest_kvguard.errors import KVGuardError
from pytest_kvguard.plugin.no_skips import without_skips
from pytest_kvguard.plugin.options.plugin_options import PluginOptions
from pytest_kvguard.plugin.progress import ProgressLine
from pytest_kvguard.plugin.workers.ending import end_run
from pytest_kvguard.runs.settings import RunSettings
from pytest_kvguard.values.cell import Cell

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from pytest_kvguard.backends.protocol import Backend
    from pytest_kvguard.contract.model import Contract
    from pytest_kvguard.evaluation.run_case import Conversation, Runner
    from pytest_kvguard.leaks.masking import Masker
    from pytest_kvguard.models.load_model import LoadedModel
    from pytest_kvguard.plugin.accepted.acceptance import Acceptance
    from pytest_kvguard.plugin.goldens.judge import Goldens
    from pytest_kvguard.result_store.store import ResultStore
    from pytest_kvguard.values.frontier import PolicyAdvice
    from pytest_kvguard.values.gates import GateResult
    from pytest_kvguard.values.results import CaseId, CaseResult

__all__ = ["KVSession", "session_key"]

Part = TypeVar("Part")


class KVSession:
    """Loads the model when a conversation first needs it, and keeps results.

    Attributes:
        options: the user's options.
        title: the backend's title; empty until a conversation runs.
        runs_in_process: whether this process's own engine generates the replies that are not in the result store.
        recorded_contexts: conversation → id of the test whose events say which of its tokens were kept.
    """

    def __init__(self, config: pytest.Config, options: PluginOptions) -> None:
        self.config = config
        self.options = options
        self.title = ""
        self.recorded_contexts: dict[tuple[object, ...], str] = {}
        self.progress = ProgressLine(config)
        self.runs_in_process = False
        self._runner: Runner | None = None
        self._model: LoadedModel | None = None
        self._start_error: Exception | None = None
        self._store_trouble = ""
        self._has_users_backend = False
        self._gates: dict[tuple[object, ...], Mapping[Cell, GateResult]] = {}
        self._ratios: dict[tuple[object, ...], Mapping[str, PolicyAdvice]] = {}

    @property
    def settings(self) -> RunSettings:
        """The settings of the run."""
        return self.options.run

    @cached_property
    def masker(self) -> Masker:
        """The masker of the secrets in every contract that this process has read."""
        from pytest_kvguard.leaks.masking import Masker
        from pytest_kvguard.runs.mask_key import mask_key

        run = getattr(self.config, "workerinput", {}).get("testrunuid")
        return Masker(lambda: mask_key(run), show=self.options.show_secrets)

    @property
    def has_secrets(self) -> bool:
        """Whether a contract of this process holds secrets to mask."""
        return "masker" in vars(self) and not self.masker.is_idle

    @property
    def runner(self) -> Runner:
        """The runner, created on first use."""
        if self._runner is None:
            from pytest_kvguard.evaluation.run_case import Runner

            self._start(self._use_judge)
            backend, null_change = self._start(self._make_backend)
            has_null_arm = null_change or not self.settings.compressed_cells
            self.title = backend.title if has_null_arm else f"{backend.title}, no null arm"
            self._runner = Runner(backend, null_change)
        return self._runner

    @cached_property
    def goldens(self) -> Goldens:
        """The goldens of this process: they are compared with runs, or recorded."""
        from pytest_kvguard.plugin.goldens.judge import Goldens

        model = self.settings.model.name if self._model is not None else self.runner.backend.title
        return Goldens(self.options.golden, model, self.settings.scope, self.masker)

    @cached_property
    def acceptance(self) -> Acceptance:
        """The accepted losses of this process: they are compared with results."""
        from pytest_kvguard.plugin.accepted.acceptance import Acceptance
        from pytest_kvguard.runs.identity import RunIdentity

        settings, backend = self.settings, self.runner.backend
        is_own, keeps = not self._has_users_backend, settings.store.is_on and not settings.asks_servers

        def revision() -> str:
            return str(getattr(self.model.model.config, "_commit_hash", None) or "")

        identity = RunIdentity(settings, backend, is_own, revision, self._store if is_own and keeps else None)
        return Acceptance(self.options.accept, identity, settings.scope)

    def orders_run(self, contract: Contract, cell: Cell) -> int | None:
        """Return the number of orders after which a contract's gate was decided; None if it was not judged."""
        judged = (results[cell] for key, results in self._gates.items() if key[0] == contract.path and cell in results)
        return next((result.orders_run for result in judged), None)

    @cached_property
    def _store(self) -> ResultStore:
        from pytest_kvguard.runs.backend import open_store

        return open_store(self.settings, lambda trouble: setattr(self, "_store_trouble", trouble))

    def close_store(self) -> dict[str, object] | None:
        """Close the result store and return counts of its use; None if the run did not use it."""
        if "_store" not in vars(self):
            return None
        from pytest_kvguard.backends.stored import Stored

        self._store.close()
        backend = self._runner.backend if self._runner else None
        reused, computed = (backend.reused, backend.computed) if isinstance(backend, Stored) else (0, 0)
        return {"looked_up": reused, "computed": computed, "trouble": self._store_trouble}

    @property
    def loaded(self) -> LoadedModel | None:
        """The model if it is loaded already, else None."""
        return self._model

    @property
    def model(self) -> LoadedModel:
        """The model in this process, loaded on first use."""
        return self._loaded_model()

    def _loaded_model(self, for_contracts: bool = False) -> LoadedModel:
        if self._model is None:
            self._model = self._start(lambda: self._load_model(for_contracts))
        return self._model

    @cached_property
    def float32_model(self) -> PreTrainedModel:
        """The loaded model, converted to float32 if it has another type."""
        import copy

        import torch

        model = self.model.model
        return model if model.dtype == torch.float32 else copy.deepcopy(model).float()

    def start_over(self) -> None:
        """Forget all results; the model stays loaded."""
        from pytest_kvguard.engine.planner import forget_policies

        self._runner, self._start_error = None, None
        self._gates.clear()
        forget_policies()

    def run(self, conversations: Iterable[Conversation]) -> None:
        """Run the conversations that have no result yet."""
        runner = self.runner
        try:
            with without_skips():
                runner.run(conversations, self.progress)
        finally:
            self.progress.close()

    def run_cases(self, cases: Iterable[tuple[Contract, CaseId]]) -> None:
        """Run the conversations of these cases that have no result yet, in one batch; then their null arms."""
        runner = self.runner
        try:
            with without_skips():
                runner.run_cases(cases, self.settings.scope, self.progress)
        finally:
            self.progress.close()

    def result(self, contract: Contract, case: CaseId) -> CaseResult:
        """Return the result of one case, and run its conversations if they have not run yet."""
        with without_skips():
            return self.runner.result(contract, case, self.settings.scope)

    def judge(self, contract: Contract, cases: Mapping[Cell, Sequence[CaseId]], file: str) -> Mapping[Cell, GateResult]:
        """Return the gate's result in each cell, running only the cases that the gate needs; judged once.

        Args:
            contract: the contract with the gate.
            cases: by cell, every case that the gate counts.
            file: the contract's file, as in node ids; losses that were accepted for it do not count.
        """
        key = (contract.path, *cases)
        if key not in self._gates:
            from pytest_kvguard.evaluation.judge_gate import judge_gates

            def run(members: Sequence[CaseId]) -> list[CaseResult]:
                self.run_cases((contract, case) for case in members)
                results = [self.result(contract, case) for case in members]
                return [against(file, contract, result) for result in results] if against else results

            against = self.acceptance.relative if self.options.accept.is_on else None
            self._gates[key] = judge_gates(contract, cases, run, may_stop_early=not self.options.accept.update)
        return self._gates[key]

    def find_ratios(self, contract: Contract, cells: Sequence[Cell]) -> Mapping[str, PolicyAdvice]:
        """Return the advice for each policy, from one search for all of them; the cells must share a kernel."""
        kernel, policies = cells[0].kernel, [cell.policy for cell in cells if cell.policy is not None]
        key = (contract.path, kernel, *policies)
        if key not in self._ratios:
            from pytest_kvguard.evaluation.advise import find_safe_ratios
            from pytest_kvguard.evaluation.measure_frontier import FrontierSettings
            from pytest_kvguard.evaluation.ratio_search import default_grid

            settings = FrontierSettings(kernel, self.settings.scope, self.settings.seed)
            runner, grid = self.runner, self.settings.ratios or default_grid()
            try:
                with without_skips():
                    advices = find_safe_ratios(runner, [contract], policies, grid, settings, self.progress)
            finally:
                self.progress.close()
            self._ratios[key] = {advice.policy: advice for advice in advices}
        return self._ratios[key]

    def _start(self, make: Callable[[], Part]) -> Part:
        """Return a part that every item needs; its first error is reported once and ends the run."""
        if self._start_error is None:
            try:
                return make()
            except (KVGuardError, ValueError) as error:
                self._start_error = error
            finally:
                self.progress.close()
        end_run(self.config, f"kvguard: {self._start_error}")

    def _make_backend(self) -> tuple[Backend, str]:
        """Return the backend, and the harmless change of its null arm."""
        from pytest_kvguard.backends.null_changes import choose_null_change
        from pytest_kvguard.runs.backend import BackendMaker

        backend: Backend | None = self.config.hook.pytest_kvguard_backend(config=self.config)
        self._has_users_backend = backend is not None
        if backend is None:
            self.runs_in_process = not self.settings.asks_servers
            self._use_own_device()
            golden, faults = self.options.golden.is_on, self.options.faults.on
            maker = BackendMaker(
                self.settings,
                lambda: self._loaded_model(for_contracts=True),
                self.config.add_cleanup,
                self.progress.announce,
                self._tell_stage,
                self._start,
                traced=golden or faults,
            )
            # Goldens compare real runs, and a fault shows only in code that runs: neither may reuse results.
            uses_store = self.settings.store.is_on and self.runs_in_process and not golden and not faults
            backend = maker.make(self._store if uses_store else None)
        return backend, choose_null_change(backend, self.settings.null)

    def _use_judge(self) -> None:
        """Set the endpoint that judge checks ask; without a URL there is none."""
        from pytest_kvguard.verifiers.judge import use_judge
        from pytest_kvguard.verifiers.judge_endpoint import JudgeEndpoint

        judge = self.settings.judge
        use_judge(JudgeEndpoint(judge.url, judge.model, judge.key, judge.timeout_seconds) if judge.url else None)

    def _load_model(self, for_contracts: bool) -> LoadedModel:
        from pytest_kvguard.models.load_model import load_model

        self._use_own_device()
        return load_model(self.settings.model, self._tell_stage, for_contracts)

    def _use_own_device(self) -> None:
        from pytest_kvguard.plugin.workers.device import use_own_device

        use_own_device(self.settings.model.device, getattr(self.config, "workerinput", {}).get("workerid", ""))

    def _tell_stage(self, label: str, done: int, total: int) -> None:
        """Show the stages of a first download: on a terminal as a progress line, on a pipe as permanent lines."""
        if self.progress.visible:
            self.progress(label, done, total)
        else:
            self.progress.announce(f"{label} ({done}/{total})" if done < total else "the default model is ready")


session_key = pytest.StashKey[KVSession]()
