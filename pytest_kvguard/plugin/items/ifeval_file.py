"""``--kv-ifeval``: a file in IFEval's format as pytest nodes, file → row → one item per instruction and cell."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.pathlib import bestrelpath

from pytest_kvguard.plugin.items.contract_file import ProbeNode
from pytest_kvguard.plugin.items.contract_item import BrokenContract
from pytest_kvguard.plugin.options.ifeval import IFEvalOptions
from pytest_kvguard.plugin.session import session_key

__all__ = ["IFEvalFile", "add_ifeval_argument", "collect_ifeval"]


def _options(config: pytest.Config) -> IFEvalOptions | None:
    return config.stash[session_key].options.ifeval


def add_ifeval_argument(config: pytest.Config) -> None:
    """Add the file to the paths that pytest collects.

    A typed ``--kv-ifeval`` counts as a typed path. A file named in the ini file is added only if no path is typed.
    """
    options = _options(config)
    if options is None or any(_is_same(Path(arg.partition("::")[0]), options.path, config) for arg in config.args):
        return
    argument = "::".join(filter(None, (str(options.path), options.selection)))
    paths_typed = config.args_source is pytest.Config.ArgsSource.ARGS
    if config.getoption("kv_ifeval"):
        config.args = [*(config.args if paths_typed else ()), argument]
    elif not paths_typed:
        config.args = [*config.args, argument]


def _is_same(path: Path, other: Path, config: pytest.Config) -> bool:
    return (config.invocation_params.dir / path).resolve() == other.resolve()


def collect_ifeval(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Return a node if this is the file of ``--kv-ifeval``, else None."""
    options = _options(parent.config)
    if options is None or not _is_same(file_path, options.path, parent.config):
        return None
    # pytest would give a file outside the root folder an empty id.
    nodeid = bestrelpath(parent.config.rootpath, file_path).replace(os.sep, "/")
    return IFEvalFile.from_parent(parent, path=file_path, nodeid=nodeid, options=options)


class IFEvalFile(pytest.File):
    """The node of the file; a row that cannot be read becomes one failing item."""

    def __init__(self, *, options: IFEvalOptions, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.options = options

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Yield a node per row."""
        from pytest_kvguard.contract.ifeval_file import read_ifeval
        from pytest_kvguard.errors import ContractError

        options = self.options
        for row in read_ifeval(self.path, options.limit, options.mode, options.max_new_tokens):
            if isinstance(row, ContractError):
                yield BrokenContract.from_parent(self, name=f"line{row.line}", error=row)
            else:
                yield ProbeNode.from_parent(self, name=row.probes[0].id, contract=row, orders=(row.written_order,))

    rerun_prefix = "--kv-ifeval="
    """Prefix of node ids in rerun commands. With a bare path, pytest would not load the current folder's conftest."""
