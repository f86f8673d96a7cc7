"""Runs and commands that are killed at any moment: what was finished stays, and nothing half-written is read.

The moments are those in which a process touches the user's files, in the middle of every write too, and others by the
clock. After each the same command runs again, and ends as it would have done undisturbed.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from pytest_kvguard.golden.store import GoldenStore
from tests.plugin.killed_runs import Ended, KillServer, change_model, copies, lay_out, spread, stored_replies, timeless

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")

KILLED = -signal.SIGKILL
REPORTS = ("run.json", "run.html", "run.txt")
RUN = (
    "pytest", "--kv-policy=snapkv,knorm", "--kv-store-dir=results", "--junitxml=run.xml",
    *(f"--kv-report={kind}:run.{ending}" for kind, ending in (("json", "json"), ("html", "html"), ("text", "txt"))),
)  # fmt: skip
GOLDEN = ("pytest", "--kv-policy=snapkv,knorm", "--kv-golden=update", "--kv-no-store")
ACCEPT = ("pytest", "--kv-policy=snapkv,knorm", "--kv-accept=update", "--kv-no-store")
MOMENTS, CLOCKS = 16, 5


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillServer]:
    server = KillServer(tmp_path_factory.mktemp("server"))
    yield server
    server.close()


def contents(folder: Path, *names: str) -> dict[str, str]:
    """Return the reports in a folder without their times."""
    return {name: timeless((folder / name).read_bytes()) for name in names or REPORTS if (folder / name).exists()}


def deaths(calm: Ended, most: int = MOMENTS, clocks: int = CLOCKS) -> list[dict[str, float]]:
    """Return when to kill a command that has this course if nobody disturbs it."""
    assert calm.code == 0, calm.screen
    random = Random(calm.moments)
    by_clock: list[dict[str, float]] = [{"seconds": random.uniform(0.02, calm.seconds)} for _ in range(clocks)]
    return [*({"moment": moment} for moment in spread(calm.moments, most)), *by_clock]


def kill(server: KillServer, folder: Path, words: tuple[str, ...], death: dict[str, float]) -> None:
    ended = server.run(folder, *words, **death)
    assert ended.code == KILLED or "seconds" in death, ended.screen


@pytest.fixture(scope="module")
def earlier(server: KillServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with reports of an earlier run, of another model, whose replies are stored."""
    folder = lay_out(tmp_path_factory.mktemp("runs") / "earlier", "closed")
    assert server.run(folder, *RUN).code == 0
    change_model(folder, "open at 9:30")
    return folder


@pytest.fixture(scope="module")
def undisturbed(server: KillServer, earlier: Path) -> tuple[Path, Ended]:
    folder = earlier.with_name("undisturbed")
    shutil.copytree(earlier, folder)
    return folder, server.run(folder, *RUN)


def test_a_killed_run_keeps_its_replies_and_no_report_is_half_written(
    server: KillServer, earlier: Path, undisturbed: tuple[Path, Ended]
) -> None:
    folder, calm = undisturbed
    old, new = contents(earlier), contents(folder)
    assert old.keys() == new.keys() and all(old[name] != new[name] for name in old)
    times, reused = deaths(calm), set()
    for death, copy in zip(times, copies(earlier, len(times), "killed"), strict=True):
        kill(server, copy, RUN, death)
        left = contents(copy)
        assert all(left[name] in (old[name], new[name]) for name in REPORTS), death
        finished = stored_replies(copy) - stored_replies(earlier)
        again = server.run(copy, *RUN)
        assert (again.code, contents(copy)) == (0, new), (death, again.screen)
        assert again.reused >= finished, death
        reused.add(finished)
    assert len(reused) > 3, "the moments are spread over the run"


def test_a_killed_run_over_two_workers_keeps_its_replies(
    server: KillServer, earlier: Path, undisturbed: tuple[Path, Ended]
) -> None:
    pytest.importorskip("xdist")
    words, new = (*RUN, "-p", "xdist", "-n2"), contents(undisturbed[0])
    for second, copy in zip((0.9, 1.4, 1.9), copies(earlier, 3, "spread"), strict=True):
        kill(server, copy, words, {"seconds": second})
        finished = stored_replies(copy) - stored_replies(earlier)
        again = server.run(copy, *words)
        assert (again.code, contents(copy)) == (0, new), again.screen
        assert again.reused >= finished


def test_a_killed_update_leaves_goldens_that_are_the_old_or_the_new_ones(server: KillServer, tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "earlier", "closed")
    assert server.run(folder, *GOLDEN).code == 0
    old = goldens(folder)
    change_model(folder, "open at 9:30")
    calm_folder = shutil.copytree(folder, tmp_path / "undisturbed")
    calm = server.run(calm_folder, *GOLDEN)
    new = goldens(calm_folder)
    assert old.keys() == new.keys() and all(old[key] != new[key] for key in old)
    times, updated = deaths(calm, clocks=2), set()
    for death, copy in zip(times, copies(folder, len(times), "killed"), strict=True):
        kill(server, copy, GOLDEN, death)
        left = goldens(copy)
        assert left.keys() == old.keys() and all(left[key] in (old[key], new[key]) for key in old), death
        updated.add(sum(left[key] == new[key] for key in old))
        again = server.run(copy, *GOLDEN)
        assert (again.code, goldens(copy)) == (0, new), (death, again.screen)
    assert len(updated) > 1, "the moments are spread over the run"


