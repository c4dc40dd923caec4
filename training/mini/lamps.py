"""Light on drawn views: lamps, gloss, bounced light, the borders of shadows; a batch at once, on a device."""

from __future__ import annotations

import torch
from torch import Generator, Tensor
from torch.nn import functional

from objpose.geometry import constant
from training.drawn.draws import log_uniform, normal, uniform
from training.mini.stock import Views

LAMPS = 3
SHADOWED = 0.4  # of the lamps
GLOSSES = (0.0, 0.15, 0.5)
SOFTENED = 5  # pixels over which edges between triangles are rounded


def noise_field(count: int, cells: int, size: int, generator: Generator) -> Tensor:
    """(count, 1, size, size) of mean 0 and variance about 1 that changes over size / cells pixels."""
    coarse = normal((count, 1, cells + 2, cells + 2), generator)
    fine = functional.interpolate(coarse, size=(size, size), mode="bilinear", align_corners=True)
    return 1.6 * fine  # what mixing takes of the variance


def lit(views: Views, generator: Generator) -> Tensor:
    """(B, 3, S, S) light that comes from the surfaces: one to three lamps, gloss, the edges of shadows."""
    count, size = len(views.depth), views.depth.shape[-1]
    one = (count, 1, 1, 1)
    lamps = _lamps(count, generator)
    halves = _unit(lamps - constant((0.0, 0.0, 1.0), lamps))
    around = _unit(normal((count, 1, 3), generator))
    towards = torch.cat([around, lamps, halves], dim=1) @ _softened(views).flatten(2)
    towards = towards.unflatten(2, (size, size))  # (B, 1 + 2 LAMPS, S, S) cosines
    reach = _shares(count, generator)[..., None, None] * _shadows(count, size, generator)
    ambient, tint = uniform(0.2, 0.8, one, generator), 1 + 0.08 * normal((count, 3, 1, 1), generator)
    lamplight = (reach * towards[:, 1 : 1 + LAMPS].clamp_min(0)).sum(1, keepdim=True)
    light = ambient * (1 + 0.3 * towards[:, :1]) * tint + 1.4 * (1 - ambient) * lamplight
    gloss = constant(GLOSSES, light)[_choice(len(GLOSSES), count, generator)].view(one)
    mirrored = towards[:, 1 + LAMPS :].clamp(0, 1) ** log_uniform(8, 80, one, generator)
    shine = gloss * (reach * mirrored).sum(1, keepdim=True)
    return (views.color * light + shine) * views.mask[:, None]


def _softened(views: Views) -> Tensor:
    """Unit normals, their steps between triangles rounded: real edges are, and bodies have no facets."""
    mean = functional.avg_pool2d(views.normals, SOFTENED, 1, SOFTENED // 2)
    return functional.normalize(mean, dim=1)


def _shares(count: int, generator: Generator) -> Tensor:
    """(B, LAMPS) of the light that each lamp gives; some give none."""
    weight = -torch.rand((count, LAMPS), generator=generator, device=generator.device).clamp_min(1e-6).log()
    number = 1 + _choice(LAMPS, count, generator)
    weight = weight * (torch.arange(LAMPS, device=weight.device) < number[:, None])
    return weight / weight.sum(1, keepdim=True).clamp_min(1e-6)


def _lamps(count: int, generator: Generator) -> Tensor:
    """(B, LAMPS, 3) unit directions to lamps: above, and on the camera's side."""
    any_way = normal((count, LAMPS, 3), generator)
    spread, toward = (constant(values, any_way) for values in ((1.0, 1.0, 0.6), (0.0, -0.5, -1.0)))
    return _unit(any_way * spread + toward)


def _shadows(count: int, size: int, generator: Generator) -> Tensor:
    """(B, LAMPS, S, S) in [0, 1]: lamps are taken away on one side of a soft, bent border."""
    each = (count, LAMPS, 1, 1)
    field = noise_field(count * LAMPS, 2, size, generator).view(count, LAMPS, size, size)
    field = field + uniform(-0.8, 0.8, each, generator)
    dark = uniform(0.4, 1.0, each, generator) * (uniform(0, 1, each, generator) < SHADOWED)
    return 1 - dark * torch.sigmoid(field / log_uniform(0.01, 0.3, each, generator))


def _choice(options: int, count: int, generator: Generator) -> Tensor:
    return torch.randint(options, (count,), generator=generator, device=generator.device)


def _unit(vectors: Tensor) -> Tensor:
    return functional.normalize(vectors, dim=-1)
