"""`import objpose` is quick, and its names are there when asked for."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import objpose

HEAVY = ["open3d", "timm", "trimesh", "kornia", "pycolmap", "scipy", "torchvision"]
GEOMETRY_NAMES = ["Camera", "SE3", "SO3", "Mesh", "Symmetry", "InputError"]


def loaded_after(statement: str) -> list[str]:
    """Which of the heavy packages a fresh interpreter has loaded after the statement."""
    script = (
        f"{statement}\nimport json, sys\nprint(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_import_loads_no_heavy_package():
    assert loaded_after("import objpose, sys; assert 'torch' not in sys.modules") == []


def test_geometry_loads_no_reader_or_network():
    assert set(loaded_after("import objpose; objpose.SE3, objpose.Camera, objpose.Mesh")) <= {"scipy"}


@pytest.mark.parametrize("name", GEOMETRY_NAMES)
def test_public_names_are_the_objects_of_their_home(name):
    assert getattr(objpose, name).__name__ == name


def test_every_public_name_is_listed():
    assert {"onboard", "load_object", "PoseEstimator", "Frame", "draw_overlay", *GEOMETRY_NAMES} <= set(
        dir(objpose)
    )


def test_type_checkers_see_the_same_names():
    """The imports under TYPE_CHECKING are those of `_HOMES`, each under its own name."""
    tree = ast.parse(Path(objpose.__file__).read_text())
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = [
        (imported.module, alias.name, alias.asname) for imported in block.body for alias in imported.names
    ]
    homes = [(home, name, name) for home, names in objpose._HOMES.items() for name in names]
    assert sorted(seen) == sorted(homes)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'PoseEstimater'"):
        _ = objpose.PoseEstimater
