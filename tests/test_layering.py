"""The import rules of the design, checked on the source itself: nothing here is imported or run."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 250
UNSPEAKING = {"utils", "util", "helpers", "helper", "common", "service", "services", "manager", "misc"}

GROUND = {"clock", "config", "db", "errors", "logs", "queues", "revision", "schema", "tokens", "whereabouts"}
# What each part of drip may import of the others; the ground is open to all, and each part to itself.
MAY_IMPORT = {
    "models": set(),
    "mail": set(),
    "campaigns": {"models", "mail"},  # publish and published keep plans in SQL
    "providers": {"mail"},
    "engine": {"campaigns", "models", "mail", "providers"},
    "web": {"engine", "campaigns", "models", "mail", "providers"},
    "cli": {"engine", "campaigns", "models", "mail", "providers"},
    "sandbox": set(),
}
REDIS, HTTP = {"rq", "redis"}, {"aiohttp", "httpx", "requests", "urllib3", "urllib.request", "http.client"}


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[str]:
    """Every dotted name that a file imports, also inside its functions: `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports(path: Path, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for name in imported(path) for package in packages)


def own_parts(path: Path) -> set[str]:
    """The parts of drip that a file imports: `drip.engine.sending.gate` counts as `engine`."""
    return {name.split(".")[1] for name in imported(path) if name.startswith("drip.")}


def attributes(path: Path) -> set[str]:
    """`datetime.now`, `os.environ` and the like, as written."""
    nodes = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute))
    return {f"{node.value.id}.{node.attr}" for node in nodes if isinstance(node.value, ast.Name)}


def offenders(paths: list[Path], packages: set[str], *allowed: str) -> list[str]:
    found = (named(path) for path in paths if imports(path, packages))
    return [name for name in found if not name.startswith(allowed)]


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_imports_point_one_way(part: str) -> None:
    allowed = MAY_IMPORT[part] | GROUND | {part}
    allowed = {part} if part == "sandbox" else allowed
    wrong = {named(path): own_parts(path) - allowed for path in sources(f"drip/{part}")}
    assert {name: parts for name, parts in wrong.items() if parts} == {}


def test_the_ground_imports_nothing_above_it() -> None:
    wrong = {named(path): own_parts(path) - GROUND for path in sorted((ROOT / "drip").glob("*.py"))}
    assert {name: parts for name, parts in wrong.items() if parts} == {}


def test_every_part_of_drip_has_its_place_in_the_order() -> None:
    parts = {path.name for path in (ROOT / "drip").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert parts == set(MAY_IMPORT)
    assert {path.stem for path in (ROOT / "drip").glob("*.py")} - {"__init__"} == GROUND


def test_drip_never_imports_the_workers() -> None:
    assert offenders(sources("drip"), {"workers"}) == []


def test_only_the_queues_and_the_workers_speak_to_redis() -> None:
    assert offenders(sources("drip", "workers"), REDIS, "drip/queues.py", "workers/") == []


def test_only_providers_and_the_sandbox_hold_an_http_client() -> None:
    assert offenders(sources("drip", "workers"), HTTP, "drip/providers/", "drip/sandbox/") == []


def test_only_config_reads_the_environment() -> None:
    readers = [path for path in sources("drip", "workers") if attributes(path) & {"os.environ", "os.getenv"}]
    assert [named(path) for path in readers] == ["drip/config.py"]


def test_only_the_clock_asks_what_time_it_is() -> None:
    asking = {"datetime.now", "datetime.utcnow", "date.today", "datetime.today", "time.time", "time.time_ns"}
    found = [named(path) for path in sources("drip", "workers") if attributes(path) & asking]
    allowed = ("drip/clock.py", "drip/tokens.py", "drip/sandbox/")
    assert [name for name in found if not name.startswith(allowed)] == []


def test_no_file_is_longer_than_a_sitting() -> None:
    lengths = {named(path): len(path.read_text().splitlines()) for path in sources("drip", "workers", "tests")}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_module_has_a_name_that_fits_anything() -> None:
    paths = sources("drip", "workers", "tests")
    assert [named(path) for path in paths if {path.stem, path.parent.name} & UNSPEAKING] == []
