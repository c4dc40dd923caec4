"""The one RANSAC loop of the package: deterministic, batched, LO-RANSAC with MSAC cost and adaptive stopping.

An estimator is anything with these members. A model is one row of parameters, whatever the estimator likes:

    sample_size             data in a minimal sample
    num_data                data in all
    draw(generator, count)  (count, sample_size, ...) long: minimal samples
    generate(samples)       (B, ...) models of the samples that have one; B may be anything, 0 included
    score(models)           (B,) MSAC cost, lower is better, in any unit; and (B,) inlier ratio
    refine(models)          (B, ...) models after local optimisation on their own inliers

The loop knows no geometry: rigid motion, camera pose, planes, it is the same loop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class Estimator(Protocol):
    sample_size: int
    num_data: int

    def draw(self, generator: torch.Generator, count: int) -> Tensor: ...
    def generate(self, samples: Tensor) -> Tensor: ...
    def score(self, models: Tensor) -> tuple[Tensor, Tensor]: ...
    def refine(self, models: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class RansacOptions:
    max_iterations: int = 10_000  # minimal samples drawn at most
    min_iterations: int = 2_000  # drawn before the adaptive stop may end the search
    batch_size: int = 2_000  # samples handled at once; bounds the memory, part of what a seed reproduces
    confidence: float = 0.999  # stop when a better model is this unlikely to have been missed
    keep: int = 1  # best models returned
    refine_best: int = 8  # models of a batch that local optimisation may improve


@dataclass(frozen=True)
class RansacStats:
    iterations: int  # minimal samples drawn
    models: int  # models that passed the estimator's own checks
    refinements: int  # models changed for the better by local optimisation
    inlier_ratio: float  # of the best model
    cost: float  # of the best model


def uniform_samples(generator: torch.Generator, count: int, sample_size: int, num_data: int) -> Tensor:
    """(count, sample_size) indices below num_data, distinct within a row (rows that are not are redrawn)."""
    samples = torch.randint(num_data, (count, sample_size), generator=generator)
    while True:
        ordered = samples.sort(dim=1).values
        repeated = (ordered[:, 1:] == ordered[:, :-1]).any(1).nonzero()[:, 0]
        if not len(repeated):
            return samples
        samples[repeated] = torch.randint(num_data, (len(repeated), sample_size), generator=generator)


def required_iterations(inlier_ratio: float, sample_size: int, confidence: float) -> float:
    """Draws after which an all-inlier sample was seen with the given confidence (Fischler & Bolles 1981)."""
    hit = inlier_ratio**sample_size
    if hit >= 1.0:
        return 1.0
    return math.log(1.0 - confidence) / math.log1p(-hit) if hit > 1e-12 else math.inf


def ransac(
    estimator: Estimator, options: RansacOptions = RansacOptions(), seed: int = 0
) -> tuple[Tensor, RansacStats]:
    """Search for the models of least cost.

    Returns ((k, ...) models with k <= options.keep, best first, and the stats); k is 0 when no sample gave a
    model or there are fewer data than a sample needs. Chum, Matas, Kittler: Locally Optimized RANSAC, DAGM
    2003.
    """
    if estimator.num_data < estimator.sample_size:
        return torch.empty(0), RansacStats(0, 0, 0, 0.0, math.inf)
    generator = torch.Generator().manual_seed(seed)
    pool: _Pool | None = None
    iterations = models_seen = refinements = 0
    while iterations < options.max_iterations:
        count = min(options.batch_size, options.max_iterations - iterations)
        models = estimator.generate(estimator.draw(generator, count))
        iterations += count
        models_seen += len(models)
        if len(models):
            pool, improved = _search_batch(estimator, models, pool, options)
            refinements += improved
        if pool is not None and iterations >= options.min_iterations:
            ratio = float(pool.inlier_ratios[0])
            if iterations >= required_iterations(ratio, estimator.sample_size, options.confidence):
                break
    if pool is None:
        return torch.empty(0), RansacStats(iterations, 0, 0, 0.0, math.inf)
    best = RansacStats(
        iterations, models_seen, refinements, float(pool.inlier_ratios[0]), float(pool.costs[0])
    )
    return pool.models, best


@dataclass(frozen=True)
class _Pool:
    models: Tensor  # (k, ...), best first
    costs: Tensor  # (k,)
    inlier_ratios: Tensor  # (k,)

    def best(self, keep: int) -> _Pool:
        order = torch.sort(self.costs, stable=True).indices[:keep]
        return _Pool(self.models[order], self.costs[order], self.inlier_ratios[order])

    def joined(self, other: _Pool) -> _Pool:
        return _Pool(
            torch.cat([self.models, other.models]),
            torch.cat([self.costs, other.costs]),
            torch.cat([self.inlier_ratios, other.inlier_ratios]),
        )


def _search_batch(
    estimator: Estimator, models: Tensor, pool: _Pool | None, options: RansacOptions
) -> tuple[_Pool, int]:
    """The pool after this batch, and how many local optimisations paid off."""
    width = max(options.keep, options.refine_best)
    found = _Pool(models, *estimator.score(models)).best(width)
    start = found.best(options.refine_best)
    refined = estimator.refine(start.models)
    polished = _Pool(refined, *estimator.score(refined))
    better = polished.costs < start.costs
    merged = found.joined(_Pool(refined[better], polished.costs[better], polished.inlier_ratios[better]))
    if pool is not None:
        merged = pool.joined(merged)
    return merged.best(options.keep), int(better.sum())
