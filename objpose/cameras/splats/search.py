"""A photo that the matches did not place, searched again against the splats of those that they did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from objpose.cameras.pairs.evidence import evidence, patches_of, point_chance
from objpose.cameras.placing.growth import least_evidence
from objpose.cameras.placing.resection import MIN_POINTS, project
from objpose.cameras.scene.colmap import COLMAP_CENTRE, colmap_camera, matrix_of, ransac_options
from objpose.cameras.scene.relative import rotation_angle
from objpose.cameras.scene.views import View
from objpose.cameras.splats.scene_splats import nearest_drawn, trusted
from objpose.errors import InputError
from objpose.features.local import Matches, SiftExtractor, match_features
from objpose.features.local.features import under_mask
from objpose.features.local.pycolmap_log import quiet
from objpose.geometry import SE3, Camera
from objpose.raster import Splats, render_splats
from objpose.splatting import SceneView, Viewpoint, ViewpointOptions, search_viewpoints

if TYPE_CHECKING:
    from objpose.cameras.answer.recovered import RecoveredScene

MATCHED_SIZE = 640  # pixels of the longer side of the pictures that are matched, at most
JUDGED = 5  # places, the most alike first
SOLID = 0.5  # alpha from which a pixel of a rendering has depth
LENIENCY = 2.0  # tolerances that a match may be off: rendered surfaces are a little off themselves
STAYS_DEG = 15.0  # a place that its own matches turn by more is not theirs


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
    scene: RecoveredScene,
    name: str,
    splats: Splats,
    options: ViewpointOptions = ViewpointOptions(),  # noqa: B008 - frozen
    seed: int = 0,
) -> list[SynthesisedPlace]:
    """Places of a photo around the reconstruction, those with most evidence first, then the most alike.

    The outlier correction of SparseAGS (Xu et al., 2024) in two parts: viewpoints all around are rendered,
    compared and refined; then the photo is matched with the rendering of each of the best, and resected from
    these matches. Only a place of more evidence than chance gives `is_supported`: alike are also wrong ones.
    A photo that takes part in the splats finds itself.

    Raises InputError for a name that no photo has.
    """
    names = [photo.name for photo in scene.photos]
    if name not in names:
        raise InputError("photo", f"no {name!r}", "the name of a photo of the scene", "check the names")
    index = names.index(name)
    photo, source = scene.photos[index], scene.sources[index]
    others = [one for one in trusted(scene) if one != index]
    known = SE3.stack([scene.photos[one].cam_from_world for one in others])
    seen = np.isin(scene.points.photo, others)
    centre = torch.from_numpy(np.median(scene.points.xyz[np.unique(scene.points.point[seen])], axis=0))
    near = nearest_drawn(scene)
    view = SceneView.of(source.image, photo.camera, source.mask, MATCHED_SIZE)
    found = search_viewpoints(splats, view, known, centre, near, options)[:JUDGED]
    judge = _Judge(_described(name, view), splats, near, seed)
    needed = least_evidence(len(others))
    places = [_place(judge, one, needed) for one in found]
    return sorted(places, key=lambda one: (-one.evidence, -one.likeness))


def _described(name: str, view: SceneView) -> View:
    features = SiftExtractor()((view.rgb * 255).round().byte().numpy())
    if view.mask is not None:
        features = features.select(under_mask(features.keypoints, view.mask.numpy()))
    return View(
        name, view.camera.width, view.camera.height, view.camera.K.numpy().astype(np.float64), features
    )


def _place(judge: _Judge, found: Viewpoint, needed: float) -> SynthesisedPlace:
    cam_from_world = found.cam_from_world.matrix().numpy()
    resected, nats = judge(cam_from_world)
    if resected is None or rotation_angle(resected[:3, :3] @ cam_from_world[:3, :3].T) > STAYS_DEG:
        return SynthesisedPlace(found.cam_from_world, found.likeness, 0.0, False)
    placed = SE3.from_matrix(torch.from_numpy(resected))
    return SynthesisedPlace(placed, found.likeness, nats, nats > needed)


class _Judge:
    """What the matches of one photo with renderings of the scene say."""

    def __init__(self, view: View, splats: Splats, near: float, seed: int):
        self.view, self.splats, self.near, self.seed = view, splats, near, seed
        self.extractor = SiftExtractor()

    def __call__(self, cam_from_world: np.ndarray) -> tuple[np.ndarray | None, float]:
        """(4, 4) the camera that the matches with the rendering there ask for, and the nats they give it."""
        matches, points = self._matched(cam_from_world)
        resected = self._resected(matches, points)
        if resected is None:
            return None, 0.0
        rays = self.view.rays[matches.indices[:, 1]]
        tolerance = LENIENCY * self.view.tolerance
        predicted = project(resected, points)
        misfit = np.linalg.norm(predicted - rays, axis=1) / tolerance
        chance = point_chance(predicted, self.view, tolerance)
        patches = [patches_of(self.view, matches.indices[:, 1])]
        return resected, evidence(matches.ratios, misfit, chance, patches)

    def _matched(self, cam_from_world: np.ndarray) -> tuple[Matches, np.ndarray]:
        """Matches of the rendering with the photo, and the (M, 3) points that the rendering shows there."""
        view = self.view
        camera = Camera.from_K(view.K, view.width, view.height)
        pose = SE3.from_matrix(torch.from_numpy(cam_from_world)).to(torch.float32)
        drawn = render_splats(
            self.splats, pose, camera.K, view.width, view.height, antialias=True, near=self.near
        )
        picture = (drawn.color[0].clamp(0, 1) * 255).round().byte().numpy()
        features = self.extractor(picture)
        columns, rows = torch.from_numpy(features.keypoints).round().long().T
        rows, columns = rows.clamp(0, view.height - 1), columns.clamp(0, view.width - 1)
        solid = (drawn.alpha[0, rows, columns] > SOLID).numpy()
        depth = drawn.depth[0, rows, columns][solid]
        features = features.select(solid)
        points = pose.inverse().apply(camera.unproject(features.keypoints, depth)).numpy()
        matches = match_features(features, view.features)
        return matches, points[matches.indices[:, 0]].astype(np.float64)

    def _resected(self, matches: Matches, points: np.ndarray) -> np.ndarray | None:
        import pycolmap

        if len(matches) < MIN_POINTS:
            return None
        options = pycolmap.AbsolutePoseEstimationOptions()
        options.ransac = ransac_options(LENIENCY * self.view.tolerance_px, self.seed)
        pixels = self.view.features.keypoints[matches.indices[:, 1]].astype(np.float64) + COLMAP_CENTRE
        camera = colmap_camera(self.view.K, self.view.width, self.view.height)
        with quiet():
            answer = pycolmap.estimate_and_refine_absolute_pose(pixels, points, camera, options)
        return None if answer is None else matrix_of(answer["cam_from_world"])
