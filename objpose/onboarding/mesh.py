"""A mesh in, an ObjectModel out."""

from __future__ import annotations

import dataclasses
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from objpose.errors import InputError
from objpose.features import FusedDescriptor, PointCloud, voxel_cloud
from objpose.geometry import Mesh, Symmetry, detect_near_symmetry, detect_symmetry
from objpose.given import as_mesh, as_name, as_options, checked_kind
from objpose.objects.decimation import decimated
from objpose.objects.digest import digest
from objpose.objects.names import TEMPLATES, free_place
from objpose.objects.object_model import MESH_ARRAYS, Keypoints, ObjectModel
from objpose.objects.surface import Surface
from objpose.objects.view_sphere import ViewSphere, render_view_sphere
from objpose.onboarding.source import Source, read_source
from objpose.onboarding.units import Units
from objpose.work import within


@dataclass(frozen=True)
class OnboardOptions:
    max_faces: int = 20_000  # heavier meshes are decimated to this
    coarse_faces: int = 4_000  # of the mesh for hypotheses seen in few pixels
    surface_points: int = 5_000  # samples of the surface that scene points are compared with
    views: int = 162  # on the view sphere
    keypoint_spacing: float = 0.045  # of the diameter, between points that carry descriptors
    symmetry_tolerance: float = 0.025  # of the diameter: what "the same shape" allows
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
    seen: float | None = None,
    replace: bool = False,
) -> ObjectModel:
    """Prepare an object for pose estimation.

    mesh: a file that objpose.io.read_mesh reads, or a Mesh (trimesh's and Open3D's too); `units` says what
    its numbers are ("auto": what the file says, else what its size tells, see objpose.onboarding.units).
    name: default the file's stem. out: the folder under which `name` is written, or None to write nothing.
    symmetry: what is known of it, in metres; None detects it. seen: metres across of what a frame shows of
    it, where size alone cannot tell the unit. replace: whether to take the place of another object of that
    name; the same mesh needs no leave.

    Raises:
        InputError: what cannot be an object, and a place that is taken or cannot be written to.
    """
    mesh, options = as_mesh(mesh), as_options(options, OnboardOptions)
    name = as_name(name if name is not None else mesh.stem if isinstance(mesh, Path) else "object")
    symmetry = checked_kind(
        symmetry, Symmetry, "symmetry", "objpose.Symmetry.none() for none, None to detect it"
    )
    source = read_source(mesh, name, units, seen)
    _check_symmetry_frame(symmetry, source.origin, name)
    given = digest({array: getattr(source.mesh, array) for array in MESH_ARRAYS}, str(source.origin))
    place = free_place(name, out, given, replace, _other_name(mesh))
    made_from: dict[str, Any] = {"mesh": mesh.name if isinstance(mesh, Path) else None, "units": source.units}
    made_from["digest"] = given
    made_from["options"] = {k: v for k, v in asdict(options).items() if k != "descriptor"}
    model = _onboarded(source, name, symmetry, options, made_from, progress)
    return model if place is None else kept_at(model, place, replace)


def kept_at(model: ObjectModel, place: Path, replace: bool) -> ObjectModel:
    """The object, saved."""
    return dataclasses.replace(model, folder=model.save(place, replace))


def _onboarded(
    source: Source,
    name: str,
    symmetry: Symmetry | None,
    options: OnboardOptions,
    made_from: dict,
    progress: bool,
) -> ObjectModel:
    """The object of a mesh in metres."""
    full = source.mesh
    with tqdm(total=5, desc=f"onboarding {name}", disable=None if progress else True, leave=False) as bar:
        light, coarse = (
            decimated(full, count, options.seed) for count in (options.max_faces, options.coarse_faces)
        )
        bar.update()
        surface, views = surface_and_views(full, light, options)
        bar.update()
        cloud = surface.cloud
        symmetry = symmetry or detect_symmetry(
            cloud.points, cloud.normals, cloud.colors, options.symmetry_tolerance
        )
        bar.update()
        near = detect_near_symmetry(cloud.points, cloud.normals)
        bar.update()
        keypoints = _keypoints(surface, options)
        bar.update()
    return ObjectModel(
        name,
        light,
        coarse,
        full.diameter(),
        symmetry,
        near,
        surface,
        views,
        keypoints,
        made_from,
        origin=source.origin,
    )


def _other_name(mesh: Mesh | Path) -> str | None:
    """What a file could be called whose own name is taken: many sets name each object by its folder."""
    return mesh.resolve().parent.name if isinstance(mesh, Path) else None


def _check_symmetry_frame(symmetry: Symmetry | None, origin: tuple[float, ...], label: str) -> None:
    if symmetry is not None and any(origin):
        found = "a symmetry given for a mesh far from its origin"
        raise InputError(
            label, found, "a centred mesh", "centre the mesh, or leave the symmetry to be detected"
        )


def surface_and_views(full: Mesh, light: Mesh, options: OnboardOptions) -> tuple[Surface, ViewSphere]:
    """The surface seen from outside, with outward normals: parts that no view shows only mislead."""
    samples = full.sample_surface(options.surface_points, options.seed)
    views, visible = render_view_sphere(light, options.views, samples.points, samples.normals)
    facing = visible.T.float() @ views.directions
    outward = torch.where((facing * samples.normals).sum(-1, keepdim=True) < 0, -1.0, 1.0)
    cloud = PointCloud(samples.points, samples.normals * outward, samples.colors)
    return Surface(cloud[visible.any(0)], full.diameter()), views


def _keypoints(surface: Surface, options: OnboardOptions) -> Keypoints:
    cloud = surface.cloud
    cloud = voxel_cloud(
        cloud.points, options.keypoint_spacing * surface.diameter, cloud.normals, cloud.colors
    )
    use_color = cloud.colors is not None
    return Keypoints(cloud, options.descriptor(cloud, surface.diameter, use_color))
