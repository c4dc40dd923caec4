"""Zero123-like diffusion models as a prior: a photo and a camera relative to it tell likely pictures.

Liu et al.: Zero-1-to-3, ICCV 2023; six degrees of freedom and the mean over all photos as Xu et al. have them
(SparseAGS, 2024).
Needs `pip install 'objpose[diffusion]'` and the folder of weights, in the layout of diffusers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.splatting.novel.camera_code import CODES
from objpose.splatting.novel.prior import KnownViews
from objpose.splatting.scene_view import SceneView

PARTS = ("unet", "vae", "image_encoder", "scheduler", "clip_camera_projection")
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class DiffusionPrior:
    """Score distillation with a Zero123-like model: a ScorePrior.

    Args:
        weights: a folder with `unet`, `vae`, `image_encoder`, `scheduler` (as diffusers and transformers save
            them) and `clip_camera_projection`, a linear layer from a photo's embedding and a camera's code
            to the embedding. Its width says which code: 4 numbers of Zero123 (elevation, azimuth, distance)
            or 18 of SparseAGS (the cameras' relative transform and focal lengths).
        size: pixels of the square pictures that the model was trained on.
        guidance: how much more the photos count than in the model's own mean.
        noise: shares of the schedule between which the noise is drawn.
        device: None takes CUDA where there is one.

    Raises:
        InputError: packages are missing, or the folder lacks a part or has another camera code.
    """

    def __init__(
        self,
        weights: str | Path,
        size: int = 256,
        guidance: float = 3.0,
        noise: tuple[float, float] = (0.02, 0.5),
        device: str | torch.device | None = None,
    ) -> None:
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.size, self.guidance, self.noise = size, guidance, noise
        parts = _loaded(Path(weights))
        self.unet, self.vae, self.encoder = (
            parts[name].to(self.device).eval().requires_grad_(False)
            for name in ("unet", "vae", "image_encoder")
        )
        self.scheduler = parts["scheduler"]
        layer = parts["clip_camera_projection"]
        self.projection = {name: value.to(self.device) for name, value in layer.items()}
        self.code = _code(self.projection["proj.weight"], Path(weights))
        self.photos: dict[int, tuple[SceneView, Tensor, Tensor]] = {}  # by identity, the view kept alive

    def pull(
        self,
        known: KnownViews,
        picture: Tensor,
        camera: Camera,
        cam_from_world: SE3,
        generator: torch.Generator,
    ) -> Tensor:
        """See ScorePrior: the noise that the model sees in it, mean over the photos, less the true one."""
        square = _squared(picture, self.size).to(self.device).requires_grad_()
        with torch.enable_grad():
            latents = self.vae.encode(2 * square - 1).latent_dist.mode() * self.vae.config.scaling_factor
        steps = self.scheduler.config.num_train_timesteps
        low, high = (int(share * steps) for share in self.noise)
        step = torch.randint(low, max(high, low + 1), (1,), generator=generator).to(self.device)
        noise = torch.randn(latents.shape, generator=generator).to(self.device)
        with torch.no_grad():
            noisy = self.scheduler.add_noise(latents, noise, step)
            photos = range(len(known.views))
            asked = [self._condition(known, index, camera, cam_from_world) for index in photos]
            seen = torch.stack([self._predicted(noisy, step, *one) for one in asked]).mean(0)
            kept = self.scheduler.alphas_cumprod.to(self.device)[step]
        [gradient] = torch.autograd.grad(latents, square, (1 - kept) * (seen - noise))
        return _unsquared(gradient, *picture.shape[:2]).to(picture)

    def _predicted(self, noisy: Tensor, step: Tensor, photo: Tensor, embedding: Tensor) -> Tensor:
        """The noise, guided away from what the model sees without a photo."""
        both = torch.cat([noisy, noisy])
        photos = torch.cat([torch.zeros_like(photo), photo])
        embeddings = torch.cat([torch.zeros_like(embedding), embedding])
        found = self.unet(torch.cat([both, photos], dim=1), step, encoder_hidden_states=embeddings).sample
        without, with_ = found.chunk(2)
        return without + self.guidance * (with_ - without)

    def _condition(
        self, known: KnownViews, index: int, camera: Camera, cam_from_world: SE3
    ) -> tuple[Tensor, Tensor]:
        """Latents (1, 4, h, w) of a photo, and (1, 1, D) its embedding with the camera's code."""
        assert known.cam_from_world is not None
        view = known.views[index]
        if id(view) not in self.photos:
            self.photos[id(view)] = (view, *self._described(view))
        _, latents, embedding = self.photos[id(view)]
        middle = known.points.median(0).values
        code = self.code(
            known.views[index].camera, known.cam_from_world[index], camera, cam_from_world, middle
        ).to(embedding)
        joint = torch.cat([embedding, code[None, None]], dim=-1)
        return latents, functional.linear(joint, self.projection["proj.weight"], self.projection["proj.bias"])

    @torch.no_grad()
    def _described(self, view: SceneView) -> tuple[Tensor, Tensor]:
        rgb = torch.where(view.shown[..., None], view.rgb, 1.0)  # the models' own backgrounds are white
        square = _squared(rgb, self.size).to(self.device)
        latents = self.vae.encode(2 * square - 1).latent_dist.mode()  # unscaled, as they were trained
        mean, std = (torch.tensor(one, device=self.device).view(3, 1, 1) for one in (CLIP_MEAN, CLIP_STD))
        side = self.encoder.config.image_size
        small = functional.interpolate(square, size=(side, side), mode="bicubic", antialias=True)
        return latents, self.encoder((small - mean) / std).image_embeds[:, None]


def _loaded(folder: Path) -> dict[str, Any]:
    """The parts of a folder of weights, each as its library reads it.

    Raises:
        InputError: packages are missing, the folder lacks a part, a part that cannot be read.
    """
    missing = [name for name in PARTS if not (folder / name).is_dir()]
    if missing:
        raise InputError(
            f"weights {folder}", f"no folder {missing[0]!r}", f"the folders {', '.join(PARTS)}",
            "give the folder of a Zero123-like model in diffusers' layout, e.g. a download of its repository",
        )  # fmt: skip
    try:
        from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
        from transformers import CLIPVisionModelWithProjection
    except ImportError as error:
        raise InputError(
            "DiffusionPrior", f"no package {error.name!r}", "diffusers and transformers",
            "pip install 'objpose[diffusion]'",
        ) from error  # fmt: skip
    from safetensors.torch import load_file

    kinds = {
        "unet": UNet2DConditionModel,
        "vae": AutoencoderKL,
        "image_encoder": CLIPVisionModelWithProjection,
        "scheduler": DDIMScheduler,
    }
    found: dict[str, Any] = {}
    for name, kind in kinds.items():
        try:
            found[name] = kind.from_pretrained(folder / name, local_files_only=True)
        except (OSError, ValueError) as error:
            first = str(error).strip().splitlines()[0]
            raise InputError(
                f"weights {folder / name}", first, f"a {kind.__name__}", "download the folder again"
            ) from error
    file = folder / "clip_camera_projection" / "diffusion_pytorch_model.safetensors"
    if not file.is_file():
        raise InputError(f"weights {file}", "no such file", "proj.weight and proj.bias", "download it again")
    found["clip_camera_projection"] = load_file(file)
    return found


def _code(weight: Tensor, folder: Path) -> Any:
    """The code of a camera that a projection (D, D + C) was trained on."""
    numbers = weight.shape[1] - weight.shape[0]
    if numbers not in CODES:
        raise InputError(
            f"weights {folder / 'clip_camera_projection'}", f"a camera code of {numbers} numbers",
            " or ".join(map(str, CODES)), "give a model of Zero123's or SparseAGS's kind",
        )  # fmt: skip
    return CODES[numbers]


def _squared(picture: Tensor, size: int) -> Tensor:
    """(1, 3, size, size) of a picture (H, W, 3), its middle square."""
    side = min(picture.shape[:2])
    top, left = ((extent - side) // 2 for extent in picture.shape[:2])
    middle = picture[top : top + side, left : left + side].permute(2, 0, 1)[None]
    return functional.interpolate(middle, size=(size, size), mode="bilinear", antialias=True)


def _unsquared(gradient: Tensor, height: int, width: int) -> Tensor:
    """(H, W, 3) the gradient at the middle square of a picture, 0 beside it."""
    side = min(height, width)
    small = functional.interpolate(gradient, size=(side, side), mode="area")[0].permute(1, 2, 0)
    whole = small.new_zeros(height, width, 3)
    top, left = (height - side) // 2, (width - side) // 2
    whole[top : top + side, left : left + side] = small
    return whole
