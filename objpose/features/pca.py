"""Principal components of descriptors, as FoundPose and FreeZe fit them on one object's patches."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

FIT_LIMIT = 100_000  # descriptors that a fit looks at, as in FoundPose


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    mean: Tensor  # (D,)
    basis: Tensor  # (D, dim) orthonormal columns, the largest variance first

    @staticmethod
    def fit(descriptors: Tensor, dim: int, seed: int = 0) -> PrincipalComponents:
        """The first min(dim, D) components of descriptors (n, D), without whitening.

        Fewer descriptors than components are fine: the columns beyond their span are orthonormal, and all
        of the given ones project to zero on them.

        Raises:
            ValueError: no descriptors.
        """
        if len(descriptors) == 0:
            raise ValueError("principal components need at least one descriptor")
        sample = _subset(descriptors, seed).double()
        mean = sample.mean(0)
        centred = sample - mean
        _, vectors = torch.linalg.eigh(centred.T @ centred)
        basis = vectors.flip(1)[:, :dim]
        # An eigenvector's sign is arbitrary: fixed here, the same data gives the same projection anywhere.
        largest = basis.gather(0, basis.abs().argmax(0, keepdim=True))
        return PrincipalComponents(mean.float(), (basis * largest.sign()).float())

    @property
    def dim(self) -> int:
        return self.basis.shape[1]

    def project(self, descriptors: Tensor) -> Tensor:
        """(*, dim) of descriptors (*, D)."""
        return (descriptors - self.mean) @ self.basis


def _subset(descriptors: Tensor, seed: int) -> Tensor:
    if len(descriptors) <= FIT_LIMIT:
        return descriptors
    chosen = torch.randperm(len(descriptors), generator=torch.Generator().manual_seed(seed))[:FIT_LIMIT]
    return descriptors[chosen.to(descriptors.device)]
