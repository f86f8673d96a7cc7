"""The recorder of one context: the attention function feeds it, policies read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from kvguard_policies.records import AttentionCall, Layout, LogitRule, Need, PolicyError, RotaryTable

__all__ = ["CallRecorder", "Recorder"]


class Recorder:
    """Records, layer by layer, the observations that policies need.

    Attributes:
        layout: the context's instruction spans.
        observed: by layer, the results of the needs.
        windows: the window or chunk in tokens of each layer that has one.
        longest: the most tokens that the model reads; a layer whose window is shorter is not observed.
        expansions: of each layer that caches latents, the function that makes keys and values of them.
        recent: by layer, the newest queries (H, G, W, D) float32; only while ``hold_recent``.
    """

    def __init__(
        self,
        needs: Iterable[Need],
        layout: Layout,
        rotary: Callable[[int], RotaryTable],
        hold_recent: bool = False,
    ) -> None:
        self.needs = tuple(needs)
        self.layout = layout
        self.rotary = rotary
        self.observed: dict[int, dict[Need, Tensor]] = {}
        self.windows: dict[int, int] = {}
        self.expansions: dict[int, Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]] = {}
        self.longest = layout.tokens
        self.recent: dict[int, Tensor] = {}
        windows = (need.observation.query_window or 1 for need in self.needs)
        self._recent_queries = max(windows, default=0) if hold_recent else 0

    def observes(self, layer: int) -> bool:
        """Return whether a layer sees everything that the model reads."""
        return self.windows.get(layer, self.longest) >= self.longest

    @torch.no_grad()
    def observe(self, layer: int, query: Tensor, key: Tensor, rule: LogitRule) -> None:
        """Measure all needs on a whole prefill.

        Args:
            layer: index in the model.
            query: (1, Hq, T, D), rotated.
            key: (1, H, T, D), rotated.
            rule: how the layer computes its weights.
        """
        if not (self.needs or self._recent_queries):
            self.observed[layer] = {}
            return
        positions = torch.arange(key.shape[2], device=key.device)
        call = self._call(layer, query, key[0], rule, positions)
        spans = self.layout.group_ids(positions)
        self.observed[layer] = {need: need.observation.measure(_restrict(call, need, spans)) for need in self.needs}
        if self._recent_queries:
            self.recent[layer] = call.queries[:, :, -self._recent_queries :].float().clone()

    @torch.no_grad()
    def advance(self, layer: int, query: Tensor, keys: Tensor, rule: LogitRule, position: int) -> None:
        """Update all needs after one generated token.

        Args:
            layer: index in the model.
            query: (1, Hq, 1, D), the token's rotated query.
            keys: (H, S, D), all keys of the cache, the token's own last.
            rule: how the layer computes its weights.
            position: the token's true position.
        """
        if not self._recent_queries:
            return
        call = self._call(layer, query, keys, rule, torch.tensor([position], device=keys.device))
        window = min(self._recent_queries, keys.shape[1])
        recent = torch.cat([self.recent[layer], call.queries.float()], dim=2)[:, :, -window:]
        self.recent[layer] = recent
        call = replace(call, queries=recent)
        states = self.observed[layer]
        for need in self.needs:
            states[need] = need.observation.advance(states[need], call)

    def evict(self, layer: int, kept: Sequence[Tensor]) -> None:
        """Remove the observations of evicted entries; ``kept`` holds the (n,) int64 kept indices of each KV head."""
        states = self.observed.get(layer, {})
        for need, state in states.items():
            if need.observation.per_key:
                shared = len(state) // len(kept)  # heads that read the same latents
                parts = (s.index_select(-1, kept[head // shared]) for head, s in enumerate(state))
                states[need] = torch.stack(list(parts))

    def _call(self, layer: int, query: Tensor, keys: Tensor, rule: LogitRule, positions: Tensor) -> AttentionCall:
        """Return the call with queries in the model's dtype, since most needs read, and convert, only a few of them."""
        heads, _, size = keys.shape
        if query.shape[-1] != size:
            raise PolicyError(
                f"Layer {layer} asks with queries of {query.shape[-1]} dimensions for keys of {size}, so attention "
                "cannot be recorded. Use a policy that reads no attention, e.g. knorm or keydiff."
            )
        queries = query[0].reshape(heads, -1, query.shape[2], size)
        sinks = None if rule.sinks is None else rule.sinks.detach().float().view(heads, -1)
        bias = None if rule.bias is None else rule.bias[:, : keys.shape[1]].float().unflatten(0, (heads, -1))
        return AttentionCall(
            queries, keys.float(), rule.scaling, positions, self.rotary(layer), rule.softcap, sinks=sinks, bias=bias
        )


class CallRecorder(Recorder):
    """Collects the queries of a prefill in several calls, and passes them to the context's recorder at the end."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder.needs, recorder.layout, recorder.rotary)
        self.windows, self.expansions = recorder.windows, recorder.expansions
        self._recorder = recorder
        self._queries: dict[int, list[Tensor]] = {}
        self._rules: dict[int, LogitRule] = {}

    def reuse_prefix(self, other: Recorder, queries: Mapping[int, Tensor], tokens: int) -> None:
        """Start with the first ``tokens`` tokens of another context, whose queries (1, Hq, n, D) are given by layer."""
        self.windows.update(other.windows)
        self.expansions.update(other.expansions)
        if self.needs:
            self._queries = {layer: [query[:, :, :tokens]] for layer, query in queries.items() if self.observes(layer)}

    def observe(self, layer: int, query: Tensor, key: Tensor, rule: LogitRule) -> None:
        """Collect the queries of the first call."""
        self._rules[layer] = rule
        if self.needs:
            self._queries.setdefault(layer, []).append(query)

    def advance(self, layer: int, query: Tensor, keys: Tensor, rule: LogitRule, position: int) -> None:
        """Collect the queries of a later call."""
        self.observe(layer, query, keys, rule)

    def finish(self, keys: Sequence[Tensor], tokens: int) -> Mapping[int, Tensor]:
        """Measure the needs of the context's recorder on the whole context.

        Args:
            keys: by layer, (1, H, T, D).
            tokens: how many queries to return.

        Returns:
            By layer, the first queries (1, Hq, tokens, D); empty if there are no needs.
        """
        first: dict[int, Tensor] = {}
        for layer, rule in self._rules.items():
            if self.needs:
                queries = torch.cat(self._queries.pop(layer), dim=2)
                self._recorder.observe(layer, queries, keys[layer], rule)
                first[layer] = queries[:, :, :tokens].clone()
            else:
                self._recorder.observed[layer] = {}
        return first


def _restrict(call: AttentionCall, need: Need, spans: Tensor) -> AttentionCall:
    """Return the part of a call that a need reads: its newest queries, within its instruction span if it has one."""
    queries, keys, positions, bias = call.queries, call.keys, call.positions, call.bias
    window = need.observation.query_window or len(positions)
    if need.group is None:
        queries, positions = queries[:, :, -window:], positions[-window:]
    else:
        members = (spans == need.group).nonzero()[:, 0]
        newest = members[-window:]
        queries, keys, positions = queries[:, :, newest], keys[:, members], positions[newest]
        bias = None if bias is None else bias[:, :, members]
    return replace(call, queries=queries.float(), keys=keys, positions=positions, bias=bias)
