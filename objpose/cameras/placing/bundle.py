"""Bundle adjustment by pycolmap: cameras and points together, robust against what is still wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from objpose.cameras.known.known import standing
from objpose.cameras.placing.options import SettleOptions
from objpose.cameras.scene.colmap import colmap_camera, colmap_pixels, matrix_of, rigid3d
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.views import View
from objpose.features.local.pycolmap_log import quiet

if TYPE_CHECKING:
    import pycolmap


def bundle_adjust(
    views: list[View],
    placement: Placement,
    focal_groups: dict[int, int] | None,
    options: SettleOptions,
    held: Mapping[int, np.ndarray],
) -> Placement:
    """The placement with cameras and points of least robust reprojection error.

    focal_groups: view index to a group whose views share one focal length that is refined; None keeps all.
    held: known cameras, which stay where the placement is in their frame.
    """
    import pycolmap

    cams = placement.cams_from_world
    problem = _colmap_scene(views, placement, focal_groups or {})
    config = pycolmap.BundleAdjustmentConfig()
    for index in cams:
        config.add_image(index + 1)
    fixed = standing(cams, held)
    for index in fixed:
        config.set_constant_rig_from_world_pose(problem.image(index + 1).frame_id)
    if not fixed:
        config.fix_gauge(pycolmap.BundleAdjustmentGauge.TWO_CAMS_FROM_WORLD)
    solver = _solver(options, focal_groups is not None)
    with quiet():
        pycolmap.create_default_bundle_adjuster(solver, config, problem).solve()
    adjusted = {index: matrix_of(problem.image(index + 1).cam_from_world()) for index in cams}
    adjusted |= {index: held[index] for index in fixed}
    count = placement.tracks.count
    moved = np.array([problem.point3D(number + 1).xyz for number in range(count)]).reshape(-1, 3)
    camera_ids = {index: problem.image(index + 1).camera_id for index in focal_groups or {}}
    focals = {index: problem.camera(number).focal_length_x for index, number in camera_ids.items()}
    return Placement(adjusted, placement.tracks, moved, focals)


def _solver(options: SettleOptions, refine_focal: bool) -> pycolmap.BundleAdjustmentOptions:
    import pycolmap

    solver = pycolmap.BundleAdjustmentOptions()
    solver.refine_focal_length = refine_focal
    solver.refine_principal_point = solver.refine_extra_params = solver.print_summary = False
    solver.ceres.loss_function_type = pycolmap.LossFunctionType.CAUCHY
    solver.ceres.loss_function_scale = options.loss_px
    solver.ceres.solver_options.max_num_iterations = options.max_iterations
    solver.ceres.solver_options.function_tolerance = 1e-6
    solver.ceres.solver_options.num_threads = 1
    return solver


def _colmap_scene(
    views: list[View], placement: Placement, focal_groups: dict[int, int]
) -> pycolmap.Reconstruction:
    """A pycolmap reconstruction; image and camera ids are view indices plus one, point ids track numbers plus
    one.

    Views of one focal group share a camera of one focal length; the others keep their own.
    """
    import pycolmap

    scene, tracks = pycolmap.Reconstruction(), placement.tracks
    local = _add_views(scene, views, placement, focal_groups)
    order = np.argsort(tracks.track, kind="stable")
    bounds = np.searchsorted(tracks.track[order], np.arange(tracks.count + 1))
    images = (tracks.view + 1)[order].tolist()
    places = local[order].tolist()
    for number in range(tracks.count):
        track = pycolmap.Track()
        for row in range(bounds[number], bounds[number + 1]):
            track.add_element(images[row], places[row])
        scene.add_point3D(placement.points[number], track)
    return scene


def _add_views(
    scene: pycolmap.Reconstruction, views: list[View], placement: Placement, focal_groups: dict[int, int]
) -> np.ndarray:
    """Add cameras and images; returns (O,) the place of each observation in its image's list."""
    import pycolmap

    tracks = placement.tracks
    local = np.zeros(len(tracks.view), dtype=np.int64)
    cameras: dict[object, int] = {}
    for index, cam_from_world in placement.cams_from_world.items():
        view, group = views[index], focal_groups.get(index)
        key = ("own", index) if group is None else (group, view.width, view.height)
        if key not in cameras:
            cameras[key] = index + 1
            camera = colmap_camera(view, shares_focal=group is not None)
            camera.camera_id = index + 1
            scene.add_camera_with_trivial_rig(camera)
        mine = np.flatnonzero(tracks.view == index)
        local[mine] = np.arange(len(mine))
        pixels = colmap_pixels(view, tracks.keypoint[mine])
        image = pycolmap.Image(name=view.name, keypoints=pixels, camera_id=cameras[key], image_id=index + 1)
        scene.add_image_with_trivial_frame(image, rigid3d(cam_from_world))
    return local
