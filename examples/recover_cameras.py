"""A handful of photos in; where their cameras stood out, how far each is trusted, and the scene as splats.

The photos are drawn here: the watering can on a printed cloth, from four places.
"""

from pathlib import Path

import numpy as np
import torch

import objpose
from objpose.cameras import Known, Photo
from objpose.geometry import SE3, SO3, Camera, Mesh
from objpose.io import read_mesh
from objpose.raster import render_mesh
from objpose.splatting import SceneFitOptions, save_splats

DATA = Path(__file__).resolve().parent / "data"
OUT = Path("demo_output")
CAMERA = Camera.from_K([[620.0, 0, 239.5], [0, 620.0, 179.5], [0, 0, 1]], 480, 360)
AZIMUTHS = (-36.0, -12.0, 12.0, 36.0)  # degrees around the can
QUICK = SceneFitOptions(steps=40, size=120, start=3000, most=4000)


def main() -> None:
    can = read_mesh(DATA / "watering_can.glb")
    cloth, truth = printed_cloth(can), [camera_at(azimuth, can) for azimuth in AZIMUTHS]
    photos = [Photo(f"{i}.jpg", photo([can, cloth], pose), CAMERA) for i, pose in enumerate(truth)]

    # One known distance between two cameras makes everything metres.
    baseline = float((truth[0] @ truth[-1].inverse()).translation.norm())
    options = objpose.RecoverOptions(known=Known(lengths=(("0.jpg", f"{len(photos) - 1}.jpg", baseline),)))
    scene = objpose.recover_cameras(photos, options=options)
    print(f"{len(scene.placed)} of {len(photos)} photos placed")
    first = scene["0.jpg"].cam_from_world
    for one, pose in zip(scene.photos[1:], truth[1:], strict=True):
        other_from_first = one.cam_from_world @ first.inverse()
        error = other_from_first @ (pose @ truth[0].inverse()).to(torch.float64).inverse()
        angle, shift = torch.rad2deg(error.rotation.angle()), 1000 * error.translation.norm()
        print(f"{one.name}: confidence {one.confidence:.2f}, off by {angle:.2f} deg and {shift:.1f} mm")
    save_splats(OUT / "recover_cameras.ply", scene.fit_splats(QUICK))
    print(f"the scene for any viewer of Gaussian splats in {OUT / 'recover_cameras.ply'}")


def camera_at(azimuth: float, can: Mesh) -> SE3:
    """cam_from_world, looking at the can's middle from 35 degrees above."""
    tilt, turn = SO3.exp(torch.tensor([[-125.0, 0.0, 0.0], [0.0, 0.0, azimuth]]).deg2rad())
    rotation = tilt @ turn
    ahead = torch.tensor([0.0, 0.0, 2.5 * can.diameter()])
    return SE3.from_rotation_translation(rotation, ahead - rotation.apply(can.bounds().mean(0)))


def printed_cloth(can: Mesh) -> Mesh:
    """A square of coloured patches under the can."""
    rng, side = np.random.default_rng(0), 2.0 * can.diameter()
    print_ = sum(
        np.kron(rng.uniform(0, 85, (n, n, 3)), np.ones((240 // n, 240 // n, 1))) for n in (12, 40, 120)
    )
    corners = torch.tensor([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    low = float(can.bounds()[0, 2])
    vertices = torch.cat([corners * side / 2, torch.full((4, 1), low)], dim=1)
    return Mesh(vertices, [[0, 1, 2], [0, 2, 3]], uvs=corners / 2 + 0.5, texture=print_.astype(np.uint8))


def photo(meshes: list[Mesh], cam_from_world: SE3) -> np.ndarray:
    """(H, W, 3) uint8, the nearest mesh in each pixel."""
    image, nearest = torch.ones(360, 480, 3), torch.full((360, 480), torch.inf)
    for mesh in meshes:
        drawn = render_mesh(
            mesh, cam_from_world[None], CAMERA.K, 480, 360, outputs=("color", "depth"), supersample=2
        )
        is_nearer = (drawn.depth[0] > 0) & (drawn.depth[0] < nearest)
        image = torch.where(is_nearer[..., None], drawn.color[0], image)
        nearest = torch.where(is_nearer, drawn.depth[0], nearest)
    return (255 * image).round().to(torch.uint8).numpy()


if __name__ == "__main__":
    main()
