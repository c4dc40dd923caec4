"""A robot that acts only on what is surely tracked: camera and arm run each at its own rate.

The camera's thread updates the tracker; the arm's loop asks for the latest state, which never waits. Here the
camera shows the example scene, and a hand comes in between while the arm is on its way.
"""

import threading
import time
from pathlib import Path

import objpose
from objpose.io import read_camera, read_depth, read_image, read_mask

DATA = Path(__file__).resolve().parent / "data"
CAMERA_RATE, ARM_RATE = 15, 50  # Hz
STEPS = 30  # of the arm, from its rest to the object
SURE = 0.7  # the confidence from which the arm moves
OLD = 0.5  # seconds: a pose older than this is no longer acted on
PATIENCE = 90  # seconds


def main() -> None:
    can = objpose.onboard(DATA / "watering_can.glb", units="m", out=None)
    hand, done = threading.Event(), threading.Event()
    with objpose.Tracker(can) as tracker:  # nobody says where the object is: it is looked for
        eye = threading.Thread(target=watch, args=(tracker, hand, done))
        eye.start()
        try:
            approach(tracker, hand)
        finally:
            done.set()
            eye.join()


def watch(tracker: objpose.Tracker, hand: threading.Event, done: threading.Event) -> None:
    """The camera: a frame every fifteenth of a second, of the object or of the hand before it."""
    rgb, camera = read_image(DATA / "rgb.png"), read_camera(DATA / "camera.json")[0]
    depth, mask = read_depth(DATA / "depth.png"), read_mask(DATA / "mask.png")
    free = objpose.Frame(rgb.copy(), camera, depth.copy())
    rows, columns = mask.nonzero()
    palm = slice(rows.min() - 20, rows.max() + 20), slice(columns.min() - 20, columns.max() + 20)
    rgb[palm], depth[palm] = (196, 148, 120), 0.3
    covered = objpose.Frame(rgb, camera, depth)
    while not done.wait(1 / CAMERA_RATE):
        tracker.update(covered if hand.is_set() else free, time.monotonic())


def approach(tracker: objpose.Tracker, hand: threading.Event) -> None:
    """The arm: a step nearer for each frame in which the object is surely tracked, a halt while it is not.

    One step a frame: an arm that goes on by an old one is there before a busy machine has seen the hand.
    """
    steps, before, acted, end = 0, None, -1.0, time.monotonic() + PATIENCE
    while steps < STEPS and time.monotonic() < end:
        time.sleep(1 / ARM_RATE)
        for state in tracker.latest():
            is_fresh = time.monotonic() - state.timestamp < OLD
            may_move = state.is_trusted and state.confidence >= SURE and is_fresh
            steps += may_move and state.timestamp > acted
            acted = state.timestamp
            if (state.status, may_move) != before:
                before = state.status, may_move
                print(f"step {steps}: {state.status.value}, {'move' if may_move else 'halt'}: {state.reason}")
            if steps == STEPS // 2 and may_move:
                hand.set()  # somebody reaches in
            elif state.status is objpose.Status.LOST:
                hand.clear()  # and takes the hand away, as the arm has stopped
    if steps < STEPS:
        raise SystemExit(f"not picked: {before[0].value if before else 'no frame'} after {PATIENCE} s")
    x, y, z = tracker.latest()[0].cam_from_obj.translation.tolist()
    print(f"picked at ({x:.3f}, {y:.3f}, {z:.3f}) m in the camera's frame")


if __name__ == "__main__":
    main()
