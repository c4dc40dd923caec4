"""`objpose symmetries`, and `bop-eval symmetries`: what turns leave meshes looking the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from objpose.geometry import Symmetry

TOLERANCE = 0.025


@click.command()
@click.argument("meshes", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--shape-only",
    is_flag=True,
    help="Take no notice of paint.  [default: what paint tells apart is different]",
)
@click.option(
    "--tolerance", type=click.FloatRange(0.001, 0.2), default=TOLERANCE, show_default=True,
    help="Of the diameter: how far 97 % of the turned surface may miss the surface.",
)  # fmt: skip
@click.option(
    "--write", type=click.Path(path_type=Path),
    help="models_info.json to put the symmetries into, whose other members stay; made where there is none.",
)  # fmt: skip
@click.option("--replace", is_flag=True, help="Change symmetries that models_info.json already has.")
def symmetries(
    meshes: tuple[Path, ...], shape_only: bool, tolerance: float, write: Path | None, replace: bool
) -> None:
    """Find the symmetries of MESHES (files, or folders of BOP models), by shape and by paint.

    Says of each mesh what kind it has: none, turns, axes of revolution; what the paint alone tells apart; and
    what most of its shape may be mistaken by. --write puts them into BOP's models_info.json, where a mesh is
    named obj_000001.ply and its numbers are millimetres.
    """
    from tqdm import tqdm

    from objpose.cli.symmetry_words import mesh_words
    from objpose.io.atomic import check_writable
    from objpose.io.bop_models_info import FoundModel, merge_models_info, model_files, model_id
    from objpose.io.camera_files.depth_unit import METERS_PER_MM
    from objpose.io.meshes import read_mesh
    from objpose.onboarding.symmetries import MeshSymmetries

    if write is not None:
        check_writable(write)
    files = model_files(meshes)
    ids = [model_id(file) for file in files] if write is not None else []
    found: dict[int, FoundModel] = {}
    for place, file in enumerate(tqdm(files, desc="symmetries", disable=None, leave=False)):
        mesh = read_mesh(file).scaled(METERS_PER_MM)
        of_mesh = MeshSymmetries(mesh, tolerance)
        chosen: Symmetry = of_mesh.shape if shape_only else of_mesh.whole
        click.echo(f"{file.name}: {mesh_words(of_mesh, shape_only)}")
        if write is not None:
            found[ids[place]] = FoundModel(mesh, chosen)
    click.echo(
        f"(97 % of the turned surface within {tolerance:g} of the diameter; axes in the mesh's numbers)"
    )
    if write is not None:
        click.echo(f"{write}: {merge_models_info(write, found, replace)}")
