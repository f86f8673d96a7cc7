"""``--kv-no-code``: contracts, models and ini files of strangers run without any code that they bring along."""

from __future__ import annotations

from kvguard_policies.spec import PolicySpec, SpecError, split_specs
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.errors import ContractError, UsageError
from pytest_kvguard.runs.given import GivenOptions, shown
from pytest_kvguard.runs.options import option_named

__all__ = ["refuse_code", "require_no_code"]

RUN_CODE = ("kv_trust_remote_code", "kv_server_python", "kv_faults_only")
"""Options that name code to run, or allow it."""


def require_no_code(given: GivenOptions) -> None:
    """Raise ``UsageError`` if ``--kv-no-code`` is set beside an option that runs code."""
    if not given.is_on("kv_no_code"):
        return
    for name in RUN_CODE:
        option = option_named(name)
        if given.is_on(name) if option.is_flag else given.every(name):
            raise UsageError(f"{option.string} runs code, which --kv-no-code forbids. Leave one of them out.")
    for name in ("kv_policy", "kv_cache"):
        for spec in (spec for text in given.every(name) for spec in split_specs(text)):
            if _names_code(spec):
                raise UsageError(
                    f"{option_named(name).string}={shown(spec)} names code by its path, which --kv-no-code forbids. "
                    "Name a policy that is installed, or leave --kv-no-code out."
                )


def _names_code(spec: str) -> bool:
    try:
        return PolicySpec(spec).names_code
    except SpecError:  # reading the option reports it
        return False


def refuse_code(contract: Contract) -> None:
    """Raise ``ContractError`` for a contract with a check that names a Python function."""
    for part in contract.instructions:
        for value in (value for name, value in part.all_checks if name == "python"):
            raise ContractError(
                f"the check python: {value!r} of instruction {part.id!r} runs code, which --kv-no-code forbids. Read "
                "the function and leave the option out, or remove the check.",
                contract.path,
                part.line,
            )
