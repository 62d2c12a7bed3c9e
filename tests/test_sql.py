"""Every SQL constant is planned by real PostgreSQL, as the role that runs it, and held to the
tables of its package."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import asyncpg
import pytest

from settings import Settings

ROOT = Path(__file__).parent.parent
# Reads what it owns and what stands before it; the demo fills every table.
PACKAGES = ["accounts", "venues", "checkin", "tracing", "demo"]
OWNER_MODULES = {
    "demo.queries",
    "checkin.queries_days",
    "checkin.queries_footfall",
    "checkin.queries_import",
    "tracing.queries_keeper",
}
STATEMENT = re.compile(r"^\s*(--.*\n\s*)*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
MIGRATION_TABLES = {
    name: package
    for package in PACKAGES
    for path in (ROOT / package / "sql").glob("*.sql")
    for name in re.findall(r"^CREATE TABLE (\w+)", path.read_text(), re.MULTILINE)
}


def modules() -> Iterator[tuple[str, ModuleType]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.stem != "__init__":
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                yield package, importlib.import_module(name)


def statements() -> list[tuple[str, str, str, str]]:
    """(package, module, name, SQL) of every upper-case constant that is a statement."""
    return [
        (package, module.__name__, name, text)
        for package, module in modules()
        for name, text in vars(module).items()
        if name.isupper() and isinstance(text, str) and STATEMENT.match(text)
    ]


async def touched(db: asyncpg.Connection[asyncpg.Record], sql: str) -> dict[str, set[str]]:
    """{table: {'Read', 'Insert', …}} by the plan; EXPLAIN also checks the role's rights."""
    count = len((await db.prepare(sql)).get_parameters())
    await db.execute(f"SET plan_cache_mode = force_generic_plan; PREPARE looked_at AS {sql}")
    nulls = f"({', '.join(['NULL'] * count)})" if count else ""
    plan = json.loads(await db.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE looked_at {nulls}"))
    await db.execute("DEALLOCATE looked_at")
    found: dict[str, set[str]] = {}

    def walk(node: dict[str, object]) -> None:
        if isinstance(table := node.get("Relation Name"), str):
            table = "scan" if re.fullmatch(r"scan_\d{8}", table) else table
            found.setdefault(table, set()).add(str(node.get("Operation", "Read")))
        for child in node.get("Plans", []):  # type: ignore[attr-defined]
            walk(child)

    walk(plan[0]["Plan"])
    return found


@pytest.mark.parametrize(
    ("package", "module", "name", "sql"),
    statements(),
    ids=[f"{module}.{name}" for _, module, name, _ in statements()],
)
async def test_the_statement_is_planned_and_stays_with_its_tables(
    settings_read_only: Settings, package: str, module: str, name: str, sql: str
) -> None:
    by_owner = module in OWNER_MODULES
    url = settings_read_only.database_owner_url if by_owner else settings_read_only.database_url
    db = await asyncpg.connect(url)
    try:
        tables = await touched(db, sql)
    finally:
        await db.close()

    rank = PACKAGES.index(package)
    for table, acts in tables.items():
        if table in MIGRATION_TABLES:
            owner = MIGRATION_TABLES[table]
            assert PACKAGES.index(owner) <= rank, f"{name} reads {table}, which stands above"
            assert acts == {"Read"} or package in (owner, "demo"), (
                f"{name} writes {table} of {owner}"
            )


async def test_the_look_at_a_statement_sees_what_it_touches(settings_read_only: Settings) -> None:
    db = await asyncpg.connect(settings_read_only.database_url)
    try:
        found = await touched(
            db, "WITH gone AS (DELETE FROM session RETURNING 1) SELECT 1 FROM gone, venue"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await touched(db, "DELETE FROM scan")
    finally:
        await db.close()

    assert found == {"session": {"Delete", "Read"}, "venue": {"Read"}}


def test_there_are_statements_to_look_at() -> None:
    assert len(statements()) > 20


def test_constants_with_sql_stand_in_queries_files_only() -> None:
    elsewhere = {m for _, m, _, _ in statements() if not m.rpartition(".")[2].startswith("queries")}

    assert elsewhere == set()


def test_modules_that_run_as_the_owner_exist() -> None:
    assert {module.__name__ for _, module in modules()} >= OWNER_MODULES
