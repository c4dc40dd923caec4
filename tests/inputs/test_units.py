"""Units of meshes as people have them: named, declared, seen, or refused; and far coordinates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from objpose import PoseEstimator, draw_overlay
from objpose.cli import main
from objpose.errors import InputError, InputWarning
from objpose.geometry import Mesh
from objpose.io import write_mesh
from objpose.objects import ObjectModel
from objpose.onboarding import OnboardOptions, load_object, onboard
from objpose.onboarding.apparent_size import apparent_size
from objpose.onboarding.source import read_source
from objpose.onboarding.units import METRES_PER_UNIT
from tests.inputs.habits import habit
from tests.synthetic import Scene, looking, make_scene, onboarded, painted_blob

KIND = "units"
QUICK = OnboardOptions(surface_points=1500, views=42)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(painted_blob(), looking(3))


def quickly(mesh: Path | Mesh, **options: object) -> ObjectModel:
    return onboard(mesh, options=QUICK, out=None, progress=False, **options)


def written(folder: Path, unit: str, suffix: str = ".ply") -> Path:
    write_mesh(folder / f"blob{suffix}", painted_blob().scaled(1 / METRES_PER_UNIT[unit]))
    return folder / f"blob{suffix}"


@habit(
    KIND, "`--units` mm, cm, m, inch or km", "read so; the unit is printed and kept",
    "cm and inch did not exist: 9 cm became 9 mm, confidence 0.58, one sigma 0.4 mm",
)  # fmt: skip
@pytest.mark.parametrize("unit", ["cm", "inch", "km"])
def test_named_units(tmp_path: Path, unit: str) -> None:
    source = read_source(written(tmp_path, unit), "blob", unit)
    assert source.mesh.diameter() == pytest.approx(painted_blob().diameter(), rel=1e-5)
    assert source.units == unit


@habit(
    KIND, "a mesh whose diameter is 1 to 50 in its own numbers: mm, cm, inches or m, and nothing that tells",
    "refused; the units that may be are named; `--units` is the cure", "mm from 5 on, metres below 4",
)  # fmt: skip
@pytest.mark.parametrize("unit", ["cm", "inch"])
def test_an_open_unit_is_refused(tmp_path: Path, unit: str) -> None:
    result = CliRunner().invoke(
        main, ["onboard", str(written(tmp_path, unit)), "--out", str(tmp_path / "made")]
    )
    assert result.exit_code == 2 and f"or {unit}" in result.stderr and "--units" in result.stderr
    assert not (tmp_path / "made").exists()


@habit(
    KIND, "`--units` of another kind (`foot`, `centimetres`)", "refused, with the list of those that are",
)  # fmt: skip
def test_unknown_units_are_listed(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["onboard", str(written(tmp_path, "cm")), "--units", "centimetres"])
    assert result.exit_code == 2 and "'mm', 'cm', 'm', 'inch', 'km'" in result.stderr
    with pytest.raises(InputError, match="'mm', 'cm', 'm', 'inch', 'km'"):
        read_source(painted_blob(), "blob", "centimetres")


@habit(
    KIND, "GLB and glTF: metres by their standard; one whose numbers are plainly mm",
    "metres; mm with a warning", "by size alone",
)  # fmt: skip
def test_glb_is_metres(tmp_path: Path) -> None:
    big = Mesh(painted_blob().vertices * 25, painted_blob().faces)  # 3.1 m: as PLY it could be inches
    write_mesh(tmp_path / "big.glb", big)
    read = read_source(tmp_path / "big.glb", "big")
    assert read.mesh.diameter() == pytest.approx(big.diameter(), rel=1e-5)
    with pytest.warns(InputWarning, match="125.9 m across in m, the unit of its file or format.* read as mm"):
        read = read_source(written(tmp_path, "mm", ".glb"), "blob")
    assert read.mesh.diameter() == pytest.approx(painted_blob().diameter(), rel=1e-5)


@habit(
    KIND, "a mesh file of unknown unit, with depth and a mask",
    "the size that they show decides, with a warning that says which unit was taken", "9 cm became 9 mm",
)  # fmt: skip
def test_depth_decides_an_open_unit(tmp_path: Path, scene: Scene) -> None:
    seen = apparent_size(scene.frame, scene.mask)
    assert 0.7 * painted_blob().diameter() < seen < 1.1 * painted_blob().diameter()
    with pytest.warns(InputWarning, match="it is read as inch, as mask and depth show 0.1"):
        read = read_source(written(tmp_path, "inch"), "blob", seen=seen)
    assert read.mesh.diameter() == pytest.approx(painted_blob().diameter(), rel=1e-5)
    with pytest.raises(InputError, match="which may be cm or inch"):
        load_object(tmp_path / "blob.ply")


@habit(
    KIND, "an object whose size contradicts the depth by about 10, 25.4, 100 or 1000",
    "a low confidence, and a warning that names the mesh's unit and the factor", "no word of the unit",
)  # fmt: skip
def test_a_contradicted_unit_is_named(scene: Scene) -> None:
    model = quickly(painted_blob().scaled(100.0), units="mm")  # it was cm
    [estimate] = PoseEstimator([model]).estimate(scene.frame, scene.mask)
    assert estimate.confidence < 0.3
    assert any("mesh unit" in warning and "10" in warning for warning in estimate.warnings)


@habit(
    KIND, "`estimate --units cm` with a mesh file, or with an object onboarded before",
    "the mesh is read so; refused for an object, whose unit is settled", "no such option",
)  # fmt: skip
def test_units_at_estimate_time(tmp_path: Path) -> None:
    folder = onboarded("painted_blob").save(tmp_path / "blob")
    with pytest.raises(InputError, match="cm for an object onboarded before"):
        load_object(folder, units="cm")
    result = CliRunner().invoke(main, ["estimate", "--help"])
    assert "[auto|mm|cm|m|inch|km]" in result.stdout


def far_file(path: Path, offset: np.ndarray) -> Path:
    """The blob as text in double precision."""
    mesh = painted_blob()
    rows = np.concatenate([mesh.vertices.double().numpy() + offset, mesh.vertex_colors.numpy()], axis=1)
    lines = ["v " + " ".join(f"{value:.9f}" for value in row) for row in rows]
    lines += ["f {} {} {}".format(*face) for face in (mesh.faces + 1).tolist()]
    path.write_text("\n".join(lines) + "\n")
    return path


@habit(
    KIND, "the pose of a mesh in UTM coordinates",
    "as exact as that of a centred one, in the frame of the file (float64)",
    "16 mm off at 100 km, 118 mm at 5000 km; confidence 0.54 and 0.00",
)  # fmt: skip
def test_the_pose_of_a_far_mesh_is_of_its_file(tmp_path: Path, scene: Scene) -> None:
    offset = np.array([449_000.25, 5_411_000.5, 312.75])
    model = quickly(far_file(tmp_path / "far.obj", offset), units="m")
    np.testing.assert_allclose(model.origin, offset, atol=0.1)
    model = ObjectModel.load(model.save(tmp_path / "kept"))
    [best, *_] = PoseEstimator([model]).estimate(scene.frame, scene.mask)
    in_file = painted_blob().vertices.double() + torch.from_numpy(offset)
    moved = best.cam_from_obj.apply_points(in_file)
    true = scene.cam_from_obj.apply_points(painted_blob().vertices).double()
    assert best.cam_from_obj.wxyz_xyz.dtype == torch.float64 and best.confidence > 0.9
    assert float((moved - true).norm(dim=-1).max()) < 5e-5
    near = replace(model, origin=(0.0, 0.0, 0.0))
    of_near = replace(best, cam_from_obj=model.cam_from_mesh(best.cam_from_obj))
    drawn, expected = (draw_overlay(scene.frame, [e], [m]) for e, m in ((best, model), (of_near, near)))
    assert np.array_equal(drawn, expected)


@pytest.mark.parametrize("unit", ["cm", "inch"])
def test_units_of_the_field(shared_data: Path, unit: str) -> None:
    mesh = shared_data / "field" / "units" / f"bracket_{unit}.ply"
    with pytest.raises(InputError, match="--units"):
        read_source(mesh, "bracket")
    assert read_source(mesh, "bracket", unit).mesh.diameter() == pytest.approx(0.110567, rel=1e-4)
