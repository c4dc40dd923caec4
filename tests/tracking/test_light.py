"""A lamp and the room, learnt from colours of known surfaces."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize

from objpose.tracking.light import EVEN, LEAST, Light

COUNT = 400


def surfaces(seed: int = 0) -> tuple[Tensor, Tensor]:
    """Paint (COUNT, 3) and normals (COUNT, 3) towards the camera."""
    generator = torch.Generator().manual_seed(seed)
    normals = normalize(torch.randn(COUNT, 3, generator=generator), dim=1)
    normals[:, 2] = -normals[:, 2].abs()
    return 0.3 + 0.6 * torch.rand(COUNT, 3, generator=generator), normals


def under(slope: Tensor, paint: Tensor, normals: Tensor) -> Tensor:
    """What is seen of surfaces that face the lamp."""
    return paint * (slope[0] + normals @ slope[1:])[:, None]


def shade(light: Light, normals: Tensor) -> Tensor:
    """(N,) what paint's brightness is multiplied by."""
    return light.cast[0] + normals @ light.cast[1:]


LAMP = torch.tensor([0.7, 0.1, -0.2, -0.25])


def test_a_lamp_is_learnt_from_one_frame() -> None:
    paint, normals = surfaces()
    light = Light()
    light.learn(under(LAMP, paint, normals), paint, normals, 1.0)
    assert light.is_known
    found = shade(light, normals)
    expected = LAMP[0] + normals @ LAMP[1:]
    torch.testing.assert_close(found / found.mean(), expected / expected.mean(), atol=0.05, rtol=0)


def test_a_lamp_that_moves_is_followed() -> None:
    light, moved = Light(), LAMP * torch.tensor([1.0, -1.0, -1.0, 1.0])
    for index, lamp in enumerate([LAMP] * 3 + [moved] * 6):
        paint, normals = surfaces(index)
        light.learn(under(lamp, paint, normals), paint, normals, 1.0)
    found, expected = shade(light, normals), moved[0] + normals @ moved[1:]
    torch.testing.assert_close(found / found.mean(), expected / expected.mean(), atol=0.05, rtol=0)


def test_glints_and_what_stands_before_it_make_little_difference() -> None:
    paint, normals = surfaces()
    seen = under(LAMP, paint, normals)
    seen[:20] = 1.0
    clean, dirty = Light(), Light()
    clean.learn(under(LAMP, paint, normals), paint, normals, 1.0)
    dirty.learn(seen, paint, normals, 1.0)
    assert (shade(clean, normals) - shade(dirty, normals)).abs().max() < 0.05


def test_what_a_lamp_does_not_explain_is_not_believed() -> None:
    """Brightness of no law, as of paint that is not the mesh's: surfaces are drawn as if lit evenly."""
    paint, normals = surfaces()
    light = Light()
    light.learn(torch.rand(COUNT, 3, generator=torch.Generator().manual_seed(1)), paint, normals, 1.0)
    assert not light.is_known and torch.equal(light.cast, EVEN)


def test_of_few_cells_nothing_is_learnt() -> None:
    paint, normals = surfaces()
    light, few = Light(), slice(0, LEAST - 1)
    light.learn(under(LAMP, paint, normals)[few], paint[few], normals[few], 1.0)
    assert not light.is_known


def test_what_is_forgotten_is_unknown() -> None:
    paint, normals = surfaces()
    light = Light()
    light.learn(under(LAMP, paint, normals), paint, normals, 1.0)
    light.forget()
    assert not light.is_known and torch.equal(light.cast, EVEN)
