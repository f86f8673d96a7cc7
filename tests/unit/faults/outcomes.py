"""A small measurement with one outcome of every kind."""

from __future__ import annotations

from pytest_kvguard.faults.outcome import (
    CAUGHT,
    CONTRACT,
    EQUIVALENT,
    GOLDEN,
    INVARIANT,
    SURVIVED,
    FaultMeasurement,
    FaultOutcome,
    Notice,
    RefactorOutcome,
)

INDICES = Notice(GOLDEN, "test_recording[snapkv]", "kept differs: long, layer 0")
PROMISE = Notice(INVARIANT, "test_invariant[snapkv-rows-moved]", "BROKEN rows-moved")
LOST = Notice(CONTRACT, "shop.kv.yaml::opening::hours", "LOST: contains \x1b[31m'9:30'")

MEASURED = FaultMeasurement(
    faults=(
        FaultOutcome("k-moved-v-not", "cache", "ggml-org/llama.cpp#14081", CAUGHT, (LOST, PROMISE), seconds=1.25),
        FaultOutcome("scale-dropped", "quantizer", "vllm#42580", EQUIVALENT, why="no policy quantizes"),
        FaultOutcome("window-tie", "policy", "NVIDIA/kvpress#226", SURVIVED, why="ran, and no test failed"),
        FaultOutcome("wrong-end", "policy", "JaydenLyh/Reward-Forcing#5", CAUGHT, (INDICES,)),
    ),
    refactors=(RefactorOutcome("gather-order", True), RefactorOutcome("index-dtype", False, (INDICES,))),
    layers=(INVARIANT, GOLDEN, CONTRACT),
    tests=12,
    seconds=34.56,
)
