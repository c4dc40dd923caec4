"""`objpose onboard`: a mesh becomes an object that `objpose estimate` knows by name."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from objpose.geometry import Symmetry
    from objpose.onboarding.units import Units

UNITS = click.option(
    "--units",
    type=click.Choice(["auto", "mm", "cm", "m", "inch", "km"]),
    default="auto",
    show_default=True,
    help="What the numbers in a mesh file are; auto: what the file says, else what its size tells for sure.",
)
OUT = click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("templates"),
    show_default=True,
    help="Folder that the object's folder goes into.",
)
REPLACE = click.option("--replace", is_flag=True, help="Take the place of another object of that name.")


@click.command()
@click.argument("mesh", type=click.Path(path_type=Path))
@UNITS
@click.option("--name", help="Name of the object.  [default: the file's name]")
@OUT
@REPLACE
def onboard(mesh: Path, units: Units, name: str | None, out: Path, replace: bool) -> None:
    """Prepare MESH (PLY, OBJ, STL, GLB, glTF, OFF, DAE or 3MF) for pose estimation.

    Writes OUT/NAME, whole or not at all. The same mesh may be onboarded again; another one under a NAME that
    is taken is refused without --replace.
    """
    import objpose

    start = time.perf_counter()
    model = objpose.onboard(mesh, name=name, units=units, out=out, replace=replace)
    objpose.PoseEstimator([model]).prepare()
    click.echo(
        f"{model.name}: diameter {model.diameter * 1000:.1f} mm (read as {model.source['units']}), "
        f"{len(model.mesh.faces)} faces, colour from {model.color_source}, "
        f"{describe_symmetry(model.symmetry)}"
    )
    click.echo(f"written to {out / model.name} in {time.perf_counter() - start:.1f} s")


def describe_symmetry(symmetry: Symmetry) -> str:
    """ "no symmetry", or what turns leave the object looking the same."""
    if symmetry.is_trivial:
        return "no symmetry"
    turns = len(symmetry.discrete.wxyz_xyz)
    axes = len(symmetry.continuous)
    found = [f"{turns}-fold symmetry"] if turns > 1 else []
    found += [f"{axes} axis of revolution" if axes == 1 else f"{axes} axes of revolution"] if axes else []
    return ", ".join(found)
