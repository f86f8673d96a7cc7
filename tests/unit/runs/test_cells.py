"""The cells of a run, in the order typed."""

from __future__ import annotations

from fractions import Fraction

import pytest

from kvguard_policies import spec as spec_module
from kvguard_policies.spec import PolicySpec
from pytest_kvguard.errors import UsageError
from pytest_kvguard.runs.cells import cells_of, distinct, read_cells, server_cells
from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.values.cell import ON_SERVER, Cell

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)


def labels(**values: object) -> list[str]:
    """Return what the cells are called that these options name."""
    return [cell.label for cell in read_cells(GivenOptions.of({f"kv_{name}": text for name, text in values.items()}))]


def test_a_run_without_options_is_uncompressed() -> None:
    assert read_cells(GivenOptions()) == (Cell(),)
    assert labels(policy="none", ratio="0.5") == ["uncompressed"]
    assert labels(attn="sdpa,eager") == ["uncompressed", "uncompressed, eager"]


def test_cells_are_policies_by_ratios_by_kernels_in_the_order_typed() -> None:
    assert labels(policy="tova,fair(snapkv(window=8, kernel=3))", ratio="0.75,1/4", attn="eager,sdpa") == [
        "tova 0.75, eager",
        "tova 0.75",
        "tova 0.25, eager",
        "tova 0.25",
        "fair(snapkv(window=8, kernel=3)) 0.75, eager",
        "fair(snapkv(window=8, kernel=3)) 0.75",
        "fair(snapkv(window=8, kernel=3)) 0.25, eager",
        "fair(snapkv(window=8, kernel=3)) 0.25",
    ]


def test_the_ratio_is_a_half_unless_another_is_named() -> None:
    assert labels(policy="snapkv") == ["snapkv 0.5"]
    configured = GivenOptions(typed={"kv_policy": ("snapkv",)}, configured={"kv_ratio": ("0.25,0.5",)})
    assert [cell.ratio for cell in read_cells(configured)] == [QUARTER, HALF]


def test_an_option_that_is_typed_twice_adds_up_and_nothing_runs_twice() -> None:
    assert labels(policy=["snapkv", "knorm, snapkv"], ratio="0.5,1/2,0.50") == ["snapkv 0.5", "knorm 0.5"]


def test_a_policy_that_evicts_nothing_runs_once_at_ratio_0() -> None:
    assert labels(policy="kivi(bits=2),kivi(snapkv),static", ratio="0.25,0.5") == [
        "kivi(bits=2) 0",
        "kivi(snapkv) 0.25",
        "kivi(snapkv) 0.5",
        "static 0",
    ]


def test_a_cache_goes_around_every_policy_or_stands_alone() -> None:
    assert labels(policy="knorm,tova", cache="kivi(bits=4),fp8") == [
        "kivi(knorm, bits=4) 0.5",
        "kivi(tova, bits=4) 0.5",
        "fp8(knorm) 0.5",
        "fp8(tova) 0.5",
    ]
    assert labels(cache="static,kivi") == labels(policy="none", cache="static,kivi") == ["static 0", "kivi 0"]


def test_a_spec_is_parsed_once_for_all_ratios_and_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    parse = spec_module._parse
    monkeypatch.setattr(spec_module, "_parse", lambda text: parsed.append(text) or parse(text))
    given = GivenOptions.of({"kv_policy": "snapkv(window=8)", "kv_ratio": "0.25,0.5,0.75", "kv_attn": "sdpa,eager"})
    cells = read_cells(given)
    assert len(cells) == 6
    assert [cell.compresses for cell in cells] == [True] * 6
    assert len({cell.policy.build() for cell in cells if cell.policy is not None}) == 1
    assert parsed == ["snapkv(window=8)"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"policy": "snapkw"}, "Unknown policy 'snapkw'. Did you mean 'snapkv'?"),
        ({"policy": "keep(snapkw)"}, "Unknown policy 'snapkw' in 'keep(snapkw)'. Did you mean 'snapkv'?"),
        ({"policy": "snapkv("}, "The policy 'snapkv(' cannot be read."),
        ({"cache": "statik"}, "Unknown cache --kv-cache=statik. Did you mean 'static'?"),
        (
            {"cache": "static", "policy": "knorm"},
            "--kv-cache=static decides by itself what it stores and takes no policy",
        ),
        ({"cache": "kivi(snapkw)"}, "Unknown policy 'snapkw' in 'kivi(snapkw)'. Did you mean 'snapkv'?"),
        ({"policy": "snapkv", "ratio": "50"}, "The ratio 50 is outside 0 <= r < 1;"),
        ({"policy": "snapkv", "ratio": "half"}, "The ratio 'half' is not a number."),
        ({"policy": ""}, "--kv-policy is empty. Name a policy, or write --kv-policy=none"),
        ({"policy": "snapkv", "ratio": " , "}, "--kv-ratio is empty. Write the fraction of entries to remove"),
        ({"cache": ""}, "--kv-cache is empty. Name a cache"),
        ({"attn": ""}, "--kv-attn is empty. Name an attention kernel"),
    ],
)
def test_what_cannot_be_read_is_a_usage_error_with_a_remedy(values: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        labels(**values)
    assert str(refused.value).startswith(message)


def test_servers_are_cells_of_their_own() -> None:
    assert server_cells(["q8_0", "q4_0", "q8_0"]) == (
        Cell(server="q8_0", kernel=ON_SERVER),
        Cell(server="q4_0", kernel=ON_SERVER),
    )
    assert server_cells([]) == (Cell(kernel=ON_SERVER),), "the uncompressed server's alone"


def test_cells_can_be_made_of_values_too() -> None:
    spec = PolicySpec("snapkv")
    assert cells_of([spec], [HALF, QUARTER]) == (Cell(spec, HALF), Cell(spec, QUARTER))
    assert cells_of([], [HALF]) == (Cell(),)
    assert distinct([Cell(), Cell(spec, HALF), Cell()]) == (Cell(), Cell(spec, HALF))
