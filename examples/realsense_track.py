"""An object followed live before a RealSense camera; without one, frames of a file stand in, and it says so.

`objpose track --camera realsense` does the same without a program, and writes a video.
"""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import objpose
from objpose.io import read_camera, read_depth, read_image
from objpose.io.frame_sources.realsense import RealSenseFrames
from objpose.io.frame_sources.shot import Shot
from objpose.tracking import frame_of

DATA = Path(__file__).resolve().parent / "data"
FRAMES = 300  # ten seconds of a camera
RECORDED, RATE, MARGIN = 24, 30, 40  # of the stand-in: frames, Hz, pixels that its window wanders


def main() -> None:
    can = objpose.onboard(DATA / "watering_can.glb", units="m", out=None)
    is_live, shots = camera_or_file()
    # Nobody says where the object is: it is looked for. A camera does not wait meanwhile, a file does.
    options = objpose.TrackerOptions(search="background" if is_live else "wait")
    with objpose.Tracker(can, options=options) as tracker:
        before = None
        for shot in shots:
            began = time.perf_counter()
            [state] = tracker.update(frame_of(shot), shot.timestamp)
            took = 1000 * (time.perf_counter() - began)
            if state.status is not before:  # told when it changes; poses are there in every frame
                before = state.status
                print(f"{shot.name}: {state.status.value}, {state.reason}")
    if not state.is_trusted:
        raise SystemExit(f"not found: {state.reason}")
    x, y, z = state.cam_from_obj.translation.tolist()
    print(f"last seen at ({x:.3f}, {y:.3f}, {z:.3f}) m, confidence {state.confidence:.2f}, {took:.0f} ms")


def camera_or_file() -> tuple[bool, Iterator[Shot]]:
    try:
        shots = RealSenseFrames().shots()
        first = next(shots)
    except objpose.InputError as error:
        print(f"NO CAMERA ({error})")
        print("frames of examples/data stand in for it: a window that wanders over one picture")
        return False, recorded()
    print(f"RealSense, {first.rgb.shape[1]} x {first.rgb.shape[0]}")
    return True, itertools.islice(itertools.chain([first], shots), FRAMES)


def recorded() -> Iterator[Shot]:
    """Windows of the example's picture and depth, each with the camera of its own window."""
    rgb, depth = read_image(DATA / "rgb.png"), read_depth(DATA / "depth.png", scale_m=0.001)
    whole, _ = read_camera(DATA / "camera.json")
    width, height = whole.width - MARGIN, whole.height - MARGIN
    for number in range(RECORDED):
        x = MARGIN * number // RECORDED
        y = MARGIN // 2 + (number * 3) % 7
        rows, columns = slice(y, y + height), slice(x, x + width)
        camera = whole.crop(x, y, width, height)
        taken = number / RATE
        yield Shot(number, f"frame {number}", taken, rgb[rows, columns], camera, depth[rows, columns])


if __name__ == "__main__":
    main()
