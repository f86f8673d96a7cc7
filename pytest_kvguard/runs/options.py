"""The table of options: the source of help, documentation, rerun commands and the head of a report."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["GROUPS", "OPTIONS", "Option", "option_help", "option_named"]

GROUPS = {
    "first": ("kvguard", "kvguard: the options to know first"),
    "model": ("kvguard-model", "kvguard: model and machine"),
    "gates": ("kvguard-gates", "kvguard: limits of a contract's gate, and comparisons with an earlier run"),
    "goldens": ("kvguard-goldens", "kvguard: goldens"),
    "servers": ("kvguard-servers", "kvguard: inference servers instead of a model in this process"),
    "texts": ("kvguard-texts", "kvguard: IFEval files and judges"),
    "searches": ("kvguard-searches", "kvguard: searches for safe ratios, failing orders and gaps in the suite"),
}
"""Group → its name in pytest, and its heading in ``pytest --help``."""


@dataclass(frozen=True)
class Option:
    """One option and its ini value of the same name.

    Attributes:
        name: the ini name, e.g. ``kv_seed``; command-line strings and the key in reports follow from it.
        group: one of ``GROUPS``; empty for a value that only an ini file (or ``-o``) sets.
        default: the value if the option is neither typed nor configured; False for a flag.
        metavar: the name of the value in help texts; empty for a flag.
        help: the help text, in one line.
        spellings: the command-line strings, preferred one first, if they do not follow from the name.
        chooses_cell: whether it selects cells, so that a rerun command names the item's own cell instead.
        is_rerun: whether a rerun command repeats it when it was typed.
        is_recorded: whether the head of a report holds it.
        is_list: whether it may be given several times, in an ini file on separate lines.
        acts: what a value begins with that changes files, so that a rerun command leaves it out; empty for none.
    """

    name: str
    group: str
    default: str | bool
    metavar: str
    help: str
    spellings: tuple[str, ...] = ()
    chooses_cell: bool = False
    is_rerun: bool = True
    is_recorded: bool = False
    is_list: bool = False
    acts: str = ""

    @property
    def strings(self) -> tuple[str, ...]:
        """The command-line strings; none for an ini-only value."""
        if not self.group:
            return ()
        return self.spellings or (f"--{self.name.replace('_', '-')}",)

    @property
    def string(self) -> str:
        """The name in messages: the first command-line string, or the ini name."""
        return self.strings[0] if self.strings else self.name

    @property
    def key(self) -> str:
        """The name without ``kv_``, for attributes and reports."""
        return self.name.removeprefix("kv_")

    @property
    def is_flag(self) -> bool:
        """Whether it takes no value."""
        return isinstance(self.default, bool)


def _cell(name: str, default: str, metavar: str, text: str, group: str = "first", spelling: str = "") -> Option:
    strings = (spelling, f"--{name.replace('_', '-')}") if spelling else ()
    return Option(name, group, default, metavar, text, strings, chooses_cell=True)


def _recorded(name: str, group: str, default: str | bool, metavar: str, text: str) -> Option:
    return Option(name, group, default, metavar, text, is_recorded=True)


def _once(name: str, group: str, default: str | bool, metavar: str, text: str, is_list: bool = False) -> Option:
    """Return an option that concerns a run as a whole, so that a rerun of one item does not need it."""
    return Option(name, group, default, metavar, text, is_rerun=False, is_list=is_list)


OPTIONS = (
    _cell("kv_policy", "", "SPEC", "policies, e.g. snapkv,fair(snapkv(window=16)); none: uncompressed only"),
    _cell("kv_ratio", "0.5", "R", "fractions of KV entries to remove, e.g. 0.25,0.5", spelling="--ratio"),
    _cell("kv_cache", "", "SPEC", "caches that store what policies keep, e.g. quanto(bits=2),static"),
    _recorded("kv_model", "first", "smolguard", "MODEL", "hub id, directory, .gguf file, smolguard or smollm2"),
    _cell("kv_attn", "sdpa", "KERNEL", "attention implementations, e.g. sdpa,eager"),
    _recorded("kv_scope", "first", "context", "SCOPE", "what is compressed: context, prompt or decode"),
    _recorded("kv_seed", "first", "0", "N", "seed of sampled and searched orders, and of replies"),
    _recorded("kv_strict", "first", False, "", "fail UNMET and UNSTABLE checks, and gates that need more prompts"),
    _once("kv_golden", "first", "off", "MODE", "goldens: check, update or off (default)"),
    _once(
        "kv_report",
        "first",
        "",
        "KIND:PATH",
        "write a report, e.g. json:run.json, html:run.html or github; may be given several times",
        is_list=True,
    ),
    _recorded("kv_device", "model", "cpu", "DEVICE", "torch device, e.g. cpu or cuda:0, or auto: spread over all"),
    _recorded("kv_dtype", "model", "float32", "DTYPE", "float32, bfloat16, float16 or auto"),
    _recorded("kv_trust_remote_code", "model", False, "", "run code from the model's hub repository"),
    Option("kv_no_code", "model", False, "", "run no code that a contract, model or ini file brings along"),
    Option("kv_executor", "model", "local", "WHERE", "where the model runs: local (default) or ray, on a cluster"),
    Option("kv_replicas", "", "", "N", "number of replicas on the cluster (default: one per device, or one)"),
    _once("kv_no_store", "model", False, "", "neither read nor write the result store"),
    Option("kv_store_dir", "model", "", "DIR", "folder of the result store (default: in the cache folder)"),
    _once("kv_store_mib", "", "1024", "N", "size limit of the result store in MiB"),
    _once("kv_show_secrets", "model", False, "", "do not mask canaries and protected texts in reports"),
    _recorded("kv_expect", "", "", "WHAT", "what is meant: {expectations}"),
    _recorded("kv_null", "gates", "auto", "CHANGE", "harmless change of the null arm: {null_changes} or off"),
    Option("kv_max_lost", "gates", "", "N", "number of a contract's checks that may be LOST"),
    Option("kv_max_new_leaks", "gates", "", "N", "number of a contract's checks that may be LEAKED"),
    Option("kv_max_drop", "gates", "", "D", "how far an instruction's adherence may drop, e.g. 0.1"),
    Option("kv_prove", "gates", "", "D", "pass only if a drop of adherence by more than this is excluded, e.g. 0.1"),
    Option("kv_confidence", "gates", "", "C", "confidence with which a drop must be shown or excluded, e.g. 0.95"),
    Option("kv_max_length_ratio", "gates", "", "X", "limit on the length of replies, as a ratio, e.g. 1.5"),
    Option("kv_max_longer_share", "gates", "", "S", "share of replies that may become 1.5 times as long, e.g. 0.1"),
    Option("kv_max_distance", "gates", "", "X", "limit on the distance of replies, as a noise ratio, e.g. 2"),
    _once("kv_compare", "gates", "", "REPORT", "show what differs from an earlier run, by its JSON report"),
    Option(
        "kv_accept",
        "gates",
        "",
        "WHAT",
        "accepted losses: a file, off, or update (default: kvguard.accepted.yaml, where there is one)",
        is_list=True,
        acts="update",
    ),
    Option("kv_golden_dir", "goldens", "golden", "DIR", "folder of the goldens, with one folder per model"),
    _once("kv_golden_level", "goldens", "", "LEVELS", "levels to compare or update: {golden_levels} (default: all)"),
    _once("kv_golden_prune", "goldens", False, "", "delete goldens that this update did not use"),
    _once("kv_golden_force", "goldens", False, "", "update goldens in CI as well, and fail the run"),
    Option(
        "kv_endpoint",
        "servers",
        "",
        "[NAME=]URL",
        "OpenAI-compatible server with a compressed cache; may be given several times",
        chooses_cell=True,
        is_list=True,
    ),
    Option("kv_baseline_endpoint", "servers", "", "URL", "the same server with an uncompressed cache"),
    Option("kv_null_endpoint", "servers", "", "URL", "control server: uncompressed, with a harmless difference"),
    Option("kv_endpoint_model", "servers", "", "NAME", "model name at the servers (default: the first each lists)"),
    Option("kv_endpoint_timeout", "", "120", "SECONDS", "time limit for one answer of a server"),
    Option("kv_endpoint_retries", "", "3", "N", "how often a request is repeated after a temporary failure"),
    Option("kv_endpoint_rate", "", "0", "R", "limit on requests per second to each server; 0: no limit"),
    Option("kv_endpoint_concurrency", "", "1", "N", "concurrent requests to each server; 1 keeps replies reproducible"),
    Option("kv_launch", "servers", "", "ENGINE", "start the servers of both arms: {engines}"),
    Option("kv_server_cache", "servers", "", "TYPES", "the servers' cache types, e.g. q8_0,q4_0", chooses_cell=True),
    Option("kv_server_python", "servers", "", "PATH", "Python interpreter that has the engine (default: this one)"),
    Option("kv_server_timeout", "", "300", "SECONDS", "time limit for servers to start"),
    Option("kv_ifeval", "texts", "", "PATH[::KEY]", "run the lines of a JSONL file in IFEval's format", is_rerun=False),
    Option("kv_ifeval_mode", "texts", "strict", "MODE", "how its instructions are checked: strict or loose"),
    Option(
        "kv_ifeval_limit",
        "texts",
        "",
        "N",
        "run only its first N lines",
        ("--kv-ifeval-limit", "--kv-limit"),
        is_rerun=False,
    ),
    Option("kv_ifeval_tokens", "", "256", "N", "most tokens of each reply to its lines"),
    Option("kv_judge", "texts", "", "URL", "OpenAI-compatible endpoint that judge checks ask, e.g. http://host/v1"),
    Option("kv_judge_model", "texts", "", "NAME", "the judge's model at that endpoint"),
    Option("kv_judge_timeout", "", "30", "SECONDS", "time limit for one answer of the judge"),
    Option("kv_find_ratio", "searches", False, "", "find each policy's largest ratio at which nothing is lost"),
    _recorded("kv_no_shrink", "searches", False, "", "report a search's failing arrangement without shrinking it"),
    _once("kv_faults", "searches", False, "", "plant each known defect and list those that the suite notices"),
    _once("kv_faults_only", "", "", "IDS", "plant only these faults; your own as mypkg.faults.my_fault"),
    _once("kv_faults_min", "", "", "SHARE", "share of the faults that must be caught, e.g. 0.95"),
    _once("kv_faults_json", "", "", "FILE", "write there which tests caught each fault"),
    _once("kv_faults_jobs", "", "auto", "N", "processes with planted faults that run at the same time"),
)
"""All options, in the order of help and documentation."""


def option_help(option: Option) -> str:
    """Return an option's help, with names from other tables filled in."""
    from pytest_kvguard.backends.launch.table import ENGINES
    from pytest_kvguard.backends.null_changes import NULL_CHANGES
    from pytest_kvguard.golden.levels.table import LEVELS
    from pytest_kvguard.runs.expected import EXPECTATIONS

    return option.help.format(
        null_changes=", ".join(NULL_CHANGES),
        golden_levels=",".join(LEVELS),
        engines=" or ".join(ENGINES),
        expectations=", ".join(f"{name} ({text})" for name, text in EXPECTATIONS.items()),
    )


def option_named(name: str) -> Option:
    """Return the option with a name."""
    return next(option for option in OPTIONS if option.name == name)
