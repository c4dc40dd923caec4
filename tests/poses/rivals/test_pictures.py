"""What the network sees, and what it does with it: no order of rivals, no gain of the light matters."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.poses.rivals.network import RivalNet, fused
from objpose.poses.rivals.pictures import CHANNELS, SIDE, Drawn, Seen, pictures


def any_seen(native: int = SIDE) -> Seen:
    generator = torch.Generator().manual_seed(0)
    rgb = 0.2 + 0.5 * torch.rand(1, 3, SIDE, SIDE, generator=generator)
    return Seen(rgb, disc(40)[None], 1 - disc(60)[None], native)


def any_drawn(rivals: int = 3) -> Drawn:
    generator = torch.Generator().manual_seed(1)
    shown = torch.stack([disc(38 + i) for i in range(rivals)])[None]
    depth, normals, color = (
        torch.rand(1, rivals, *shape, SIDE, SIDE, generator=generator) for shape in ((), (3,), (3,))
    )
    return Drawn(depth - 0.5, shown, normals, 0.1 + 0.3 * color)


def disc(radius: float) -> Tensor:
    place = torch.arange(SIDE) - SIDE / 2
    return (place.square() + place[:, None].square() < radius**2).float()


def network() -> RivalNet:
    torch.manual_seed(0)
    return RivalNet().eval()


def test_another_order_of_rivals_is_another_order_of_nats() -> None:
    drawn, order = any_drawn(), torch.tensor([2, 0, 1])
    with torch.no_grad():
        nats = network()(pictures(any_seen(), drawn))
        turned = network()(pictures(any_seen(), Drawn(*(image[:, order] for image in drawn))))
    assert nats.shape == (1, 3, 2)
    torch.testing.assert_close(turned, nats[:, order], atol=1e-4, rtol=1e-4)


def test_rivals_that_look_the_same_tie() -> None:
    drawn = Drawn(*(image[:, :1].expand(-1, 2, *image.shape[2:]) for image in any_drawn()))
    with torch.no_grad():
        one, other = network()(pictures(any_seen(), drawn))[0]
    torch.testing.assert_close(one, other)


def test_a_mesh_that_is_darker_all_over_is_seen_alike() -> None:
    seen, drawn = any_seen(), any_drawn()
    darker = drawn._replace(color=drawn.color * 0.8)
    torch.testing.assert_close(pictures(seen, darker), pictures(seen, drawn), atol=1e-3, rtol=0)


def test_what_the_camera_cannot_resolve_is_not_compared_with() -> None:
    fine = any_drawn()
    sharp, coarse = (pictures(any_seen(native), fine) for native in (SIDE, SIDE // 4))
    assert sharp.shape == (1, 3, CHANNELS, SIDE, SIDE)
    place = slice(SIDE // 2 - 20, SIDE // 2 + 20)
    sharp, coarse = (image[:, :, 7:10, place, place].std() for image in (sharp, coarse))
    assert float(coarse) < 0.5 * float(sharp)


def test_a_network_whose_norms_are_folded_says_the_same() -> None:
    net, seen = network(), pictures(any_seen(), any_drawn())
    for part in net.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.uniform_(-0.1, 0.1)
            part.running_var.uniform_(0.5, 1.5)
    with torch.no_grad():
        before = net(seen)
        torch.testing.assert_close(fused(net)(seen), before, atol=1e-3, rtol=1e-3)
