"""A mesh in, an ObjectModel out."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from tqdm import tqdm

from objpose.errors import InputError
from objpose.features import FusedDescriptor, PointCloud, voxel_cloud
from objpose.geometry import SE3, Mesh, Symmetry, detect_symmetry
from objpose.io import read_mesh
from objpose.onboarding.decimation import decimated
from objpose.onboarding.object_model import Keypoints, ObjectModel
from objpose.onboarding.surface import Surface
from objpose.onboarding.units import Units, mesh_in_metres
from objpose.onboarding.view_sphere import render_view_sphere
from objpose.work import within

TEMPLATES = "templates"  # where objects are kept unless told otherwise
TEMPLATES_VARIABLE = "OBJPOSE_TEMPLATES"
FULL_TURN_STEPS = 12  # a continuous near-symmetry is tested every 30 degrees; alignment finds the rest


@dataclass(frozen=True)
class OnboardOptions:
    max_faces: int = 20_000  # heavier meshes are decimated to this
    coarse_faces: int = 4_000  # of the mesh for hypotheses seen in few pixels
    surface_points: int = 5_000  # samples of the surface that scene points are compared with
    views: int = 162  # on the view sphere
    keypoint_spacing: float = 0.045  # of the diameter, between points that carry descriptors
    symmetry_tolerance: float = 0.025  # of the diameter: what "the same shape" allows
    look_alike_tolerance: float = 0.06  # of the diameter: what "nearly the same shape" allows
    descriptor: FusedDescriptor = FusedDescriptor()
    seed: int = 0


@within()
def onboard(
    mesh: str | Path | Mesh,
    name: str | None = None,
    units: Units = "auto",
    out: str | Path | None = TEMPLATES,
    symmetry: Symmetry | None = None,
    options: OnboardOptions = OnboardOptions(),
    progress: bool = True,
) -> ObjectModel:
    """Prepare an object for pose estimation.

    mesh: a file that objpose.io.read_mesh reads, or a Mesh; `units` says what its numbers are ("auto" decides
    by size). name: default the file's stem. out: the folder under which `name` is written, or None to write
    nothing. symmetry: what is known of it, in metres; None detects it. Raises InputError for what cannot be
    an object.
    """
    name = name or (Path(mesh).stem if not isinstance(mesh, Mesh) else "object")
    with tqdm(total=5, desc=f"onboarding {name}", disable=None if progress else True, leave=False) as bar:
        source = mesh if isinstance(mesh, Mesh) else read_mesh(mesh)
        full = mesh_in_metres(source, units, str(mesh) if not isinstance(mesh, Mesh) else name)
        light, coarse = (
            decimated(full, count, options.seed) for count in (options.max_faces, options.coarse_faces)
        )
        bar.update()
        surface, views = _surface_and_views(full, light, options)
        bar.update()
        symmetry = symmetry or _symmetry(surface.cloud, options.symmetry_tolerance, use_colors=True)
        bar.update()
        near = _symmetry(surface.cloud, options.look_alike_tolerance, use_colors=False)
        bar.update()
        keypoints = _keypoints(surface, options)
        bar.update()
    made_from = {"mesh": Path(mesh).name if not isinstance(mesh, Mesh) else None, "units": units}
    made_from["options"] = {k: v for k, v in asdict(options).items() if k != "descriptor"}
    model = ObjectModel(
        name,
        light,
        coarse,
        full.diameter(),
        symmetry,
        _look_alikes(near),
        surface,
        views,
        keypoints,
        made_from,
    )
    if out is not None:
        model = replace(model, folder=model.save(Path(out) / name))
    return model


def load_object(name: str | Path) -> ObjectModel:
    """An onboarded object by name, by folder, or a mesh file, onboarded in memory.

    Names are looked up in ./templates and $OBJPOSE_TEMPLATES. Raises InputError listing where it looked.
    """
    path = Path(name)
    places = [path, Path(TEMPLATES) / path]
    if TEMPLATES_VARIABLE in os.environ:
        places.append(Path(os.environ[TEMPLATES_VARIABLE]) / path)
    for place in places:
        if place.is_dir():
            return ObjectModel.load(place)
    if path.is_file():
        return onboard(path, out=None)
    looked = ", ".join(str(place) for place in places)
    raise InputError(
        f"object {name}", f"nothing at {looked}", "an onboarded object or a mesh file", "onboard it first"
    )


def _surface_and_views(full: Mesh, light: Mesh, options: OnboardOptions):
    """The surface seen from outside, with outward normals: parts that no view shows only mislead."""
    samples = full.sample_surface(options.surface_points, options.seed)
    views, visible = render_view_sphere(light, options.views, samples.points)
    facing = visible.T.float() @ views.directions
    outward = torch.where((facing * samples.normals).sum(-1, keepdim=True) < 0, -1.0, 1.0)
    cloud = PointCloud(samples.points, samples.normals * outward, samples.colors)
    return Surface(cloud[visible.any(0)], full.diameter()), views


def _symmetry(cloud: PointCloud, tolerance: float, use_colors: bool) -> Symmetry:
    return detect_symmetry(
        cloud.points, cloud.normals, cloud.colors if use_colors else None, tolerance=tolerance
    )


def _look_alikes(near: Symmetry) -> SE3:
    """(M,) the near-symmetries as turns, continuous ones every 30 degrees, the identity left out."""
    turns = near.transforms(diameter=1.0, max_step=torch.pi / FULL_TURN_STEPS)
    return turns[turns.rotation.angle() > 1e-3]


def _keypoints(surface: Surface, options: OnboardOptions) -> Keypoints:
    cloud = surface.cloud
    cloud = voxel_cloud(
        cloud.points, options.keypoint_spacing * surface.diameter, cloud.normals, cloud.colors
    )
    use_color = cloud.colors is not None
    return Keypoints(cloud, options.descriptor(cloud, surface.diameter, use_color))
