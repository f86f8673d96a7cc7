"""The list of correct things: shipped policies, quantizers and caches, their compositions, and those of users."""

from __future__ import annotations

from kvguard_policies.extras import check_extra
from kvguard_policies.policy import PolicyError
from kvguard_policies.spec import SpecError, load
from kvguard_policies.table import cache_names, names, quantizer_names

__all__ = ["correct_specs", "runnable_specs"]

WRAPPERS = ("adakv", "fair", "keep", "pyramidkv")
"""Shipped policies that are put around others; alone they wrap one of their own, or none."""

COMPOSITIONS = (
    "fair(snapkv)",
    "keep(h2o)",
    "adakv(keydiff)",
    "pyramidkv",
    "keep(adakv(snapkv))",
    "fair(snapkv(window=8), mix=0.5)",
    "kivi(snapkv)",
    "kivi(adakv)",
    "kivi(keep(snapkv), bits=4)",
    "kivi(bits=8, residual=0)",
    "kivi(streaming_llm, group=16, residual=16)",
    "gear(h2o)",
    "gear(bits=8, rank=0)",
    "fp8(snapkv)",
    "sliding(window=24)",
    "static(room=100)",
)

PRESSES = (
    "kvpress:KnormPress()",
    "kvpress:SnapKVPress()",
    "kvpress:StreamingLLMPress()",
    "kvpress:KeyRerotationPress(press=KnormPress())",
    "kvpress:AdaKVPress(press=KnormPress())",
    "kvpress:DecodingPress(base_press=KnormPress(), compression_interval=8, target_size=64)",
    "fair(kvpress:KnormPress())",
    "kivi(kvpress:KnormPress())",
)
"""Presses of kvpress, where it is installed."""

HOME = "pytest_kvguard.faults.correct"
OF_USERS = (
    f"{HOME}.quantizers:SymmetricInt8",
    f"{HOME}.quantizers:PerChannel",
    f"{HOME}.quantizers:PerToken(snapkv)",
    f"{HOME}.quantizers:LayerScale",
    f"{HOME}.policies:ValueNorm",
    f"{HOME}.policies:UnevenHeads",
    f"{HOME}.policies:LateLayers",
    f"{HOME}.policies:HiddenNorm",
    f"fair({HOME}.policies:HiddenNorm)",
    f"{HOME}.own_caches:SinksAndRecent",
    f"{HOME}.own_caches:Shifted",
    f"{HOME}.own_caches:Int8Context",
    f"{HOME}.own_caches:SinksAndRing",
)
"""Policies as users write them."""

NEEDS_ACCELERATOR = "offloaded"


def correct_specs() -> tuple[str, ...]:
    """Return the specs of everything that is correct, whether or not it runs here."""
    shipped = (*names(), *quantizer_names(), *cache_names())
    alone = (name for name in shipped if name not in WRAPPERS and name != NEEDS_ACCELERATOR)
    return (*alone, *COMPOSITIONS, *PRESSES, *OF_USERS)


def runnable_specs() -> tuple[str, ...]:
    """Return the specs whose packages are installed here."""
    return tuple(spec for spec in correct_specs() if _can_be_created(spec))


def _can_be_created(spec: str) -> bool:
    try:
        if "kvpress:" in spec:
            check_extra("kvpress", spec)
        load(spec)
    except (PolicyError, SpecError):
        return False
    return True
