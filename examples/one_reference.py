"""One photo of an object and nothing else: found in another photo, with a confidence and its reason.

With depth the side that the photo shows is registered; without, matches tell the turn, and lengths are
distances of the object in the reference. The target is drawn from the example's mesh, so that its truth is
known.
"""

import json
from pathlib import Path

import torch

import objpose
from objpose.io import read_camera, read_depth, read_image, read_mask, write_image
from objpose.overlay import draw_reference
from objpose.raster import render_mesh

DATA = Path(__file__).resolve().parent / "data"
OUT = Path("demo_output")
TURN = torch.tensor([0.1, 0.4, 0.1])  # radians, about 24 degrees
WALL = 1.2  # metres behind which nothing is


def main() -> None:
    camera, _ = read_camera(DATA / "camera.json")
    mask = read_mask(DATA / "mask.png")
    photo = read_image(DATA / "rgb.png")
    depth = read_depth(DATA / "depth.png", scale_m=0.001)
    target, target_mask, cam_from_first = turned_view(camera)

    for name, reference_depth, target_frame in (
        ("depth in both", depth, target),
        ("depth in the reference", depth, target.without_depth()),
        ("no depth", None, target.without_depth()),
    ):
        reference = objpose.onboard_reference(objpose.Frame(photo, camera, reference_depth), mask, "can")
        found = reference.find(target_frame, target_mask)
        moved = found.cam_from_obj @ reference.cam_from_obj.inverse()
        off = torch.rad2deg((moved.rotation @ cam_from_first.rotation.inverse()).angle())
        print(f"{name}: turned wrong by {off:.1f} deg, confidence {found.confidence:.2f}; {found.reason}")
        print(f"  {'metres' if found.is_metric else 'distances'}: {found.scale}")
        picture = draw_reference(target_frame, found, reference)
        write_image(OUT / f"one_reference_{name.replace(' ', '_')}.png", picture)
    print(f"pictures in {OUT}")


def turned_view(camera: objpose.Camera) -> tuple[objpose.Frame, torch.Tensor, objpose.SE3]:
    """The can as another camera sees it, its mask, and that camera from the first."""
    mesh = objpose.onboard(DATA / "watering_can.glb", units="m", out=None).mesh
    truth = json.loads((DATA / "truth.json").read_text())["cam_from_obj"]
    first = objpose.SE3.from_matrix(torch.tensor(truth))
    turn = objpose.SE3.from_rotation_translation(objpose.SO3.exp(TURN), torch.zeros(3))
    about = objpose.SE3.from_rotation_translation(torch.eye(3), first.apply(mesh.bounds().mean(0)))
    cam_from_first = about @ turn @ about.inverse()
    size = camera.width, camera.height
    drawn = render_mesh(
        mesh, cam_from_first @ first, camera.K.float(), *size, outputs=("depth", "color"), supersample=3
    )
    seen = drawn.mask[0]
    rgb = torch.where(seen[..., None], drawn.color[0], torch.tensor([0.45, 0.42, 0.38]))
    frame = objpose.Frame((rgb * 255).byte(), camera, torch.where(seen, drawn.depth[0], torch.tensor(WALL)))
    return frame, seen, cam_from_first


if __name__ == "__main__":
    main()
