"""The shape of the tree, as docs/style.md promises it."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import grimp
import pytest

import app
from accounts import access_table
from settings import Settings

ROOT = Path(__file__).parent.parent
PACKAGES = ["kit", "accounts", "venues", "checkin", "tracing", "demo", "commands"]
MAIN_LINES = 60
KIT_LINES = 2800  # the shared place that grows is the second disease of codebases
FILE_LINES = 300
FORBIDDEN_WORDS = {"service", "manager", "repository", "utils", "helpers", "dto", "core", "common"}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in listed.stdout.splitlines()]


def written() -> list[Path]:
    """All but the tests: the modules at the top and the benchmarks too."""
    return [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] != "tests"]


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def rooms() -> list[Path]:
    """The packages, and those inside them."""
    return sorted({path.parent for path in sources()})


@pytest.mark.parametrize("path", written(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_short_and_named_after_a_noun(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= FILE_LINES
    assert not set(path.stem.split("_")) & FORBIDDEN_WORDS


def test_tests_and_scripts_are_as_short() -> None:
    paths = [path for path in tracked("tests/*.py", "*.js") if "vendor" not in path.parts]

    assert [path for path in paths if len(path.read_text().splitlines()) > FILE_LINES] == []


def test_the_kit_stays_small() -> None:
    lines = sum(len(p.read_text().splitlines()) for p in (ROOT / "kit").glob("*.py"))

    assert lines <= KIT_LINES


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_nobody_imports_what_puts_it_together(path: Path) -> None:
    allowed = {"demo": {"database", "serving"}, "commands": {"database", "serving", "doctor"}}.get(
        path.relative_to(ROOT).parts[0], set()
    )
    imported = {
        name.name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import)
        for name in node.names
    } | {
        (node.module or "").split(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
    }

    above = {"app", "chot", "database", "serving", "doctor", "metrics"}
    assert not imported & (above - allowed)


def test_decisions_reach_no_sql_and_sql_calls_no_rules() -> None:
    graph = grimp.build_graph(*PACKAGES)
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    decisions = {
        module
        for contract in contracts["contracts"]
        if contract["name"] == "Decisions do no I/O"
        for name in contract["source_modules"]
        for module in graph.modules
        if fnmatch(module, name)
    }
    last = {module: module.rpartition(".")[2] for module in graph.modules}
    outside = {one for one in last if last[one].startswith(("queries", "api", "pages"))}
    rules = {one for one in last if last[one] == "rules"}

    assert {"checkin.rules", "tracing.clusters.rules", "tracing.engine.tiers"} <= decisions
    assert rules <= decisions
    assert [one for one in decisions if graph.find_upstream_modules(one) & outside] == []
    sql = [one for one in outside if last[one].startswith("queries")]
    assert [one for one in sql if graph.find_modules_directly_imported_by(one) & rules] == []


def test_each_command_adds_itself_and_chot_only_gathers_them() -> None:
    groups = {path.stem for path in (ROOT / "commands").glob("*.py")} - {"__init__", "terminal"}
    main = (ROOT / "chot.py").read_text()

    assert len(main.splitlines()) <= MAIN_LINES
    for group in groups:
        assert "def add(commands: Commands) -> None:" in (ROOT / f"commands/{group}.py").read_text()
        assert re.search(rf"\bfrom commands import .*\b{group}\b", main), group


@pytest.mark.parametrize("path", rooms(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_package_says_what_it_owns_and_runs_nothing(path: Path) -> None:
    tree = ast.parse((path / "__init__.py").read_text())

    assert len(tree.body) == 1
    assert ast.get_docstring(tree)


def test_every_route_has_its_line_in_the_access_table() -> None:
    assert {e.name for e in app.endpoints} == set(access_table.ACCESS)


def test_a_route_without_a_line_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(access_table.ACCESS, "POST /v1/check-ins")

    with pytest.raises(RuntimeError, match="POST /v1/check-ins"):
        app.build(Settings())


def test_operations_are_named_once() -> None:
    names = [e.handler.__name__ for e in app.endpoints if not e.page]

    assert len(names) == len(set(names))


def test_no_lock_file_names_an_address() -> None:
    for path in tracked("*.lock", "*lock.json"):
        assert not re.search(r"https?://|index-url|find-links", path.read_text()), path


def test_vendored_files_name_version_and_licence() -> None:
    folders = {p.parent for p in tracked("*/vendor/*")}

    for folder in folders:
        names = {p.name.upper().partition(".")[0] for p in folder.iterdir()}
        assert names & {"VERSION", "README"}, folder
        assert "LICENSE" in names or "LICENCE" in names, folder
