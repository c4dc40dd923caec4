"""What the network of rivals is to learn, and how well it does on photos that it has not seen."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from training.rivals.batches import Batch

SOFT = 0.03  # of errors: rivals much nearer to the truth than this are alike
ENOUGH = 0.25  # error of the best rival beyond which there is nothing to choose
RIGHT, WRONG = 0.1, 0.13  # diameters: of a right pose at most, of a rival at least
SPANS = (0, 1, 10, 40, 100, 400, 1 << 30)  # differing pixels


def losses_of(nats: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """() of choosing among the rivals of a photo, and () of telling right ones by themselves."""
    error = (batch.error + batch.shift).clamp(max=2.0) / 2
    wanted = (-error / SOFT).softmax(1)
    there = (error.amin(1) < ENOUGH).float()
    choice = (wanted * (wanted.clamp_min(1e-8).log() - nats[..., 0].log_softmax(1))).sum(1)
    right = (batch.error < RIGHT).float()
    alone = functional.binary_cross_entropy_with_logits(nats[..., 1], right)
    return (there * choice).sum() / there.sum().clamp_min(1), alone


def figures_of(nats: Tensor, error: Tensor, shift: Tensor, differing: Tensor) -> dict:
    """Of photos with a right rival: pairs of it and a wrong one, by how they differ; the choice; chances."""
    there = error.amin(1) < RIGHT
    nats, error, differing = nats[there], error[there], differing[there]
    best = error.argmin(1, keepdim=True)
    gap = nats[..., 0].gather(1, best) - nats[..., 0]
    is_pair = error > WRONG
    found: dict = {"photos": len(nats)}
    for low, high in zip(SPANS[:-1], SPANS[1:], strict=True):
        pairs = gap[is_pair & (differing >= low) & (differing < high)]
        found[f"pairs from {low} px"] = [len(pairs), round(float((pairs > 0).float().mean()), 4)]
    silent = gap[is_pair & (differing == 0)].sigmoid()
    found["tied"] = round(float(((silent - 0.5).abs() <= 0.1).float().mean()), 4)
    chosen = error.gather(1, nats[..., 0].argmax(1, keepdim=True))
    found["right choice"] = round(float((chosen < RIGHT).float().mean()), 4)
    chance, right = nats[..., 1].sigmoid().flatten(), (error < RIGHT).float().flatten()
    found["brier"] = round(float((chance - right).square().mean()), 4)
    sure = chance > 0.9
    found["sure, right"] = [round(float(sure.float().mean()), 4), round(float(right[sure].mean()), 4)]
    return found
