"""The documents are held to the code. `python -m tests.test_docs` writes the generated one
again."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import app
from kit.errors import every_problem
from kit.page import catalog
from settings import NAMES, Settings

ROOT = Path(__file__).parent.parent
PROBLEMS = ROOT / "docs" / "problems.md"


def problems_text() -> str:
    """docs/problems.md as the classes say it."""
    listed = sorted({(p.status, p.slug(), p.title()) for p in every_problem()})
    rows = [f"| `{slug}` | {status} | {title} |" for status, slug, title in listed]
    head = (
        "# Problems\n\nEvery error of the API is `application/problem+json` (RFC 9457); its"
        " `type` is `/problems/` and the name below. Facts (`retry_after`, …) stand beside.\n"
    )
    return "\n".join([head, "| name | status | what it says |", "|---|---|---|", *rows, ""])


def test_every_problem_is_documented() -> None:
    assert app.endpoints  # importing the app imports every problem
    assert PROBLEMS.read_text() == problems_text(), "run: .venv/bin/python -m tests.test_docs"


def test_every_problem_says_what_is_wrong_in_a_sentence() -> None:
    for problem in every_problem():
        assert problem.__doc__, problem
        assert problem.title()[0].isupper(), problem
        assert problem.title()[-1] in ".:", problem


def test_problems_have_names_of_their_own() -> None:
    slugs = [p.slug() for p in every_problem()]

    assert len(slugs) == len(set(slugs))


def test_every_problem_is_said_in_vietnamese_too() -> None:
    vietnamese = catalog(ROOT / "locale" / "vi")
    missing = [p.title() for p in every_problem() if p.title() not in vietnamese]

    assert not missing


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()

    assert set(NAMES) == set(Settings.__slots__)
    for name in NAMES.values():
        assert f"`{name}`" in text, name


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    text = (ROOT / "docs" / "dependencies.md").read_text()

    for wanted in project["project"]["dependencies"] + project["dependency-groups"]["dev"]:
        assert f"`{re.split('[><=]', wanted)[0]}`" in text, wanted


def test_the_map_of_tracing_names_each_of_its_files_and_no_other() -> None:
    text = (ROOT / "docs" / "tracing.md").read_text()
    tables = text.partition("\n## Where what is\n")[2].partition("\n## ")[0]
    named = {
        f"{room}/{name}".removeprefix("/")
        for room, files in re.findall(r"^\| (?:`(\w+)/`)?[^|]*\| (.*) \|$", tables, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", files)
    }
    folder = ROOT / "tracing"
    there = {
        str(path.relative_to(folder).with_suffix(""))
        for path in folder.rglob("*.py")
        if path.stem != "__init__"
    }

    assert named == there


if __name__ == "__main__":
    PROBLEMS.write_text(problems_text())
