"""Camera poses from three points and the rays that see them."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, kabsch

REAL = 1e-4  # imaginary part, against the modulus, up to which a root counts as real


def p3p(rays: Tensor, points: Tensor) -> SE3:
    """Poses cam_from_obj (M,) of B triples of rays and points, up to four a triple.

    rays: (B, 3, 3) directions in the camera frame, any length; points: (B, 3, 3) object frame. Triples
    without a real solution, and collinear ones, give none. Grunert's equations (1841) as reviewed by Haralick
    et al., IJCV 1994: the ratio of two distances is a root of a quartic, the rest follows.
    """
    rays = torch.nn.functional.normalize(rays.double(), dim=-1)
    points = points.double()
    distances, triple = _distances(rays, points)
    seen = rays[triple] * distances[..., None]
    poses = kabsch(points[triple], seen)
    # A degenerate triple still yields numbers; a right one lands on its points.
    landed = (poses.apply_points(points[triple]) - seen).norm(dim=-1).amax(-1)
    right = landed < 1e-3 * distances.amax(-1)
    return SE3(poses.wxyz_xyz[right].float())


def _distances(rays: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    """(M, 3) distances of the three points from the camera, and (M,) the triple that each belongs to."""
    aa = (points[:, 1] - points[:, 2]).square().sum(-1)
    bb = (points[:, 0] - points[:, 2]).square().sum(-1).clamp_min(1e-30)
    cc = (points[:, 0] - points[:, 1]).square().sum(-1)
    cos_a = (rays[:, 1] * rays[:, 2]).sum(-1)
    cos_b = (rays[:, 0] * rays[:, 2]).sum(-1)
    cos_c = (rays[:, 0] * rays[:, 1]).sum(-1)
    a, c = aa / bb, cc / bb
    ratio = _quartic_roots(_quartic(a, c, cos_a, cos_b, cos_c))
    v, is_real = ratio.real, ratio.imag.abs() <= REAL * ratio.abs().clamp_min(1e-12)
    a, c, cos_a, cos_b, cos_c, bb = (x[:, None] for x in (a, c, cos_a, cos_b, cos_c, bb))
    difference = a - c
    u = ((difference - 1) * v**2 - 2 * difference * cos_b * v + 1 + difference) / (2 * (cos_c - v * cos_a))
    first = (bb / (1 + v**2 - 2 * v * cos_b).clamp_min(1e-30)).sqrt()
    usable = is_real & (v > 0) & (u > 0) & torch.isfinite(u)
    triple = usable.nonzero()[:, 0]
    return torch.stack([first, u * first, v * first], dim=-1)[usable], triple


def _quartic(a: Tensor, c: Tensor, cos_a: Tensor, cos_b: Tensor, cos_c: Tensor) -> Tensor:
    """(B, 5) coefficients, highest first; a and c are squared sides in units of the squared second."""
    minus, plus = a - c, a + c
    aa, bb, cc = cos_a**2, cos_b**2, cos_c**2
    abc = cos_a * cos_b * cos_c
    return torch.stack(
        [
            (minus - 1) ** 2 - 4 * c * aa,
            4 * (minus * (1 - minus) * cos_b - (1 - plus) * cos_a * cos_c + 2 * c * aa * cos_b),
            2 * (minus**2 - 1 + 2 * minus**2 * bb + 2 * (1 - c) * aa - 4 * plus * abc + 2 * (1 - a) * cc),
            4 * (-minus * (1 + minus) * cos_b + 2 * a * cc * cos_b - (1 - plus) * cos_a * cos_c),
            (1 + minus) ** 2 - 4 * a * cc,
        ],
        dim=-1,
    )


def _quartic_roots(coefficients: Tensor) -> Tensor:
    """(B, 4) complex roots, as eigenvalues of the companion matrices."""
    lead = coefficients[:, :1]
    lead = torch.where(lead.abs() < 1e-12, torch.full_like(lead, 1e-12), lead)
    companion = coefficients.new_zeros(len(coefficients), 4, 4)
    companion[:, 0] = -coefficients[:, 1:] / lead
    companion[:, (1, 2, 3), (0, 1, 2)] = 1.0
    return torch.linalg.eigvals(companion)