def test_a_killed_update_of_accepted_losses_leaves_the_old_file_or_the_new_one(
    server: KillServer, tmp_path: Path
) -> None:
    folder = lay_out(tmp_path / "earlier")
    for path in folder.glob("*.kv.yaml"):
        path.write_text(path.read_text().replace('contains: "9:30"', "contains: none"))  # only uncompressed replies do
    file = "kvguard.accepted.yaml"
    assert server.run(folder, *ACCEPT, "shop.kv.yaml").code == 0
    old = (folder / file).read_bytes()
    calm_folder = shutil.copytree(folder, tmp_path / "undisturbed")
    calm = server.run(calm_folder, *ACCEPT)
    new = (calm_folder / file).read_bytes()
    assert (old.count(b"contract:"), new.count(b"contract:")) == (2, 4)
    times, left = deaths(calm, clocks=2), set()
    for death, copy in zip(times, copies(folder, len(times), "killed"), strict=True):
        kill(server, copy, ACCEPT, death)
        left.add((copy / file).read_bytes())
        again = server.run(copy, *ACCEPT)
        assert (again.code, (copy / file).read_bytes()) == (0, new), (death, again.screen)
        assert not list(copy.glob(f".{file}.*")), death
    assert left == {old, new}, "the moments are spread over the update"


def goldens(folder: Path) -> dict[str, str]:
    """Return what each golden of a folder holds; raises if one cannot be read."""
    [manifest] = folder.glob("golden/*/manifest.json")
    store = GoldenStore(manifest.parent)
    return {key.title: repr(store.read(key)) for key in store.recorded_keys()}


STORE = "from pathlib import Path\nfrom pytest_kvguard.result_store.store import ResultStore\n" + (
    "store = ResultStore(Path('results'), 1 << 20)\n"
)
GOLDENS = "from pathlib import Path\nfrom tests.fuzz.test_goldens import KEY, GoldenStore\n" + (
    "from tests.recordings import recording, turn\nstore = GoldenStore(Path('golden'), 'small')\n"
)
OUTPUT = "from pathlib import Path\nfrom pytest_kvguard.commands.output_file import write_json, write_output\n"
MASK_KEY = "import os\nfrom pytest_kvguard.runs.mask_key import _stored_key\nos.urandom = lambda size: b'k' * size\n"
WRITERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "init": ((), ("init", ".")),
    "new": ((), ("new", "contracts/mine.kv.yaml")),
    "lengths": ((), ("lengths", "run.json", "--json=lengths.json")),
    "a plot over an earlier one": (
        ("python", f"{OUTPUT}write_output(Path('plot.png'), b'1' * 99_999)"),
        ("python", f"{OUTPUT}write_output(Path('plot.png'), b'2' * 99_999)"),
    ),
    "advice over an earlier one": (
        ("python", f"{OUTPUT}write_json('advise', Path('advice.json'), {{'safe': 0.5}})"),
        ("python", f"{OUTPUT}write_json('advise', Path('advice.json'), {{'safe': 0.6}})"),
    ),
    "replies": (
        ("python", f"{STORE}store.put('a' * 64, b'1')"),
        ("python", f"{STORE}for digit in 'abc': store.put(digit * 64, b'1')"),
    ),
    "store clear": (
        ("python", f"{STORE}for digit in 'abcdef': store.put(digit * 64, b'1')"),
        ("store", "clear", "--dir=results"),
    ),
    "pruning": (
        ("python", f"{STORE}for digit in 'abcdef': store.put(digit * 64, b'1')"),
        ("python", f"{STORE}store.prune(0)"),
    ),
    "a golden over an earlier one": (
        ("python", f"{GOLDENS}store.write(KEY, recording())"),
        ("python", f"{GOLDENS}store.write(KEY, recording(turn(token_ids=(1, 2))))"),
    ),
    "removing a golden": (
        ("python", f"{GOLDENS}store.write(KEY, recording())"),
        ("python", f"{GOLDENS}store.remove([KEY])"),
    ),
    "the mask key": (
        (),
        ("python", f"{MASK_KEY}_stored_key()"),
    ),
}
"""What writes files → the commands that come before it, and those that are killed."""


@pytest.mark.parametrize("name", WRITERS)
def test_every_file_is_whole_at_every_moment(server: KillServer, earlier: Path, tmp_path: Path, name: str) -> None:
    before, words = WRITERS[name]
    folder = tmp_path / "before"
    folder.mkdir()
    shutil.copy(earlier / "run.json", folder)
    own = {"environment": {"KVGUARD_CACHE": "cache"}}
    assert not before or server.run(folder, *before, **own).code == 0
    calm = server.run(calm_folder := shutil.copytree(folder, tmp_path / "undisturbed"), *words, **own)
    assert calm.code == 0 and calm.moments > 1, calm.screen
    old, new = whole_files(folder), whole_files(calm_folder)
    for moment, copy in enumerate(copies(folder, calm.moments, "killed"), 1):
        assert server.run(copy, *words, moment=moment, **own).code == KILLED
        left = whole_files(copy)
        assert all(content in (old.get(path), new.get(path)) for path, content in left.items()), moment
        again = server.run(copy, *words, **own)
        assert again.code == 0 or "exists and is left as it is" in again.screen, (moment, again.screen)
        assert whole_files(copy) == new, moment


def whole_files(folder: Path) -> dict[str, bytes]:
    """Return every file that a later run may read, with its content."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in (".part", ".lock"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if not path.name.startswith(".making-")}
