"""`objpose check`: what does not fit among the files that `objpose estimate` would take."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from objpose.cli.onboard import UNITS
from objpose.errors import InputError

if TYPE_CHECKING:
    from objpose.checking import Finding, Given
    from objpose.geometry import Camera, Mesh
    from objpose.onboarding.units import Units

FILE = click.Path(path_type=Path)
FOUND = 1  # exit code
Place = TypeVar("Place", Path, str)
Value = TypeVar("Value")


@click.command()
@click.argument("rgb", type=FILE)
@click.option("--depth", type=FILE, help="Depth image registered to RGB.")
@click.option("--depth-scale", type=float, help="Metres per stored unit.  [default: as for objpose estimate]")
@click.option("--camera", type=FILE, help="As for objpose estimate.")
@click.option("--mask", type=FILE, help="Picture of the object's visible pixels.")
@click.option("--mask-label", help="As for objpose estimate.")
@click.option("--object", "name", help="An onboarded object, or a mesh file.")
@UNITS
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON on stdout, and nothing else there.")
def check(
    rgb: Path,
    depth: Path | None,
    depth_scale: float | None,
    camera: Path | None,
    mask: Path | None,
    mask_label: str | None,
    name: str | None,
    units: Units,
    as_json: bool,
) -> None:
    """Say what does not fit among the picture RGB, its depth, camera and mask, and an object.

    The mesh's unit, the depth scale, K against the picture's size, depth that is not registered, a mask that
    lies elsewhere: with what was found, what was expected, and the cure. Whatever is given is judged.
    Exits with 0 when all is well, 1 when something does not fit, 2 when RGB itself cannot be read.
    """
    from objpose import check as findings_of
    from objpose.checking import Given
    from objpose.io import read_depth, read_mask, read_view_image
    from objpose.io.images import read_image_size

    size, files = read_image_size(rgb), _Files()
    intrinsics, scale_of_file = (None, None) if camera is None else files.camera(camera, size)
    photo = read_view_image(rgb, None if intrinsics is None else (intrinsics.width, intrinsics.height))
    scale = depth_scale if depth_scale is not None else scale_of_file
    measured = files.read(depth, lambda path: read_depth(path, scale, photo))
    shown = files.read(mask, lambda path: read_mask(path, mask_label, photo))
    view = Given(photo.pixels, intrinsics, measured, shown)
    mesh = files.mesh(name, units, has_size=measured is not None and shown is not None)
    findings = [*files.refused, *findings_of(view, object=mesh)]
    if as_json:
        click.echo(json.dumps([finding.record() for finding in findings], indent=1))
    else:
        click.echo(_words(findings, view, mesh is not None))
    sys.exit(FOUND if findings else 0)


class _Files:
    """Reads what was given; what cannot be read becomes a finding, and the rest is judged without it."""

    def __init__(self) -> None:
        self.refused: list[Finding] = []

    def read(
        self, path: Place | None, reader: Callable[[Place], Value], cause: str = "refused"
    ) -> Value | None:
        from objpose.checking import refused

        try:
            return None if path is None else reader(path)
        except InputError as error:
            self.refused.append(refused(error, cause))
            return None

    def camera(self, path: Path, size: tuple[int, int]) -> tuple[Camera | None, float | None]:
        """The camera and its depth unit; a K of another image as it is, where it says of which."""
        from objpose.checking import names_other_size, refused
        from objpose.io import read_camera

        try:
            return read_camera(path, size)
        except InputError as error:
            unchecked = self.read(path, lambda path: read_camera(path, size, checked=False))
            if unchecked is None:
                return None, None
            if not names_other_size(unchecked[0]):
                self.refused.append(refused(error))
                return None, unchecked[1]
            return unchecked

    def mesh(self, name: str | None, units: Units, has_size: bool) -> Mesh | None:
        """Of an onboarded object, or of a file: what it looks like is all that is judged.

        Where the view `has_size`, a unit is taken as given, and the size that it makes is judged.
        """
        from objpose import load_object
        from objpose.io import read_mesh_file
        from objpose.onboarding.source import read_source
        from objpose.onboarding.units import assumed_metres

        if name is None or not Path(name).is_file():
            model = self.read(name, load_object)
            return None if model is None else model.mesh

        def read(path: str) -> Mesh:
            if not has_size:
                return read_source(path, Path(path).stem, units).mesh
            read = read_mesh_file(path)
            return read.mesh.scaled(assumed_metres(read, units))

        return self.read(name, read, "mesh unit")


def _words(findings: list[Finding], view: Given, has_object: bool) -> str:
    lines = [str(finding) for finding in findings] or ["nothing speaks against these inputs"]
    has_size = view.depth is not None and view.mask is not None and view.camera is not None and has_object
    if not has_size:
        missing = {
            "--depth": view.depth is None,
            "--camera": view.camera is None,
            "--mask": view.mask is None,
            "--object": not has_object,
        }
        names = ", ".join(name for name, is_missing in missing.items() if is_missing)
        lines.append(f"not judged without {names}: the mesh's unit, the depth scale and the focal length")
    return "\n".join(lines)
