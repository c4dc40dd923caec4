"""Real spherical harmonics to degree 3, with the signs and the order of the 3DGS file format."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.errors import InputError

COUNTS = (1, 4, 9, 16)  # coefficients to degree 0, 1, 2, 3
CONSTANT = 0.28209479177387814  # value of the first one, sqrt(1 / 4 pi)


def harmonics(directions: Tensor, count: int) -> Tensor:
    """(*, count) values at unit directions (*, 3); `count` is 1, 4, 9 or 16.

    Orthonormal over the sphere, with the Condon-Shortley sign (the order within a degree is m = -l ... l).
    """
    if count not in COUNTS:
        raise InputError("harmonics", f"{count} coefficients", "1, 4, 9 or 16", "give all up to a degree")
    x, y, z = directions.unbind(-1)
    values = [torch.full_like(x, CONSTANT)]
    if count > 1:
        values += [0.4886025119029199 * term for term in (-y, z, -x)]  # sqrt(3 / 4 pi)
    if count > 4:
        xx, yy, zz = x * x, y * y, z * z
        values += [1.0925484305920792 * term for term in (x * y, -y * z)]  # sqrt(15 / 4 pi)
        values += [0.31539156525252005 * (2 * zz - xx - yy)]  # sqrt(5 / 16 pi)
        values += [-1.0925484305920792 * x * z, 0.5462742152960396 * (xx - yy)]  # sqrt(15 / 16 pi)
    if count > 9:
        values += [
            -0.5900435899266435 * y * (3 * xx - yy),  # sqrt(35 / 32 pi)
            2.890611442640554 * x * y * z,  # sqrt(105 / 4 pi)
            -0.4570457994644658 * y * (4 * zz - xx - yy),  # sqrt(21 / 32 pi)
            0.3731763325901154 * z * (2 * zz - 3 * xx - 3 * yy),  # sqrt(7 / 16 pi)
            -0.4570457994644658 * x * (4 * zz - xx - yy),
            1.445305721320277 * z * (xx - yy),  # sqrt(105 / 16 pi)
            -0.5900435899266435 * x * (xx - 3 * yy),
        ]
    return torch.stack(values, -1)
