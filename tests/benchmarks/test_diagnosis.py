"""`bop-eval diagnose` names what is planted, and nothing where nothing is: on a set made by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from bop_eval.cli import main
from bop_eval.datasets import EvaluationSet, open_test_set
from bop_eval.diagnosis import Diagnosis, diagnose
from bop_eval.diagnosis.evidence import with_transforms
from objpose.errors import InputError
from objpose.geometry import Mesh
from objpose.io import BopResultTable, write_bop_table, write_image, write_mesh
from objpose.onboarding.symmetries import MeshSymmetries
from tests.bop_set import put_json

IMAGES, OBJECTS = 24, 3
K = np.array([[570.0, 0, 319.5], [0, 570.0, 239.5], [0, 0, 1]])
SLOW = ("random rotations",)


def lump(seed: int) -> Mesh:
    """An irregular stone of 60 to 120 mm, its origin off its middle."""
    points = np.random.default_rng(seed).uniform(-1, 1, (14, 3)) * (60, 40, 30) + (15, -10, 5)
    hull = ConvexHull(points)
    faces = hull.simplices.copy()
    corners = points[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = (normals * hull.equations[:, :3]).sum(axis=1) < 0
    faces[inward] = faces[inward][:, ::-1]
    return Mesh(torch.from_numpy(points).float(), torch.from_numpy(faces).long())


def brick() -> Mesh:
    """A box of three unequal sides: half turns leave it as it is."""
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * (20.0, 30.0, 45.0)
    faces = [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
             [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]  # fmt: skip
    return Mesh(torch.from_numpy(corners).float(), torch.tensor(faces))


def write_set(root: Path, meshes: dict[int, Mesh]) -> EvaluationSet:
    random = np.random.default_rng(7)
    infos = {obj_id: {"diameter": mesh.diameter()} for obj_id, mesh in meshes.items()}
    put_json(root / "models" / "models_info.json", infos)
    for obj_id, mesh in meshes.items():
        write_mesh(root / "models" / f"obj_{obj_id:06d}.ply", mesh)
    scene, truth = root / "test" / "000001", {}
    for i in range(IMAGES):
        rotations = Rotation.random(len(meshes), rng=random).as_matrix()
        places = random.uniform([-250, -180, 600], [250, 180, 1200], (len(meshes), 3))
        truth[i] = [
            {"obj_id": obj_id, "cam_R_m2c": R.reshape(-1).tolist(), "cam_t_m2c": t.tolist()}
            for obj_id, R, t in zip(meshes, rotations, places, strict=True)
        ]
        write_image(scene / "gray" / f"{i:06d}.png", np.zeros((480, 640), np.uint8))
    put_json(scene / "scene_camera.json", {i: {"cam_K": K.reshape(-1).tolist()} for i in truth})
    put_json(scene / "scene_gt.json", truth)
    put_json(scene / "scene_gt_info.json", {i: [{"visib_fract": 1.0}] * len(meshes) for i in truth})
    names = ("scene_id", "im_id", "obj_id", "inst_count")
    targets = [dict(zip(names, (1, i, obj_id, 1), strict=True)) for i in truth for obj_id in meshes]
    put_json(root / "test_targets_bop19.json", targets)
    return open_test_set(root)


@pytest.fixture(scope="module")
def stones(tmp_path_factory: pytest.TempPathFactory) -> EvaluationSet:
    meshes = {obj_id: lump(obj_id) for obj_id in range(1, OBJECTS + 1)}
    return write_set(tmp_path_factory.mktemp("sets") / "stones", meshes)


@pytest.fixture(scope="module")
def unspoilt(stones: EvaluationSet) -> tuple[BopResultTable, Diagnosis]:
    """Noisy estimates of the stones, and what is said of them."""
    import diagnosis

    table = diagnosis.noisy_truth(stones, seed=1)
    return table, diagnose(table, stones)


@pytest.fixture(scope="module", autouse=True)
def symmetries_found_once() -> Iterator[None]:
    """Of each mesh, and not again for all that is planted."""
    found: dict[bytes, MeshSymmetries] = {}

    def symmetries_of(mesh: Mesh) -> MeshSymmetries:
        key = mesh.vertices.numpy().tobytes()
        if key not in found:
            found[key] = MeshSymmetries(mesh)
        return found[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("objpose.onboarding.symmetries.MeshSymmetries", symmetries_of)
        yield


def planted() -> list:
    sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
    import diagnosis

    slow = pytest.mark.slow("looks for the symmetries of every mesh")
    names = [name for name in diagnosis.PLANTED if name != "flips"]  # stones have no look-alikes
    return [pytest.param(name, marks=slow if name in SLOW else ()) for name in names]


@pytest.mark.parametrize("name", planted())
def test_what_is_planted_is_named(
    stones: EvaluationSet, unspoilt: tuple[BopResultTable, Diagnosis], name: str
) -> None:
    import diagnosis

    plant, expected = diagnosis.PLANTED[name]
    table, right = unspoilt
    found = diagnose(plant(table, stones, np.random.default_rng(2)), stones)
    assert tuple(finding.name for finding in found.findings) == expected
    if expected:
        # What is mended is as good as what was never broken, but for what a fit or a lost image takes.
        assert found.findings[-1].recalls["AR_MSPD"] > 0.85 * right.recalls["AR_MSPD"]
        gained = sum(finding.estimates for finding in found.findings)
        assert found.right + gained > 0.85 * right.right


@pytest.mark.slow("looks for the symmetries of a mesh")
@pytest.mark.parametrize("turned", [0.5, 0.0])
def test_a_symmetry_that_is_not_declared_is_named(tmp_path: Path, turned: float) -> None:
    import diagnosis

    test_set = write_set(tmp_path / "bricks", {1: lump(1), 2: brick()})
    table = diagnosis.noisy_truth(test_set, seed=1)
    is_turned = (table.obj_ids == 2) & (np.random.default_rng(0).random(len(table)) < turned)
    R, t = table.cam_from_obj[:, :, :3].copy(), table.cam_from_obj[:, :, 3]
    R[is_turned] = R[is_turned] @ np.diag([-1.0, -1, 1])
    found = diagnose(with_transforms(table, R, t), test_set).findings
    if not turned:
        assert found == ()
    else:
        assert [one.name for one in found] == ["symmetry not declared"]
        assert "180 degrees about its z axis" in found[0].what and found[0].estimates >= is_turned.sum() * 0.6


def test_the_command_says_what_where_and_how_to_mend_it(
    stones: EvaluationSet, tmp_path: Path, capsys, monkeypatch
) -> None:
    import diagnosis

    path, report = tmp_path / "mine_stones-test.csv", tmp_path / "found.json"
    metres = diagnosis.scaled(1e-3)(diagnosis.noisy_truth(stones, 1), stones, np.random.default_rng(0))
    write_bop_table(path, metres)
    arguments = ["diagnose", path, "--dataset", stones.root, "--json", report]
    monkeypatch.setattr(sys, "argv", ["bop-eval", *map(str, arguments)])
    main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("stones: 0 of 72 estimates are right as they are; AR_MSSD 0.000")
    assert lines[1] == "1. metres for millimetres: t is written in metres"
    assert (
        "more estimates are right; AR_MSSD 0." in lines[2]
        and lines[3] == "   cure: multiply t by 1000, for millimetres"
    )
    assert json.loads(report.read_text())["findings"][0]["name"] == "metres for millimetres"


def test_of_few_estimates_nothing_is_said(stones: EvaluationSet) -> None:
    """Two estimates that a unit puts right may be luck; the words say how many there were."""
    import diagnosis

    from bop_eval.diagnosis.evidence import part

    few = part(
        diagnosis.scaled(1e-3)(diagnosis.noisy_truth(stones, 1), stones, np.random.default_rng(0)),
        np.arange(2),
    )
    assert diagnose(few, stones).findings == () and diagnose(few, stones).compared == 2
    with pytest.raises(InputError, match="no estimate"):
        diagnose(part(few, np.zeros(0, np.int64)), stones)
