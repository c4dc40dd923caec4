"""The shipped example: made by the scripts beside it, and true."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from examples.studio.sensor import rough_mask, sensor_depth
from examples.studio.shapes import Tile, bezier, box, lathe, sweep
from examples.studio.watering_can import watering_can
from objpose.geometry import SE3
from objpose.io import read_camera, read_depth, read_image, read_mask, read_mesh
from objpose.raster import MeshRender, render_mesh
from tests.conftest import REPOSITORY

DATA = REPOSITORY / "examples" / "data"
ATLAS = Tile(0, 0, 1, 1)


@pytest.fixture(scope="module")
def rendered() -> MeshRender:
    """The mesh under the true pose, drawn by our renderer; Mitsuba drew the pictures."""
    camera, _ = read_camera(DATA / "camera.json")
    truth = torch.tensor(json.loads((DATA / "truth.json").read_text())["cam_from_obj"])
    mesh = read_mesh(DATA / "watering_can.glb")
    outputs = ("depth", "color")
    return render_mesh(mesh, SE3.from_matrix(truth), camera.K, camera.width, camera.height, outputs=outputs)


def test_depth_is_that_of_the_true_pose(rendered: MeshRender) -> None:
    measured = read_depth(DATA / "depth.png", 0.001)
    seen = read_mask(DATA / "mask.png") & rendered.mask[0].numpy() & (measured > 0)
    error = measured[seen] - rendered.depth[0].numpy()[seen]
    assert abs(np.median(error)) < 2e-4  # the noise has no bias; half a pixel of misalignment would show here
    assert np.median(np.abs(error)) < 1.5e-3
    assert seen.sum() > 0.85 * rendered.mask.sum()


def test_photo_shows_the_paint_of_the_true_pose(rendered: MeshRender) -> None:
    mask = read_mask(DATA / "mask.png") & rendered.mask[0].numpy()
    photo = read_image(DATA / "rgb.png")[mask].astype(float)
    painted = rendered.color[0].numpy()[mask]
    for channel in range(3):
        assert np.corrcoef(photo[:, channel], painted[:, channel])[0, 1] > 0.75


def test_mask_is_rough_but_right(rendered: MeshRender) -> None:
    mask, silhouette = read_mask(DATA / "mask.png"), rendered.mask[0].numpy()
    assert (
        0.005 < (mask & ~silhouette).sum() / mask.sum() < 0.08
    )  # borders wander, a neighbour's pixels among them
    assert 0.8 < (mask & silhouette).sum() / silhouette.sum() < 0.97  # the pot hides a part


def test_shipped_mesh_is_the_one_the_script_makes() -> None:
    shipped, made = read_mesh(DATA / "watering_can.glb"), watering_can()
    np.testing.assert_allclose(shipped.vertices.numpy(), made.vertices, atol=1e-6)
    assert np.array_equal(shipped.faces.numpy(), made.faces)


def test_example_stays_small() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 3_000_000


def test_parts_are_closed_and_face_outward() -> None:
    curve = bezier([(0, 0), (0.1, 0), (0.1, 0.1), (0.2, 0.1)], 40)
    parts = {
        "lathe": (lathe([(0, 0), (0.05, 0), (0.05, 0.1), (0, 0.1)], ATLAS, 400), np.pi * 0.05**2 * 0.1),
        "sweep": (sweep(curve, np.full(40, 0.01), ATLAS, 200), np.pi * 0.01**2 * _length(curve)),
        "box": (box((0.1, 0.2, 0.3), [ATLAS] * 6), 0.006),
    }
    for name, (part, volume) in parts.items():
        a, b, c = (part.vertices[part.faces[:, i]] for i in range(3))
        signed = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
        assert signed == pytest.approx(volume, rel=0.02), name


def test_sensor_keeps_flat_ground_and_loses_some_of_a_border() -> None:
    depth = np.full((120, 160), 1.0)
    depth[30:90, 50:110] = 0.6
    measured = sensor_depth(depth, 600.0, np.random.default_rng(3))
    ground = measured[:, :40]
    assert (ground == 0).mean() < 0.01
    assert np.abs(ground[ground > 0] - 1).max() < 0.02
    shadow = measured[35:85, 111:125]  # right of the block, where the projector on the left does not reach
    assert (shadow == 0).mean() > 0.95


def test_a_rough_mask_moves_the_border_by_pixels_only() -> None:
    mask = np.zeros((100, 100), dtype=bool)
    mask[20:80, 20:80] = True
    rough = rough_mask(mask, np.random.default_rng(4))
    assert (rough != mask).any()
    assert rough[27:73, 27:73].all() and not rough[:13].any() and not rough[:, 87:].any()


def _length(curve: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(curve, axis=0), axis=1).sum())


def test_what_the_robots_read_is_what_their_script_makes() -> None:
    from examples import make_robot_data

    made = make_robot_data.stops()
    stored = json.loads((make_robot_data.DATA / "hand_eye_stops.json").read_text())["samples"]
    for new, old in zip(made, stored, strict=True):
        for name in new:
            for part in new[name]:
                assert new[name][part] == pytest.approx(old[name][part], abs=1e-4)
