"""From saved data to a grasp: a picture, a mesh, grasps and a calibrated camera in; where the hand goes out.

No robot and no ROS is needed: what would be sent lies in demo_output/robot_pick.json, in the messages' own
fields. An object that is not there is refused, with the reason.
"""

from pathlib import Path

import torch
import trimesh

import objpose
from objpose import robots
from objpose.calibration import HandEye, calibrate_hand_eye
from objpose.calibration.from_files import read_samples
from objpose.geometry import Mesh
from objpose.io import read_camera, read_depth, read_image, write_json
from objpose.robots.rerun_log import has_rerun, write_rerun

DATA = Path(__file__).resolve().parent / "data"
OUT = Path("demo_output")
# Where the hand is now: above the table, fingers down.
BASE_FROM_GRIPPER = objpose.SE3.from_matrix(
    [[1, 0, 0, 0.3], [0, -1, 0, 0.0], [0, 0, -1, 0.4], [0, 0, 0, 1]]
).to(torch.float64)


def main() -> None:
    camera, _ = read_camera(DATA / "camera.json")
    depth = read_depth(DATA / "depth.png", scale_m=0.001)
    frame = objpose.Frame(read_image(DATA / "rgb.png"), depth=depth, camera=camera)
    eye = calibrate_hand_eye(read_samples(DATA / "hand_eye_stops.json"), "to-hand")
    print(f"camera known to {1000 * eye.sigma_shift:.1f} mm")
    can = objpose.onboard(DATA / "watering_can.glb", units="m", out=None)
    pick(can, frame, eye)
    pick(absent_object(), frame, eye)


def pick(model: objpose.ObjectModel, frame: objpose.Frame, eye: HandEye) -> None:
    """Look for the object without a mask; act, or say why not."""
    best = next(iter(objpose.PoseEstimator([model]).estimate(frame)), None)
    if reason := robots.reason_to_refuse(best):
        print(f"{model.name}: not picked: {reason}")
        return
    placed = robots.in_base(best, model, eye.mount_from_cam, eye.covariance)
    grasps = robots.read_grasps(DATA / "grasps.json")
    reach = robots.nearest_reach(
        placed.base_from_obj, model.symmetry, model.diameter, grasps, BASE_FROM_GRIPPER, back_off=0.1
    )
    before, goal = (place.translation for place in (reach.base_from_gripper_before, reach.base_from_gripper))
    print(f"{model.name}: confidence {best.confidence:.2f}, {reach.grasp.name}")
    print(f"  pre-grasp {told(before)}, grasp {told(goal)} m in the robot's base")
    print(f"  off the truth by {1000 * (placed.base_from_obj.translation - true_place()).norm():.1f} mm")
    header = robots.header_of("base", seconds=0.0)
    messages = {"detections": robots.detections([placed], header), "tf": robots.transforms([placed], header)}
    write_json(OUT / "robot_pick.json", messages)
    if has_rerun():
        write_rerun(OUT / "robot_pick.rrd", frame, eye.mount_from_cam, [(placed, model.mesh)], reach)


def absent_object() -> objpose.ObjectModel:
    ring = trimesh.creation.torus(0.08, 0.02)
    return objpose.onboard(Mesh(ring.vertices, ring.faces), units="m", name="ring", out=None)


def told(place: torch.Tensor) -> str:
    return "(" + ", ".join(f"{value:.3f}" for value in place.tolist()) + ")"


def true_place() -> torch.Tensor:
    """Of the can in the base, as make_robot_data.py has put it."""
    return torch.tensor([0.5, 0.1, 0.0], dtype=torch.float64)


if __name__ == "__main__":
    main()
