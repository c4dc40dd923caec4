"""Real sequences of one object in BOP's layout as recordings; frames blanked; errors in the image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from bodies import BenchmarkObject, known

from objpose import Frame
from objpose.geometry import SE3, Camera, Symmetry
from objpose.io import BopDataset
from objpose.tracking.benchmark import Recording, Run

POINTS = 1000  # of the surface, that errors are measured on
# The truth of `track` is of a frame that is turned by a quarter against its mesh's: what PoseEstimator found
# under masks of the dragon's yellow in frames 0, 30, 60 and 90, relative to the truth there, in the mean
# (they differ by 2 degrees and 5 mm).
TRUTH_FROM_MESH = {
    "track": [
        [0.996, -0.084, -0.023, 0.004],
        [-0.016, 0.092, -0.9955, -0.0065],
        [0.0855, 0.992, 0.0907, -0.0085],
        [0.0, 0.0, 0.0, 1.0],
    ]
}


def bop_recording(root: Path, depth: bool) -> tuple[Recording, BenchmarkObject]:
    """The frames of the first scene, in order; and their one object."""
    dataset = BopDataset(root)
    [obj_id] = dataset.object_ids
    mesh = dataset.mesh(obj_id)
    made = known(f"{root.name}_{obj_id}", mesh, Symmetry.none())
    ids = dataset.image_ids()
    images = [dataset.image(scene, image, with_depth=depth) for scene, image in ids]
    truth = SE3.stack([image.gts[0].cam_from_obj for image in images]).to(torch.float64)
    turned = torch.tensor(TRUTH_FROM_MESH.get(root.name, torch.eye(4).tolist()), dtype=torch.float64)
    truth = (truth @ SE3.from_matrix(turned)).normalized()

    def frame(index: int) -> Frame:
        image = dataset.image(*ids[index], with_depth=depth)
        return Frame(image.rgb, image.camera, image.depth)

    points = mesh.sample_surface(POINTS, seed=0).points
    return Recording(root.name, made.name, frame, truth, points, made.symmetry, made.diameter), made


def blanked(recording: Recording, first: int, count: int) -> Recording:
    """The same with black frames, without depth, in place of some: as with a hand on the lens."""
    present = torch.ones(len(recording), dtype=torch.bool)
    present[first : first + count] = False
    frame: Callable[[int], Frame] = recording.frame

    def seen(index: int) -> Frame:
        given = frame(index)
        return given if present[index] else Frame(torch.zeros_like(given.rgb), given.camera)

    name = f"{recording.name}, {count} blanked"
    return replace(recording, name=name, frame=seen, present=present)


def pixels_off(run: Run, camera: Camera) -> np.ndarray:
    """(frames,) the median distance in the image of the object's points; infinite where nothing was found."""
    recording, off = run.recording, []
    for index, state in enumerate(run.states, start=1):
        if state.cam_from_obj is None:
            off.append(np.inf)
            continue
        poses = SE3.stack([state.cam_from_obj.to(torch.float64), recording.cam_from_obj[index]])
        found, true = camera.project(poses.apply_points(recording.points))
        off.append(float((found - true).norm(dim=-1).median()))
    return np.array(off)
