"""A mesh, an RGB-D image and a mask in; the object's pose out, compared with the truth.

The same as `objpose demo`, as a program: the lines to copy into your own.
"""

import json
from pathlib import Path

import torch

import objpose
from objpose.io import read_camera, read_depth, read_image, read_mask, write_image

DATA = Path(__file__).resolve().parent / "data"
OUT = Path("demo_output")


def main() -> None:
    can = objpose.onboard(DATA / "watering_can.glb", units="m", out=None)

    camera, _ = read_camera(DATA / "camera.json")
    depth = read_depth(DATA / "depth.png", scale_m=0.001)
    frame = objpose.Frame(read_image(DATA / "rgb.png"), depth=depth, camera=camera)
    [best, *others] = objpose.PoseEstimator([can]).estimate(frame, read_mask(DATA / "mask.png"))

    print(f"confidence {best.confidence:.2f}, cam_from_obj (metres):")
    print(best.cam_from_obj.matrix())

    truth = torch.tensor(json.loads((DATA / "truth.json").read_text())["cam_from_obj"])
    true_cam_from_obj = objpose.SE3.from_matrix(truth)
    est_from_true = best.cam_from_obj @ true_cam_from_obj.inverse()
    shift = (best.cam_from_obj.translation - true_cam_from_obj.translation).norm()
    print(f"off by {1000 * shift:.2f} mm and {torch.rad2deg(est_from_true.rotation.angle()):.2f} deg")

    write_image(OUT / "estimate_pose.png", objpose.draw_overlay(frame, [best], [can]))
    print(f"overlay in {OUT / 'estimate_pose.png'}")


if __name__ == "__main__":
    main()
