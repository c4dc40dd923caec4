"""Surfels of a mesh, polished: optimised for a moment until they look like the mesh itself."""

from __future__ import annotations

import torch

from objpose.crops import Crop
from objpose.geometry import SE3, Camera, Mesh, looking_at, square_K, view_rotations
from objpose.raster import Splats, render_mesh
from objpose.splatting.fit import FitOptions, fit_splats
from objpose.splatting.surfels import mesh_splats
from objpose.work import within

VIEWS = 24
SIZE = 128  # pixels of a view's side
FILL = 0.75  # of it that the diameter spans
DISTANCE = 5.0  # diameters from the camera to the object's centre
SUPERSAMPLE = 2


@within()
def polished_splats(mesh: Mesh, count: int = 12_000, steps: int = 120, seed: int = 0) -> Splats:
    """`mesh_splats`, then `steps` of optimisation against renderings of the mesh (metres) from all around.

    Blending brings surfels forward on slopes and past the outline, by about a pixel; a pose refined on them
    is off by as much. The optimisation takes that out, at the resolution at which poses are refined.

    Raises:
        InputError: a mesh without area.
    """
    views, cam_from_obj = mesh_views(mesh, VIEWS, SIZE)
    options = FitOptions(steps=steps, degree=0, growing=0.0, round_steps=steps, seed=seed)
    return fit_splats(views, cam_from_obj, options, initial=mesh_splats(mesh, count, seed))


def mesh_views(mesh: Mesh, count: int, size: int) -> tuple[list[Crop], SE3]:
    """Renderings of a mesh with depth from `count` even directions, and cam_from_obj (count,)."""
    centre, distance = mesh.bounds().mean(0), DISTANCE * mesh.diameter()
    cam_from_obj = looking_at(centre, view_rotations(count, 1), distance).to(torch.float32)
    camera = Camera.from_K(square_K(FILL * size * DISTANCE, size), size, size)
    render = render_mesh(
        mesh, cam_from_obj, camera.K, size, size, outputs=("depth", "color"), supersample=SUPERSAMPLE
    )
    assert render.color is not None  # asked for
    inside = torch.ones(size, size, dtype=torch.bool)
    images = zip(render.color, render.depth, render.mask, strict=True)
    return [Crop(rgb, depth, mask, inside, camera) for rgb, depth, mask in images], cam_from_obj
