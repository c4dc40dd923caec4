"""The programs in the pages run: each page in its order, in one namespace, beside the examples."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.docs.pages import PAGES, Block, blocks
from tests.example_object import MESH, onboarded_example
from tests.tracking.few_views import few_views

WITH_PROGRAMS = [page for page in PAGES if blocks(page, "python")]
SLOW = pytest.mark.slow("works through a whole page: estimates, tracks, recovers cameras")
CASES = [
    pytest.param(page, marks=() if page.name == "README.md" else SLOW, id=page.name) for page in WITH_PROGRAMS
]


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Onboarded objects, shared by the pages: each onboards the watering can, and finds it done."""
    folder = tmp_path_factory.mktemp("templates")
    (folder / MESH.stem).symlink_to(onboarded_example()[1] / MESH.stem)
    return folder


@pytest.mark.parametrize("page", CASES)
def test_programs_run(page: Path, templates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    (tmp_path / "templates").symlink_to(templates)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    namespace: dict[str, object] = {"__name__": page.stem}
    with few_views():
        for block in blocks(page, "python"):
            if block.why_not is None:
                exec(compiled(block), namespace)


def compiled(block: Block) -> object:
    """With the lines of the page, so that a traceback leads there."""
    source = "\n" * (block.line - 1) + block.code
    return compile(source, os.fspath(block.page.relative_to(REPOSITORY)), "exec")


def test_what_is_not_run_says_why() -> None:
    reasons = [block.why_not for page in WITH_PROGRAMS for block in blocks(page, "python")]
    assert reasons.count(None) > len(reasons) / 2
    assert all(len(why) > 10 for why in reasons if why is not None)
