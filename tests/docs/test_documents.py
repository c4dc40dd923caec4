"""The documents say what is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from objpose.geometry import SE3
from objpose.io import write_image
from tests.cameras.corner_scene import AZIMUTHS, corner_camera, drawn
from tests.conftest import REPOSITORY

DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
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
            is_type = isinstance(node, ast.Assign) and "TypeVar" in ast.unparse(node.value)
            found += [(path.name, node.lineno, name) for name in names if name in nameless and not is_type]
    assert found == []


@pytest.mark.slow("runs both whole pipelines, as a reader of the page would")
def test_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    estimate, recover = re.findall(
        r"```python\n(.*?)```", (REPOSITORY / "README.md").read_text(), flags=re.DOTALL
    )
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    for azimuth in AZIMUTHS:
        write_image(tmp_path / "photos" / f"{azimuth:.0f}.png", drawn(azimuth, 320))
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(estimate, names)
    assert names["pose"].confidence > 0.5
    names |= {"camera": corner_camera(160), "cam_from_world": SE3.identity()}
    exec(recover, names)
    assert len(names["scene"].placed) == len(AZIMUTHS)
    assert names["image"].shape == (120, 160, 3)
