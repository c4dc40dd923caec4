"""Gaussian splats as the PLY of 3D Gaussian Splatting (Kerbl et al., 2023), which viewers and editors open.

One row of floats a splat: x y z nx ny nz, f_dc_* and f_rest_* (harmonics of colour - 0.5; the rest channel by
channel), opacity (its logit), scale_* (natural logarithms), rot_* (w x y z, of any length).
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from objpose.errors import InputError
from objpose.io.atomic import atomic_path
from objpose.io.json_file import describe_failure
from objpose.io.ply_body import read_body
from objpose.io.ply_columns import PlyColumns
from objpose.io.ply_header import parse_header

RESTS = (0, 9, 24, 45)  # numbers of f_rest_* of degrees 0 to 3
LARGEST_LOGIT = 15.0  # written for opacities of 0 and 1, whose logits are infinite
SMALLEST_SCALE = 1e-12
CURE = "export it as the PLY of 3D Gaussian Splatting"


@dataclass(frozen=True, eq=False)
class SplatArrays:
    """Splats as numbers mean them, float32; lengths in the file's unit, which it does not tell."""

    means: np.ndarray  # (G, 3)
    wxyz: np.ndarray  # (G, 4) unit
    scales: np.ndarray  # (G, 3) standard deviations
    opacities: np.ndarray  # (G,) in [0, 1]
    sh: np.ndarray  # (G, 1, 4, 9 or 16, 3)


def write_splat_ply(path: str | os.PathLike, splats: SplatArrays) -> None:
    """Write binary PLY, whole or not at all."""
    count, rest = len(splats.means), splats.sh[:, 1:].transpose(0, 2, 1).reshape(len(splats.means), -1)
    opacities = np.clip(splats.opacities.astype(np.float64), 0, 1)
    with np.errstate(divide="ignore"):
        logits = np.clip(np.log(opacities) - np.log1p(-opacities), -LARGEST_LOGIT, LARGEST_LOGIT)
    scales = np.log(np.maximum(splats.scales, SMALLEST_SCALE))
    blocks = (splats.means, np.zeros((count, 3)), splats.sh[:, 0], rest, logits[:, None], scales, splats.wxyz)
    rows = np.concatenate(blocks, axis=1).astype("<f4")
    properties = "".join(f"property float {name}\n" for name in _names(rest.shape[1]))
    header = f"ply\nformat binary_little_endian 1.0\nelement vertex {count}\n{properties}end_header\n"
    with atomic_path(path) as temporary:
        temporary.write_bytes(header.encode() + rows.tobytes())


def read_splat_ply(path: str | os.PathLike) -> SplatArrays:
    """Read a PLY of splats, binary or text; the order of the properties is free, further ones are ignored.

    Raises:
        InputError: missing, malformed or cut-off file, a mesh or point cloud, a number of harmonics that fits
            no degree, NaN, infinity, or a rotation without length.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(path, describe_failure(path, error), "a PLY of splats", "check the name") from error
    vertex = read_body(content, parse_header(content, path), path).get("vertex", {})
    rests = sum(name.startswith("f_rest_") for name in vertex)
    if rests not in RESTS:
        expected = f"{', '.join(map(str, RESTS[:-1]))} or {RESTS[-1]}, as of degree 0 to 3"
        raise InputError(path, f"{rests} properties f_rest_*", expected, CURE)
    columns = {name: _column(vertex, name, path) for name in _names(rests) if name not in ("nx", "ny", "nz")}
    return _arrays(columns, rests, path)


def _names(rests: int) -> list[str]:
    def numbered(name: str, count: int) -> list[str]:
        return [f"{name}_{i}" for i in range(count)]

    color = [*numbered("f_dc", 3), *numbered("f_rest", rests)]
    return ["x", "y", "z", "nx", "ny", "nz", *color, "opacity", *numbered("scale", 3), *numbered("rot", 4)]


def _column(vertex: PlyColumns, name: str, path: Path) -> np.ndarray:
    values = vertex.get(name)
    if not isinstance(values, np.ndarray):
        found = f"vertex properties {', '.join(list(vertex)[:8]) or 'none'}"
        raise InputError(path, found, f"a number {name!r}", CURE)
    bad = ~np.isfinite(values)
    if bad.any():
        raise InputError(path, f"{name} of splat {int(bad.argmax())} NaN or infinite", "finite numbers", CURE)
    return values.astype(np.float32)


def _arrays(columns: dict[str, np.ndarray], rests: int, path: Path) -> SplatArrays:
    def stacked(*names: str) -> np.ndarray:
        return np.stack([columns[name] for name in names], axis=1)

    wxyz = stacked(*(f"rot_{i}" for i in range(4)))
    length = np.linalg.norm(wxyz, axis=1, keepdims=True)
    if len(wxyz) == 0 or not length.min() > 0:
        found = f"splat {int(length.argmin())} with a rotation of length 0" if len(wxyz) else "no splats"
        raise InputError(path, found, "splats with rotations", CURE)
    base = stacked("f_dc_0", "f_dc_1", "f_dc_2")[:, None]
    names = [f"f_rest_{i}" for i in range(rests)]
    rest = stacked(*names).reshape(len(wxyz), 3, -1).transpose(0, 2, 1) if rests else base[:, :0]
    return SplatArrays(
        means=stacked("x", "y", "z"),
        wxyz=wxyz / length,
        scales=np.exp(stacked("scale_0", "scale_1", "scale_2")),
        opacities=1 / (1 + np.exp(-columns["opacity"])),
        sh=np.ascontiguousarray(np.concatenate([base, rest], axis=1)),
    )
