"""What an object is made from: its mesh in metres, about a frame that float32 holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from objpose.geometry import Mesh
from objpose.io import centred_mesh, read_mesh_file
from objpose.onboarding.units import Units, metres_per_unit, unit_name


@dataclass(frozen=True, eq=False)
class Source:
    mesh: Mesh  # metres
    origin: tuple[float, float, float]  # of its frame in that of the file, metres; see ObjectModel
    units: str  # that it was read by


def read_source(
    mesh: str | Path | Mesh, name: str, units: Units = "auto", seen: float | None = None
) -> Source:
    """A mesh file, or a Mesh of that name, in metres.

    units, seen: as for `onboard`.

    Raises:
        InputError: what is no mesh or may be of several units.
    """
    label = name if isinstance(mesh, Mesh) else str(mesh)
    read = centred_mesh(mesh, label) if isinstance(mesh, Mesh) else read_mesh_file(mesh)
    scale = metres_per_unit(read.mesh.diameter(), units, label, read.metres_per_unit, seen)
    return Source(read.mesh.scaled(scale), tuple((read.origin * scale).tolist()), unit_name(scale))
