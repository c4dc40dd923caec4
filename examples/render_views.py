"""An object from all around: twelve views in one call, colours and normals on a contact sheet."""

from pathlib import Path

import torch

from objpose.geometry import SE3, view_rotations
from objpose.io import read_mesh, write_image
from objpose.raster import render_mesh

DATA = Path(__file__).resolve().parent / "data"
OUT = Path("demo_output")
VIEWS, COLUMNS, SIZE = 12, 4, 240


def main() -> None:
    mesh = read_mesh(DATA / "watering_can.glb")
    K = torch.tensor([[2.0 * SIZE, 0, (SIZE - 1) / 2], [0, 2.0 * SIZE, (SIZE - 1) / 2], [0, 0, 1]])

    # x_cam = R (x_obj - middle) + (0, 0, distance): each camera looks at the middle of the object.
    rotations = view_rotations(VIEWS, 1)
    middle = mesh.bounds().mean(0)
    ahead = torch.tensor([0.0, 0.0, 2.1 * mesh.diameter()])
    cam_from_obj = SE3.from_rotation_translation(rotations, ahead - rotations.apply(middle))

    render = render_mesh(mesh, cam_from_obj, K, SIZE, SIZE, outputs=("color", "normals"), supersample=3)
    background = ~render.mask[..., None]
    color = torch.where(background, 1.0, render.color)
    normals = torch.where(background, 1.0, 0.5 - 0.5 * render.normals)
    sheet = torch.cat([contact_sheet(color), contact_sheet(normals)])
    write_image(OUT / "render_views.png", (sheet * 255).round().to(torch.uint8).numpy())
    print(f"{VIEWS} views in {OUT / 'render_views.png'}")


def contact_sheet(images: torch.Tensor) -> torch.Tensor:
    """(N, H, W, 3) images in rows of COLUMNS as one (H', W', 3) picture."""
    rows = images.reshape(-1, COLUMNS, *images.shape[1:])
    return rows.permute(0, 2, 1, 3, 4).flatten(0, 1).flatten(1, 2)


if __name__ == "__main__":
    main()
