"""Imports go down the layers only; every import of the packages is read, also those inside functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

# Bottom to top. A unit may import itself and any unit of a lower row, never its neighbours in the row.
LAYERS = [
    ["errors", "timing", "work"],
    ["geometry"],
    ["raster", "robust", "io"],
    ["features", "given"],
    ["frame"],
    ["frame_files"],
    ["crops"],
    ["objects"],
    ["checking"],
    ["splatting", "nocs"],
    ["poses", "cameras", "segmentation"],
    ["onboarding", "categories"],
    ["estimator", "calibration"],
    ["tracking", "reference"],
    ["robots"],
    ["overlay"],
    ["viewing"],
    ["public names"],
    ["cli"],
    ["__main__"],
    ["ros"],
]
RANK = {unit: rank for rank, row in enumerate(LAYERS) for unit in row}
# The same inside of a unit: its folders, and the files beside them, bottom to top. A name that the unit
# itself exports is of its topmost room, so that no room goes round by the front door.
ROOMS = {
    "cameras": [
        ["scene", "graph", "known"],
        ["tags"],
        ["coins"],
        ["pairs", "learned"],
        ["placing"],
        ["silhouettes", "repeats"],
        ["answer"],
        ["splats"],
        ["options"],
        ["recovered_scene", "solving"],
        ["outlined_island", "certainty"],
        ["two_things", "by_outlines", "asking", "surroundings", "copies", "repetition", "other_side"],
        ["told_first"],
        ["masked"],
        ["recover"],
        ["onboard_photos"],
        ["public names"],
    ]
}
ROOM_RANK = {
    unit: {room: rank for rank, row in enumerate(rows) for room in row} for unit, rows in ROOMS.items()
}
# What the evaluation may import at the head of a file, besides a bare `import objpose`, which loads nothing.
# Anything else of objpose only inside a function.
EVALUATION_UNITS = {"errors", "work", "geometry", "raster", "io"}


def imports(file: Path, root: Path) -> Iterator[tuple[int, str, bool]]:
    """(line, dotted name, is it inside a function) of every import in a file, relative ones made absolute."""
    tree = ast.parse(file.read_text(), filename=str(file))
    package = file.relative_to(root).parent.parts
    for node, is_lazy in _walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and _called_name(node) in ("import_module", "__import__"):
            names = [argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)]
        else:
            continue
        yield from ((node.lineno, name, is_lazy) for name in names)


def _walk(tree: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """Every node, and whether it is inside a function."""
    left = [(tree, False)]
    while left:
        node, is_lazy = left.pop()
        yield node, is_lazy
        is_lazy = is_lazy or _is_function(node)
        left += [(child, is_lazy) for child in ast.iter_child_nodes(node)]


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _called_name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def unit_of(dotted: str, root: Path) -> str:
    """The unit that `objpose.x.y` belongs to; names of objpose/__init__.py are the public names."""
    parts = dotted.split(".")
    if len(parts) == 1:
        return "public names"
    folder, file = root / "objpose" / parts[1], root / "objpose" / f"{parts[1]}.py"
    return parts[1] if folder.is_dir() or file.is_file() or parts[1] in RANK else "public names"


def violations(root: Path) -> list[str]:
    """Each import that does not go down, as `file:line: what is wrong`."""
    found = []
    for file in sorted([*root.glob("objpose/**/*.py"), *root.glob("bop_eval/**/*.py")]):
        for line, name, is_lazy in imports(file, root):
            wrong = _wrong(file.relative_to(root), name, is_lazy, root)
            if wrong:
                found.append(f"{file.relative_to(root)}:{line}: {wrong}")
    return found


def _wrong(file: Path, name: str, is_lazy: bool, root: Path) -> str | None:
    importer, imported = file.parts[0], name.split(".")[0]
    if imported == "bop_eval":
        return "objpose imports bop_eval" if importer == "objpose" else None
    if imported != "objpose":
        return None
    target = unit_of(name, root)
    if importer == "bop_eval":
        is_allowed = target in EVALUATION_UNITS or is_lazy or name == "objpose"
        return None if is_allowed else f"bop_eval imports {target} outside a function"
    source = unit_of(".".join(file.with_suffix("").parts), root) if len(file.parts) > 1 else ""
    source = "public names" if file.parts[1] == "__init__.py" else source
    for unit in (source, target):
        if unit not in RANK:
            return f"{unit} has no place in LAYERS"
    if source == target:
        return _wrong_room(source, ".".join(file.with_suffix("").parts), name) if source in ROOMS else None
    return None if RANK[target] < RANK[source] else f"{source} imports {target}"


def _wrong_room(unit: str, importer: str, imported: str) -> str | None:
    """The same between the rooms of a unit."""
    ranks = ROOM_RANK[unit]
    own = importer.split(".")[2]
    source = "public names" if own == "__init__" else own
    if source not in ranks:
        return f"{unit}.{source} has no place in ROOMS"
    target = next((room for room in imported.split(".")[2:3] if room in ranks), "public names")
    is_down = source == target or ranks[target] < ranks[source]
    return None if is_down else f"{unit}.{source} imports {unit}.{target}"


def test_imports_go_down_only():
    assert violations(REPOSITORY) == []


def test_the_walk_sees_the_package():
    """Guards the test above against an empty walk."""
    units = {
        unit_of(name, REPOSITORY)
        for _, name, _ in imports(REPOSITORY / "objpose/geometry/mesh.py", REPOSITORY)
    }
    assert "errors" in units


@pytest.mark.parametrize(
    ("file", "source", "wrong"),
    [
        ("objpose/geometry/a.py", "from objpose.raster import x", "geometry imports raster"),
        ("objpose/geometry/a.py", "def f():\n    import objpose.io.bop", "geometry imports io"),
        ("objpose/raster/a.py", "from ..io import x", "raster imports io"),
        ("objpose/raster/a.py", "from .. import io", "raster imports io"),
        ("objpose/io/deep/a.py", "from ...poses.settle import icp", "io imports poses"),
        ("objpose/features/a.py", "from objpose import estimator", "features imports estimator"),
        ("objpose/features/a.py", "from objpose import PoseEstimator", "features imports public names"),
        ("objpose/frame.py", "import objpose", "frame imports public names"),
        ("objpose/frame.py", "import importlib\nimportlib.import_module('objpose.cli')", "frame imports cli"),
        (
            "objpose/robust/a.py",
            "if TYPE_CHECKING:\n    from objpose.frame import Frame",
            "robust imports frame",
        ),
        ("objpose/cli/a.py", "from bop_eval import x", "objpose imports bop_eval"),
        (
            "objpose/cameras/scene/a.py",
            "from objpose.cameras.pairs.b import x",
            "cameras.scene imports cameras.pairs",
        ),
        (
            "objpose/cameras/placing/a.py",
            "def f():\n    from ..splats import b",
            "cameras.placing imports cameras.splats",
        ),
        (
            "objpose/cameras/placing/a.py",
            "from objpose.cameras import Photo",
            "cameras.placing imports cameras.public names",
        ),
        (
            "objpose/cameras/stray/a.py",
            "from objpose.cameras.scene.b import x",
            "cameras.stray has no place in ROOMS",
        ),
        ("objpose/stray/a.py", "from objpose.errors import x", "stray has no place in LAYERS"),
        ("bop_eval/a.py", "from objpose.estimator import x", "bop_eval imports estimator outside a function"),
        ("bop_eval/a.py", "from objpose import onboard", "bop_eval imports public names outside a function"),
    ],
)
def test_an_upward_import_is_found(tmp_path, file, source, wrong):
    for unit in ("geometry", "raster", "io", "features", "estimator", "cameras"):
        (tmp_path / "objpose" / unit).mkdir(parents=True)
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(source)
    [found] = violations(tmp_path)
    assert found.startswith(f"{file}:") and found.endswith(wrong)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("objpose/cli/a.py", "import objpose\nfrom objpose.io import x"),
        ("objpose/io/a.py", "from .b import x\nfrom ..geometry import y\nimport numpy"),
        ("objpose/__init__.py", "from objpose.estimator import x"),
        ("objpose/cameras/__init__.py", "from objpose.cameras.recover import x"),
        ("objpose/cameras/placing/a.py", "from objpose.cameras.scene.b import x\nfrom .c import y"),
        (
            "bop_eval/a.py",
            "import objpose\nfrom objpose.io import x\ndef f():\n    from objpose.estimator import y",
        ),
    ],
)
def test_a_downward_import_is_allowed(tmp_path, file, source):
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(source)
    assert violations(tmp_path) == []
