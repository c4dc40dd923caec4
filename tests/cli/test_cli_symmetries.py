"""`objpose symmetries`: what it says of shapes with and without prints, and what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from objpose.cli import main
from objpose.geometry import Mesh
from objpose.io import read_json, write_mesh
from objpose.io.bop_symmetry import symmetry_from_bop, symmetry_to_bop
from tests.geometry import shapes

MM = 1000.0


def said(*arguments: object) -> str:
    result = CliRunner().invoke(main, ["symmetries", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A can, and the same can with a small dark mark on its side."""
    folder = tmp_path_factory.mktemp("models")
    fine = subdivided(shapes.prism(0.03, 0.1, 64).scaled(MM), 2)
    light = torch.full((len(fine.vertices), 3), 0.9)
    marked = light.clone()
    x, y, z = fine.vertices.unbind(-1)
    angle = torch.atan2(y, x)
    marked[(angle.abs() < 0.35) & ((z - 20).abs() < 12) & (x.hypot(y) > 25)] = 0.1
    write_mesh(folder / "obj_000001.ply", Mesh(fine.vertices, fine.faces, vertex_colors=light))
    write_mesh(folder / "obj_000002.ply", Mesh(fine.vertices, fine.faces, vertex_colors=marked))
    return folder


def subdivided(mesh: Mesh, times: int) -> Mesh:
    """Each triangle in four, so that colours of vertices can draw."""
    import trimesh

    found = trimesh.Trimesh(mesh.vertices.numpy(), mesh.faces.numpy(), process=True)
    for _ in range(times):
        found = found.subdivide()
    return Mesh(
        torch.from_numpy(np.array(found.vertices)).float(), torch.from_numpy(np.array(found.faces)).long()
    )


@pytest.mark.slow("looks at two painted meshes, three times")
def test_a_small_mark_breaks_a_symmetry_that_its_shape_has(folder: Path, tmp_path: Path) -> None:
    info = tmp_path / "models_info.json"
    info.write_text(json.dumps({"1": {"diameter": 117.0, "note": "kept"}}))
    plain, marked, tolerance, written = said(folder, "--write", info).splitlines()
    assert plain == "obj_000001.ply: any turn about its z axis and end for end"
    assert marked.startswith("obj_000002.ply: no symmetry (its shape alone has any turn about its z axis")
    assert "within 0.025 of the diameter" in tolerance and written.endswith(
        "1 of them new, 0 with other symmetries than before"
    )
    content = json.loads(info.read_text())
    assert content["1"]["note"] == "kept" and content["1"]["diameter"] == 117.0
    symmetry = symmetry_from_bop(read_json(info)["1"])
    assert len(symmetry.continuous) == 1 and abs(float(symmetry.continuous[0].axis[2])) > 0.999
    assert len(symmetry.discrete) == 2
    assert not any("symmetries" in name for name in content["2"])
    assert content["2"]["diameter"] == pytest.approx((60**2 + 100**2) ** 0.5, rel=1e-2)
    assert content["2"]["size_z"] == pytest.approx(100, rel=1e-3)
    again = said(folder, "--write", info)
    assert "0 of them new, 0 with other" in again and json.loads(info.read_text()) == content


@pytest.mark.slow("looks at a painted mesh twice")
def test_other_symmetries_in_the_file_stay_unless_told(folder: Path, tmp_path: Path) -> None:
    info = tmp_path / "models_info.json"
    turn = np.diag([-1.0, -1, 1, 1]).reshape(-1).tolist()
    info.write_text(json.dumps({"1": {"diameter": 117.0, "symmetries_discrete": [turn]}}))
    before = info.read_bytes()
    mesh = folder / "obj_000001.ply"
    refused = CliRunner().invoke(main, ["symmetries", str(mesh), "--write", str(info)])
    assert refused.exit_code == 2 and "other symmetries of object 1" in refused.output + refused.stderr
    assert info.read_bytes() == before
    assert "1 with other symmetries than before" in said(mesh, "--write", info, "--replace")
    assert len(json.loads(info.read_text())["1"]["symmetries_continuous"]) == 1


def test_names_that_are_no_models_are_not_written(tmp_path: Path, folder: Path) -> None:
    other = tmp_path / "can.ply"
    other.write_bytes((folder / "obj_000001.ply").read_bytes())
    result = CliRunner().invoke(
        main, ["symmetries", str(other), "--write", str(tmp_path / "models_info.json")]
    )
    assert result.exit_code == 2 and "the name can.ply" in result.output + result.stderr
    assert not (tmp_path / "models_info.json").exists()
    empty = CliRunner().invoke(main, ["symmetries", str(tmp_path / "none")])
    assert empty.exit_code == 2


def test_symmetries_go_to_bop_and_back() -> None:
    half_turn = [-1, 0, 0, 1.5, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    info = {
        "symmetries_discrete": [half_turn],
        "symmetries_continuous": [{"axis": [0, 0, 1], "offset": [1, 2, 3]}],
    }
    assert symmetry_to_bop(symmetry_from_bop(info)) == info
    assert symmetry_to_bop(symmetry_from_bop({})) == {}
