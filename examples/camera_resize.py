"""Make an image smaller and crop it without moving a single point: the camera goes with the pixels."""

import json
from pathlib import Path

import torch

from objpose.geometry import SE3, Camera
from objpose.io import read_camera, read_mesh

DATA = Path(__file__).resolve().parent / "data"


def main() -> None:
    camera, _ = read_camera(DATA / "camera.json")
    truth = json.loads((DATA / "truth.json").read_text())
    cam_from_obj = SE3.from_matrix(torch.tensor(truth["cam_from_obj"]))
    points_cam = cam_from_obj.apply_points(read_mesh(DATA / "watering_can.glb").vertices)

    # Pixel centres lie at integers, so pixel u of the half-size image covers 2u and 2u + 1: its centre is
    # 2u + 0.5. Scaling K alone would be half a pixel off; Camera.resize is not.
    half = camera.resize(camera.width // 2, camera.height // 2)
    shift = (2 * half.project(points_cam) + 0.5 - camera.project(points_cam)).abs().max()
    print(f"half size: largest disagreement {shift:.6f} px")

    naive = Camera.from_K(
        torch.diag(torch.tensor([0.5, 0.5, 1.0])).double() @ camera.K, half.width, half.height
    )
    shift = (2 * naive.project(points_cam) + 0.5 - camera.project(points_cam)).abs().max()
    print(f"K halved by hand: {shift:.6f} px")

    window = camera.crop(200, 120, 320, 240)
    shift = (
        (window.project(points_cam) + torch.tensor([200.0, 120.0]) - camera.project(points_cam)).abs().max()
    )
    print(f"crop: {shift:.6f} px")


if __name__ == "__main__":
    main()
