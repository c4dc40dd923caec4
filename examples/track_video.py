"""A video and an object in; its pose in every frame out, with a state that says how far it can be trusted.

The video is drawn here: the example object, swung and turned by a hand, hidden for a while. What a camera
records is tracked the same way, and `objpose track` does it without a program.
"""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter

import objpose
from objpose.io import read_image, read_mesh, write_image
from objpose.io.videos import video_writer
from objpose.overlay import draw_states, draw_strip
from objpose.raster import render_mesh
from objpose.tracking import read_frames

DATA = Path(__file__).resolve().parent / "data"
OUT = Path("demo_output")
FRAMES, RATE, HIDDEN = 30, 30, range(14, 20)


def main() -> None:
    can = objpose.onboard(DATA / "watering_can.glb", units="m", out=None)
    swing = [at(frame / RATE) for frame in range(FRAMES)]
    record(OUT / "swing.mp4", swing)

    shown = []
    with objpose.Tracker(can, start=swing[0], options=objpose.TrackerOptions(search="never")) as tracker:
        for frame, timestamp, _ in read_frames(OUT / "swing.mp4", camera=DATA / "camera.json"):
            [state] = tracker.update(frame, timestamp)
            error = ""
            if state.is_trusted:
                true = swing[round(timestamp * RATE)].translation
                error = f"{1000 * (state.cam_from_obj.translation - true).norm():.1f} mm off"
            print(f"{timestamp:.2f} s {state.status.value:10s} {state.confidence:.2f} {error} {state.reason}")
            shown.append(draw_states(frame, [state], [can]))

    chosen = range(0, FRAMES, 3)
    strip = draw_strip([shown[i] for i in chosen], [f"{i / RATE:.2f} s" for i in chosen])
    write_image(OUT / "track_video.jpg", strip)
    print(f"strip in {OUT / 'track_video.jpg'}")


def at(time: float) -> objpose.SE3:
    """cam_from_obj after so many seconds: a sway of 6 cm and a turn of 30 degrees, to and fro."""
    first = json.loads((DATA / "truth.json").read_text())["cam_from_obj"]
    sway = 0.06 * np.sin(3 * time), -0.02 * np.sin(5 * time), 0.05 * np.sin(2 * time)
    turn = objpose.SO3.exp(torch.tensor([0.0, 0.0, 0.5 * np.sin(2.5 * time)], dtype=torch.float32))
    moved = objpose.SE3.from_rotation_translation(objpose.SO3.identity(), torch.tensor(sway))
    return moved @ objpose.SE3.from_matrix(first) @ objpose.SE3.from_rotation_translation(turn, [0.0] * 3)


def record(path: Path, cam_from_obj: list[objpose.SE3]) -> None:
    """The object before what the example camera saw, out of focus."""
    mesh, room = read_mesh(DATA / "watering_can.glb"), Image.fromarray(read_image(DATA / "rgb.png"))
    background = torch.from_numpy(np.array(room.filter(ImageFilter.GaussianBlur(25)))) / 255
    K = torch.tensor(json.loads((DATA / "camera.json").read_text())["K"])
    noise = torch.Generator().manual_seed(0)
    with video_writer(path, 640, 480) as add:
        for number, here in enumerate(cam_from_obj):
            render = render_mesh(mesh, here, K, 640, 480, outputs=("color", "normals"), supersample=2)
            shaded = render.color[0] * (0.5 + 0.5 * render.normals[0][..., 2:].abs())
            picture = torch.where(render.mask[0][..., None], shaded, background)
            picture = background if number in HIDDEN else picture
            picture = picture + 0.01 * torch.randn(picture.shape, generator=noise)
            add((255 * picture.clamp(0, 1)).byte().numpy(), number / RATE)


if __name__ == "__main__":
    main()
