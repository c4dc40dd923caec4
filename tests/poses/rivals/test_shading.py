"""Shade: what lies inside sees little, what faces the light is brighter, and both are believed but so far."""

from __future__ import annotations

import pytest
import torch
import trimesh
from torch import Tensor
from torch.nn import functional

from objpose.geometry import Mesh
from objpose.poses.rivals import bounded
from objpose.poses.rivals.openness import openness
from objpose.poses.rivals.pictures import GAMMA, SIDE, Drawn, Seen
from objpose.poses.rivals.shading import shade_nats
from tests.synthetic import printed_box


def pipe() -> Mesh:
    body = trimesh.creation.annulus(0.03, 0.04, 0.2, sections=32).subdivide_to_size(0.02)
    return Mesh(body.vertices, body.faces)


def ball() -> tuple[Tensor, Tensor]:
    """(S, S) where it is, and (3, S, S) its normals towards the camera."""
    place = (torch.arange(SIDE) - SIDE / 2) / (0.4 * SIDE)
    x, y = place.expand(SIDE, SIDE), place[:, None].expand(SIDE, SIDE)
    inside = x.square() + y.square() < 0.95
    z = -(1 - x.square() - y.square()).clamp_min(0.0).sqrt()
    return inside.float(), torch.stack([x, y, z]) * inside


def lit(normals: Tensor, openness: Tensor) -> Tensor:
    """(3, S, S) the colours of grey paint, light from above and the camera."""
    light = torch.exp(-0.3 * normals[1] - 0.4 * normals[2] + 0.7 * openness.clamp_min(0.03).log())
    return (0.2 * light).clamp(0, 1).pow(1 / GAMMA).expand(3, SIDE, SIDE)


def nats(photo: Tensor, normals: list[Tensor], open_: list[Tensor]) -> Tensor:
    shown, _ = ball()
    seen = Seen(photo[None], shown[None], 0 * shown[None], SIDE)
    count = len(normals)
    every = shown.expand(1, count, SIDE, SIDE)
    grey = torch.full((1, count, 3, SIDE, SIDE), 0.2 ** (1 / GAMMA))
    return shade_nats(seen, Drawn(0 * every, every, torch.stack(normals)[None], grey), torch.stack(open_))


def test_nothing_hides_the_sky_from_a_box() -> None:
    assert float(openness(printed_box()).min()) > 0.9


def test_the_inside_of_a_pipe_sees_less_than_its_outside() -> None:
    mesh = pipe()
    radius, height = mesh.vertices[:, :2].norm(dim=-1), mesh.vertices[:, 2].abs()
    seen, middle = openness(mesh)[:, 0], height < 0.06
    assert float(seen[middle & (radius > 0.039)].min()) > 0.9
    assert float(seen[middle & (radius < 0.031)].max()) < 0.4


@pytest.mark.parametrize("gain", [1.0, 1.4])
def test_the_normals_that_made_the_shade_explain_it_best(gain: float) -> None:
    _, normals = ball()
    wide = torch.ones(SIDE, SIDE)
    photo = (gain * lit(normals, wide).pow(GAMMA)).pow(1 / GAMMA)
    other = functional.normalize(normals * torch.tensor([1.0, 0.1, 1.0])[:, None, None], dim=0)
    found = nats(photo, [normals, other, normals.flip(1)], [wide] * 3)
    assert int(found.argmax()) == 0 and float(found[0] - found[1:].max()) > 0.5  # light from below is rare


def test_a_dark_hollow_is_told_from_a_lid() -> None:
    _, normals = ball()
    wide = torch.ones(SIDE, SIDE)
    hollow = torch.where(torch.arange(SIDE) < SIDE / 2, 0.3, 1.0).expand(SIDE, SIDE)
    for truth, rival in ((hollow, wide), (wide, hollow)):
        found = nats(lit(normals, truth), [normals, normals], [truth, rival])
        assert float(found[0] - found[1]) > 1


def test_no_more_is_believed_than_the_bound_and_the_order_stays() -> None:
    found = torch.tensor([3.0, -40.0, 2.9, 0.0])
    parted = bounded(found, 2.0)
    assert torch.equal(parted.argsort(), found.argsort())
    assert float(parted.max()) == 0 and float(parted.min()) >= -2
    assert float(parted[2]) == pytest.approx(-0.1, abs=5e-3)
