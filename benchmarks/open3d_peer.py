"""The peer: Open3D's FPFH + RANSAC + point-to-plane ICP, as its registration tutorial puts them together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import open3d as o3d
import torch
from bodies import BenchmarkObject

from objpose import Frame
from objpose.geometry import SE3, depth_to_points

registration = o3d.pipelines.registration
MODEL_POINTS = 20_000
LEAST_POINTS = 20


@dataclass(frozen=True)
class PeerOptions:
    voxel: float  # of the diameter
    iterations: int  # of RANSAC at most
    confidence: float = 0.999


class Open3DPeer:
    """One object, prepared once; `register` takes what a mask holds of a frame."""

    def __init__(self, target: BenchmarkObject, options: PeerOptions):
        self.options, self.diameter = options, target.diameter
        self.voxel = options.voxel * target.diameter
        samples = target.mesh.sample_surface(MODEL_POINTS, seed=0)
        self.cloud = _cloud(samples.points.numpy())
        self.cloud.normals = o3d.utility.Vector3dVector(samples.normals.numpy())
        self.cloud = self.cloud.voxel_down_sample(self.voxel)
        self.features = self._features(self.cloud)

    def register(self, frame: Frame, mask: np.ndarray) -> SE3 | None:
        """cam_from_obj, or None where the mask holds too little depth."""
        scene = self._observed(frame, mask)
        if len(scene.points) < LEAST_POINTS:
            return None
        reach = 1.5 * self.voxel
        checkers = [
            registration.CorrespondenceCheckerBasedOnEdgeLength(0.9),
            registration.CorrespondenceCheckerBasedOnDistance(reach),
        ]
        # From scene to object: a part is matched with the whole, so that the fitness counts what was seen.
        found = registration.registration_ransac_based_on_feature_matching(
            scene, self.cloud, self._features(scene), self.features, False, reach,
            registration.TransformationEstimationPointToPoint(False), 3, checkers,
            registration.RANSACConvergenceCriteria(self.options.iterations, self.options.confidence),
        )  # fmt: skip
        to_plane = registration.TransformationEstimationPointToPlane()
        for distance in (reach, reach / 2):
            found = registration.registration_icp(scene, self.cloud, distance, found.transformation, to_plane)
        return SE3.from_matrix(torch.from_numpy(np.array(found.transformation))).inverse().to(torch.float32)

    def _observed(self, frame: Frame, mask: np.ndarray) -> o3d.geometry.PointCloud:
        """The masked depth as a cloud, what lies a diameter off left out, with normals towards the camera."""
        points = depth_to_points(frame.depth, frame.camera).numpy()[mask & (frame.depth.numpy() > 0)]
        if len(points):
            points = points[np.abs(points - np.median(points, axis=0)).max(1) < self.diameter]
        scene = _cloud(points).voxel_down_sample(self.voxel)
        scene.estimate_normals(o3d.geometry.KDTreeSearchParamHybrid(radius=2.5 * self.voxel, max_nn=30))
        scene.orient_normals_towards_camera_location(np.zeros(3))
        return scene

    def _features(self, cloud: o3d.geometry.PointCloud) -> registration.Feature:
        around = o3d.geometry.KDTreeSearchParamHybrid(radius=5 * self.voxel, max_nn=100)
        return registration.compute_fpfh_feature(cloud, around)


def _cloud(points: np.ndarray) -> o3d.geometry.PointCloud:
    return o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points.astype(np.float64)))
