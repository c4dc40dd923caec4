"""The documents say what is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.docs.pages import PAGES

FOLDERS = [REPOSITORY / folder / "README.md" for folder in ("benchmarks", "training", "templates")]
BESIDE = [*FOLDERS, REPOSITORY / "CONTRIBUTING.md", REPOSITORY / "CHANGELOG.md"]  # no pages of the site


@pytest.mark.parametrize(
    "document", PAGES + BESIDE, ids=lambda path: str(path.relative_to(REPOSITORY)).replace("/", "-")
)
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_files_of_the_architecture_page_exist() -> None:
    text = (REPOSITORY / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\|[^|]+\| (.*`\S+/\S*`.*) \|$", text, flags=re.MULTILINE)
    assert rows
    for row in rows:
        first, *rest = re.findall(r"`([^`]+)`", row)
        folder = REPOSITORY / first if first.endswith("/") else (REPOSITORY / first).parent
        assert (REPOSITORY / first).exists(), first
        for name in rest:
            assert (folder / name).exists() or (REPOSITORY / name).exists(), name


def test_the_page_of_benchmarks_names_every_program() -> None:
    folder = REPOSITORY / "benchmarks"
    named = set(re.findall(r"`(\w+\.py)`", (folder / "README.md").read_text()))
    programs = {path.name for path in folder.glob("*.py") if "__main__" in path.read_text()}
    assert programs - named == set()
    assert [name for name in sorted(named) if not (folder / name).exists()] == []


def test_files_of_the_glossary_exist() -> None:
    text = (REPOSITORY / "docs" / "glossary.md").read_text()
    files = re.findall(r"`(objpose/[^`]+)`", text)
    assert len(files) > 10 and [file for file in files if not (REPOSITORY / file).exists()] == []


def test_no_transform_goes_without_its_frames() -> None:
    """As docs/conventions.md says: arguments and variables are `b_from_a`."""
    nameless = {"pose", "T", "c2w", "w2c", "extrinsic", "extrinsics"}
    found = []
    for path in [*(REPOSITORY / "objpose").rglob("*.py"), *(REPOSITORY / "bop_eval").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.arg] if isinstance(node, ast.arg) else []
            if isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [
                    part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)
                ]
            names = [name for name in names if name in nameless]
            is_type = names and isinstance(node, ast.Assign) and "TypeVar" in ast.unparse(node.value)
            found += [(path.name, node.lineno, name) for name in names if not is_type]
    assert found == []
