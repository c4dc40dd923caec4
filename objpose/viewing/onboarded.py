"""An onboarded object as it is kept: its mesh in its own frame, its size, and what it may be mistaken by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from objpose.geometry import ContinuousSymmetry, Symmetry
from objpose.objects import ObjectModel
from objpose.viewing.objects import show_object

if TYPE_CHECKING:
    from viser import ViserServer

TRUE, NEAR = (0, 158, 115), (230, 159, 0)
REACH = 0.7  # of the diameter: half the length of a drawn axis
ASIDE = (0.9, -0.9, 0.7)  # where the viewer first stands, in diameters
LEGEND = (
    f'<span style="color:rgb{TRUE}">&#9632;</span> axis of a symmetry: turns about it are equal '
    f'<span style="color:rgb{NEAR}">&#9632;</span> of a near-symmetry: only details tell turns apart'
)


def show_onboarded(server: ViserServer, model: ObjectModel) -> None:
    """Put the object into the scene, with the axes of its symmetries and near-symmetries."""
    server.gui.set_panel_label("objpose object")
    server.gui.add_markdown(told(model))
    server.gui.add_markdown(LEGEND)
    show_object(server, "/object", model)
    centre = model.mesh.bounds().mean(0).numpy()
    server.scene.add_frame("/frame", axes_length=0.3 * model.diameter, axes_radius=0.004 * model.diameter)
    for name, symmetry, color in (("near", model.near_symmetry, NEAR), ("true", model.symmetry, TRUE)):
        for index, line in enumerate(symmetry.continuous):
            server.scene.add_line_segments(
                f"/axes/{name}_{index}",
                axis_ends(line, model),
                color,
                thickness=2,
                thickness_units="screen",
            )
    server.scene.set_up_direction("+z")
    server.initial_camera.position = tuple(centre + model.diameter * np.array(ASIDE))
    server.initial_camera.look_at = tuple(centre)


def axis_ends(line: ContinuousSymmetry, model: ObjectModel) -> np.ndarray:
    """(1, 2, 3) metres: the part of an axis that goes through the object and on, on both sides."""
    axis, offset, centre = line.axis.numpy(), line.offset.numpy(), model.mesh.bounds().mean(0).numpy()
    middle, reach = offset + axis * ((centre - offset) @ axis), REACH * model.diameter * axis
    return np.stack([middle - reach, middle + reach])[None]


def told(model: ObjectModel) -> str:
    """Its size and its symmetries, in Markdown."""
    sides = (1000 * (model.mesh.bounds()[1] - model.mesh.bounds()[0])).tolist()
    size = " x ".join(f"{side:.1f}" for side in sides)
    read = f", read as {model.source['units']}" if "units" in model.source else ""
    return "\n\n".join(
        [
            f"**{model.name}**: {size} mm, diameter {1000 * model.diameter:.1f} mm{read}",
            f"{len(model.mesh.faces)} faces, colour from: {model.color_source}",
            f"Symmetry: {_counted(model.symmetry, 'equal')}. "
            f"Near-symmetry: {_counted(model.near_symmetry, 'look-alike')}.",
        ]
    )


def _counted(symmetry: Symmetry, kind: str) -> str:
    axes, poses = len(symmetry.continuous), len(symmetry.discrete)
    said = [f"any turn about {'an axis' if axes == 1 else f'{axes} axes'}"] if axes else []
    said += [f"{poses} {kind} poses"] if poses > 1 else []
    return ", ".join(said) or "none"
