"""A category as a deformable shape: a mean and principal modes of its surface, and how large it may be.

Statistical shape models after Cootes, Taylor, Cooper and Graham (Active Shape Models, CVIU 1995): instances
in correspondence, normalised by the size of their bodies, are a Gaussian in a few modes. Here sizes and modes
share one Gaussian, so that what hangs together (width and depth of what is round) stays together. The models
come with the package; `training/categories.py` made them, from shapes drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import Mesh

MODELS = "models.safetensors"  # beside this file
PARTS = "mean", "modes", "faces", "latent_mean", "latent_scale"


@dataclass(frozen=True, eq=False)
class ShapeModel:
    """A category. Object frame: z to the opening or the cap, x of a cup to its handle; metres.

    An instance is a latent vector (D,), standard normal: 3 logarithms of the body's extents and K
    coefficients of modes are latent_mean + latent_scale @ latent. Its vertices are the mean plus the modes
    times the coefficients, times the extents; the middle of its body is the origin.
    """

    category: str
    mean: Tensor  # (V, 3) of bodies from -0.5 to 0.5
    modes: Tensor  # (K, V, 3)
    faces: Tensor  # (F, 3)
    latent_mean: Tensor  # (3 + K,)
    latent_scale: Tensor  # (3 + K, D), lower triangular

    @property
    def dim(self) -> int:
        """D."""
        return self.latent_scale.shape[1]

    @cached_property
    def modes_by_vertex(self) -> Tensor:
        """(V, 3 K), a vertex's share of all modes side by side: what is looked up together."""
        return self.modes.permute(1, 0, 2).reshape(len(self.mean), -1).contiguous()

    def parts_of(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """(*, 3) extents in metres and (*, V, 3) vertices of bodies of extent 1, of latents (*, D)."""
        values = self.latent_mean + latent @ self.latent_scale.mT
        unit = self.mean + torch.einsum("...k,kvc->...vc", values[..., 3:], self.modes)
        return values[..., :3].exp(), unit

    def vertices(self, latent: Tensor) -> Tensor:
        """(*, V, 3) metres, of latents (*, D)."""
        extents, unit = self.parts_of(latent)
        return extents[..., None, :] * unit

    def mesh(self, latent: Tensor) -> Mesh:
        """The instance of a latent (D,)."""
        return Mesh(self.vertices(latent), self.faces)


def categories() -> tuple[str, ...]:
    """The names of the categories that come with the package."""
    return tuple(sorted(_models()))


def shape_model(category: str) -> ShapeModel:
    """The category's model; InputError, with the names that there are, for another name."""
    models = _models()
    if category not in models:
        expected = f"one of {', '.join(categories())}"
        cure = "choose one of them; an object of another kind needs a mesh or views: objpose.onboard"
        raise InputError("category", repr(category), expected, cure)
    return models[category]


@cache
def _models() -> dict[str, ShapeModel]:
    with resources.as_file(resources.files(__package__) / MODELS) as file:
        return read_models(Path(file))


def read_models(file: Path) -> dict[str, ShapeModel]:
    """The models of a file that training/categories.py wrote; InputError for another file."""
    try:
        with safe_open(file, framework="pt") as stored:
            names = sorted({key.split(".")[0] for key in stored.keys()})  # noqa: SIM118 (no mapping)
            return {
                name: _model(name, [stored.get_tensor(f"{name}.{part}") for part in PARTS]) for name in names
            }
    except (OSError, SafetensorError) as error:
        cure = "install the package again, or write it with training/categories.py"
        raise InputError(file, str(error), "models of categories", cure) from error


def _model(name: str, parts: list[Tensor]) -> ShapeModel:
    mean, modes, faces, latent_mean, latent_scale = parts
    return ShapeModel(
        name, mean.float(), modes.float(), faces.long(), latent_mean.float(), latent_scale.float()
    )
