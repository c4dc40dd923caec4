"""A photo that the matches did not place, searched again against the splats of those that they did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from objpose.cameras.answer.recovered import RecoveredCameras, se3
from objpose.cameras.pairs.evidence import evidence, point_chance
from objpose.cameras.pairs.options import EvidenceOptions
from objpose.cameras.scene.colmap import resect
from objpose.cameras.scene.options import KeypointOptions
from objpose.cameras.scene.relative import project
from objpose.cameras.scene.views import View
from objpose.cameras.splats.options import SplatOptions
from objpose.cameras.splats.scene_splats import as_bytes, drawn_at, nearest_drawn, trusted, view_of
from objpose.errors import InputError
from objpose.features.local import Matches, SiftExtractor, match_features
from objpose.features.local.features import under_mask
from objpose.geometry import SE3
from objpose.geometry.rigid_matrices import rotation_degrees
from objpose.raster import Splats
from objpose.splatting import SceneView, Viewpoint, search_viewpoints


@dataclass(frozen=True, eq=False)
class SynthesisedPlace:
    """A place where the reconstruction looks like a photo.

    cam_from_world: () in the scene's frame; likeness: correlation in [-1, 1] of its rendering with the photo;
    evidence: nats by which matches between the two speak for the place; is_supported: whether they are more
    than chance gives.
    """

    cam_from_world: SE3
    likeness: float
    evidence: float
    is_supported: bool


def search_again(
    scene: RecoveredCameras,
    name: str,
    splats: Splats,
    options: SplatOptions = SplatOptions(),  # noqa: B008 - frozen
    weighing: EvidenceOptions = EvidenceOptions(),  # noqa: B008 - frozen
    keypoints: KeypointOptions = KeypointOptions(),  # noqa: B008 - frozen
    seed: int = 0,
) -> list[SynthesisedPlace]:
    """Places of a photo around the reconstruction, those with most evidence first, then the most alike.

    The outlier correction of SparseAGS (Xu et al., 2024) in two parts: viewpoints all around are rendered,
    compared and refined; then the photo is matched with the rendering of each of the best, and resected from
    these matches. Only a place of more evidence than chance gives `is_supported`: alike are also wrong ones.
    A photo that takes part in the splats finds itself.

    Raises:
        InputError: a name that no photo has.
    """
    names = [photo.name for photo in scene.photos]
    if name not in names:
        raise InputError("photo", f"no {name!r}", "the name of a photo of the scene", "check the names")
    index = names.index(name)
    others = [one for one in trusted(scene, options) if one != index]
    known = scene.cams_from_world(others)
    seen = np.isin(scene.points.photo, others)
    centre = torch.from_numpy(np.median(scene.points.xyz[np.unique(scene.points.point[seen])], axis=0))
    near = nearest_drawn(scene, options)
    view = view_of(scene, index, options.matched_size)
    found = search_viewpoints(splats, view, known, centre, near, options.viewpoints)[: options.judged]
    judge = _Judge(_described(name, view, keypoints), splats, near, options, weighing, seed)
    places = [_place(judge, one, weighing.least(len(others))) for one in found]
    return sorted(places, key=lambda one: (-one.evidence, -one.likeness))


def _described(name: str, view: SceneView, keypoints: KeypointOptions) -> View:
    features = SiftExtractor()(as_bytes(view.rgb))
    if view.mask is not None:
        features = features.select(under_mask(features.keypoints, view.mask.numpy()))
    camera = view.camera
    return View(name, camera.width, camera.height, camera.K.numpy().astype(np.float64), features, keypoints)


def _place(judge: _Judge, found: Viewpoint, needed: float) -> SynthesisedPlace:
    cam_from_world = found.cam_from_world.matrix().numpy()
    resected, nats = judge(cam_from_world)
    if resected is None:
        return SynthesisedPlace(found.cam_from_world, found.likeness, 0.0, False)
    return SynthesisedPlace(se3(resected), found.likeness, nats, nats > needed)


class _Judge:
    """What the matches of one photo with renderings of the scene say."""

    def __init__(
        self,
        view: View,
        splats: Splats,
        near: float,
        options: SplatOptions,
        weighing: EvidenceOptions,
        seed: int,
    ):
        self.view, self.splats, self.near, self.seed = view, splats, near, seed
        self.options, self.weighing, self.extractor = options, weighing, SiftExtractor()

    def __call__(self, cam_from_world: np.ndarray) -> tuple[np.ndarray | None, float]:
        """(4, 4) the camera that the matches with the rendering there ask for, and the nats they give it.

        None where they ask for none, or for one that looks elsewhere.
        """
        matches, points = self._matched(cam_from_world)
        resected = self._resected(matches, points)
        if resected is None:
            return None, 0.0
        turn = rotation_degrees(resected[:3, :3] @ cam_from_world[:3, :3].T)
        return (
            (None, 0.0)
            if turn > self.options.stays_deg
            else (resected, self._evidence(resected, matches, points))
        )

    def _evidence(self, resected: np.ndarray, matches: Matches, points: np.ndarray) -> float:
        rays = self.view.rays[matches.indices[:, 1]]
        tolerance = self.options.leniency * self.view.tolerance
        predicted = project(resected, points)
        misfit = np.linalg.norm(predicted - rays, axis=1) / tolerance
        chance = point_chance(predicted, self.view, tolerance, self.weighing)
        patches = [self.view.patches(matches.indices[:, 1], self.weighing.patches)]
        return evidence(matches.ratios, misfit, chance, patches, self.weighing)

    def _matched(self, cam_from_world: np.ndarray) -> tuple[Matches, np.ndarray]:
        """Matches of the rendering with the photo, and the (M, 3) points that the rendering shows there."""
        view, camera = self.view, self.view.camera
        placed = SE3.from_matrix(torch.from_numpy(cam_from_world)).to(torch.float32)
        drawn = drawn_at(self.splats, camera, placed, self.near)
        features = self.extractor(as_bytes(drawn.color[0]))
        columns, rows = torch.from_numpy(features.keypoints).round().long().T
        rows, columns = rows.clamp(0, view.height - 1), columns.clamp(0, view.width - 1)
        solid = (drawn.alpha[0, rows, columns] > self.options.solid).numpy()
        depth = drawn.depth[0, rows, columns][solid]
        features = features.select(solid)
        points = placed.inverse().apply(camera.unproject(features.keypoints, depth)).numpy()
        matches = match_features(features, view.features)
        return matches, points[matches.indices[:, 0]].astype(np.float64)

    def _resected(self, matches: Matches, points: np.ndarray) -> np.ndarray | None:
        if len(matches) < self.options.least_points:
            return None
        error = self.options.leniency * self.view.tolerance_px
        found = resect(self.view, matches.indices[:, 1], points, error, self.seed, self.options.trials)
        return None if found is None else found[0]
