"""`objpose check`: what does not fit among the files that `objpose estimate` would take."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from objpose.errors import InputError

if TYPE_CHECKING:
    from objpose.checking import Finding, Given
    from objpose.geometry import Mesh

FILE = click.Path(path_type=Path)
MILLIMETRES = 0.001  # metres per stored unit, where neither the option nor the camera file says
FOUND = 1  # exit code
Value = TypeVar("Value")


@click.command()
@click.argument("rgb", type=FILE)
@click.option("--depth", type=FILE, help="Depth image registered to RGB.")
@click.option(
    "--depth-scale", type=float, help="Metres per stored unit.  [default: the camera file's, else 0.001]"
)
@click.option("--camera", type=FILE, help="As for objpose estimate.")
@click.option("--mask", type=FILE, help="Picture of the object's visible pixels.")
@click.option("--object", "name", help="An onboarded object, or a mesh file.")
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON on stdout, and nothing else there.")
def check(
    rgb: Path,
    depth: Path | None,
    depth_scale: float | None,
    camera: Path | None,
    mask: Path | None,
    name: str | None,
    as_json: bool,
) -> None:
    """Say what does not fit among the picture RGB, its depth, camera and mask, and an object.

    The mesh's unit, the depth scale, K against the picture's size, depth that is not registered, a mask that
    lies elsewhere: with what was found, what was expected, and the cure. Whatever is given is judged.
    Exits with 0 when all is well, 1 when something does not fit, 2 when RGB itself cannot be read.
    """
    from objpose import check as findings_of
    from objpose.checking import Given
    from objpose.io import read_camera, read_depth, read_image, read_mask

    picture, files = read_image(rgb), _Files()
    intrinsics, scale_of_file = files.read(camera, read_camera) or (None, None)
    scale = depth_scale if depth_scale is not None else scale_of_file or MILLIMETRES
    measured = files.read(depth, lambda path: read_depth(path, scale))
    view = Given(picture, intrinsics, measured, files.read(mask, read_mask))
    mesh = files.mesh(name)
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
        self, path: Path | str | None, reader: Callable[..., Value], cause: str = "refused"
    ) -> Value | None:
        from objpose.checking import refused

        try:
            return None if path is None else reader(path)
        except InputError as error:
            self.refused.append(refused(error, cause))
            return None

    def mesh(self, name: str | None) -> Mesh | None:
        """Of an onboarded object, or of a file: what it looks like is all that is judged."""
        from objpose import load_object
        from objpose.io import read_mesh
        from objpose.onboarding.units import mesh_in_metres

        if name is None or not Path(name).is_file():
            model = self.read(name, load_object)
            return None if model is None else model.mesh
        mesh = self.read(name, read_mesh)
        return self.read(mesh, lambda mesh: mesh_in_metres(mesh, "auto", name), "mesh unit")


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
