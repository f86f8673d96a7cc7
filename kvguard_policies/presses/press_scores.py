"""The scores of a ScorerPress as a policy that ``keep``, ``fair``, budgets and quantizers can wrap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from kvguard_policies.hf_cache import cache_argument
from kvguard_policies.policy import LayerRecord, Layout, Need, Policy, PolicyError, Scores
from kvguard_policies.presses.containment import attention_modules, import_kvpress, restore_afterwards
from kvguard_policies.presses.spec import make_press
from kvguard_policies.records import ModelObservation

__all__ = ["PressScores"]


@dataclass(frozen=True)
class PressScores(Policy):
    """Score an entry as a ScorerPress of kvpress does; budgets and selection are those of this package.

    Source: kvpress 0.5.5, ``ScorerPress.score``. Differs: budgets and ties are ours; inside ``fair`` the press gets
    the hidden states, keys, values and rotations of one instruction span alone.
    """

    name: ClassVar[str] = "kvpress"
    decodes: ClassVar[bool] = False
    text: str

    def __post_init__(self) -> None:
        press = make_press(self.text)
        if not isinstance(press, import_kvpress().ScorerPress):
            raise PolicyError(
                f"kvpress:{self.text} is no ScorerPress, so it has no scores that another policy could use. Write it "
                "alone, or put a ScorerPress there, e.g. kvpress:SnapKVPress"
            )

    @property
    def spec(self) -> str:
        """The canonical spec string."""
        return f"kvpress:{self.text}"

    def needs(self, layout: Layout) -> frozenset[Need]:
        """See ``Policy.needs``."""
        return frozenset({Need(_MeasuredScores(self.text))})

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        values = layer.result(_MeasuredScores(self.text))[:, 0]
        return Scores(values, torch.zeros(values.shape, dtype=torch.int8, device=values.device))


@dataclass(frozen=True)
class _MeasuredScores(ModelObservation):
    """The scores that a press gives the tokens, (H, 1, S)."""

    text: str

    def measure_model(self, model: PreTrainedModel, token_ids: Tensor, tokens: Tensor) -> Mapping[int, Tensor]:
        """See ``ModelObservation``."""
        scores: dict[int, Tensor] = {}
        press, cache, body = make_press(self.text), DynamicCache(), _body(model)
        with restore_afterwards(model):
            press.post_init_from_model(model)
            for module in attention_modules(model):
                module.rotary_emb = body.rotary_emb
                module.register_forward_hook(_scoring(press, tokens, scores), with_kwargs=True)
            try:
                body(input_ids=token_ids, **cache_argument(body, cache))
            except Exception as error:
                words = " ".join(str(error).split()) or "no message"
                raise PolicyError(
                    f"kvpress:{self.text} broke while scoring {len(tokens)} tokens: {type(error).__name__}: {words}"
                ) from error
        return scores


def _body(model: PreTrainedModel) -> Any:
    body: Any = model.model
    return getattr(body, "language_model", body)


def _scoring(press: Any, tokens: Tensor, scores: dict[int, Tensor]) -> Any:
    def hook(module: Any, _: Any, kwargs: dict[str, Any], output: Any) -> None:
        layer = kwargs["past_key_values"].layers[module.layer_idx]
        states = kwargs["hidden_states"][:, tokens]
        keys, values = layer.keys[:, :, tokens], layer.values[:, :, tokens]
        attentions = None if output[1] is None else output[1][:, :, tokens][..., tokens]
        rotations = tuple(table[:, tokens] for table in kwargs["position_embeddings"])
        # Some presses read the states from the keyword arguments.
        inner = {**kwargs, "hidden_states": states, "position_embeddings": rotations}
        scored = press.score(module, states, keys, values, attentions, inner)
        scores[module.layer_idx] = scored[0, :, None].float()

    return hook
