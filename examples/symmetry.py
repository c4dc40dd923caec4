"""Which turns leave an object looking the same? Found from its shape, and its paint where there is one."""

from pathlib import Path

import numpy as np
import trimesh

from objpose.geometry import Mesh, Symmetry, detect_symmetry
from objpose.io import read_mesh

DATA = Path(__file__).resolve().parent / "data"


def main() -> None:
    objects = {
        "watering can": read_mesh(DATA / "watering_can.glb"),
        "brick": bare_mesh(trimesh.creation.box((0.20, 0.10, 0.05))),
        "square tile": bare_mesh(trimesh.creation.box((0.10, 0.10, 0.02))),
        "bottle": bottle(stripe=False),
        "bottle with a painted stripe": bottle(stripe=True),
    }
    for name, mesh in objects.items():
        samples = mesh.sample_surface(5000, seed=0)
        symmetry = detect_symmetry(samples.points, samples.normals, samples.colors)
        print(f"{name}: {describe(symmetry)}")


def describe(symmetry: Symmetry) -> str:
    """The group in words; its transforms are obj_from_obj, ready to score a pose with."""
    if symmetry.is_trivial:
        return "none"
    axes = [(line.axis.round(decimals=2) + 0.0).tolist() for line in symmetry.continuous]
    words = [f"any turn about {axis}" for axis in axes]
    if len(symmetry.discrete) > 1:
        words.append(f"{len(symmetry.discrete)} poses that look the same")
    return ", ".join(words)


def bottle(stripe: bool) -> Mesh:
    """A solid of revolution; a red stripe down one side makes it one of a kind."""
    profile = [(0, 0), (0.03, 0), (0.032, 0.12), (0.012, 0.16), (0.012, 0.2), (0, 0.2)]
    fine = trimesh.creation.revolve(profile, sections=120).subdivide_to_size(0.01)
    angle = np.arctan2(fine.vertices[:, 1], fine.vertices[:, 0])
    paint = np.full((len(fine.vertices), 3), 0.8)
    if stripe:
        paint[np.abs(angle) < 0.5] = [0.9, 0.1, 0.1]
    return Mesh(fine.vertices, fine.faces, vertex_colors=paint)


def bare_mesh(shape: trimesh.Trimesh) -> Mesh:
    return Mesh(shape.vertices, shape.faces)


if __name__ == "__main__":
    main()
