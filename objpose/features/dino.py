"""Dense descriptors from DINOv2 and DINOv3: the patch tokens of an intermediate layer.

Oquab et al.: DINOv2, TMLR 2024; Darcet et al.: Vision transformers need registers, ICLR 2024; the choice of
layer and facet is that of Örnek et al.: FoundPose, ECCV 2024.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.features.backbone import fingerprint, load_backbone
from objpose.features.dense import FeatureMap, check_images

SHORT_NAMES = {
    f"dinov2-{letter}{suffix}": f"vit_{size}_patch14{registers}_dinov2"
    for letter, size in zip("sblg", ("small", "base", "large", "giant"), strict=True)
    for suffix, registers in (("", ""), ("-reg", "_reg4"))
}
MAX_TOKENS = 8192  # in one pass: bounds the memory, 1 GB of activations for ViT-L


class DinoFeatures:
    """timm's DINOv2 or DINOv3 as dense features.

    Args:
        model: "dinov2-s", "-b", "-l" or "-g", with "-reg" for the one with registers, or a name of timm's,
            e.g. "vit_small_patch16_dinov3".
        layer: the block whose output is taken, counted from 0. None takes block 3/4 of the depth: FoundPose's
            9 of 12 (ViT-S, B), 18 of 24 (ViT-L), and so 30 of 40 (ViT-G).
        weights: a local file (safetensors or .pth, timm's or the authors'); None lets timm download it.
        device: None takes CUDA where there is one; there the model runs in bfloat16.

    Raises:
        InputError: as `load_backbone` does, and a layer the model lacks.
    """

    def __init__(
        self,
        model: str = "vit_small_patch14_reg4_dinov2",
        layer: int | None = None,
        weights: str | Path | None = None,
        device: str | torch.device | None = None,
    ) -> None:
        self.model = SHORT_NAMES.get(model, model)
        self.backbone = load_backbone(self.model, weights)
        depth = len(self.backbone.blocks)
        self.layer = 3 * depth // 4 if layer is None else layer
        if not 0 <= self.layer < depth:
            raise InputError("layer", layer, f"0 to {depth - 1}", f"{self.model} has {depth} blocks")
        self.name = f"{self.model}-layer{self.layer}-{fingerprint(self.backbone)}"
        self.stride = self.backbone.patch_embed.patch_size[0]
        self.dim = self.backbone.embed_dim
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.backbone.to(self.device)
        config = self.backbone.pretrained_cfg
        self.mean, self.std = (
            torch.tensor(config[key], device=self.device).view(3, 1, 1) for key in ("mean", "std")
        )

    @torch.no_grad()
    def __call__(self, images: Tensor) -> FeatureMap:
        """One cell for every whole patch of images (N, 3, H, W), RGB in [0, 1], on the images' device.

        Any size does: position embeddings are interpolated. Columns and rows beyond the last whole patch are
        not looked at. The tokens pass the model's last layer norm, as in DINOv2's own
        `get_intermediate_layers`.

        Raises:
            InputError: another shape and less than one patch.
        """
        check_images(images, self.stride)
        start = time.perf_counter()
        height, width = (side // self.stride for side in images.shape[2:])
        whole = images[..., : height * self.stride, : width * self.stride]
        count = max(1, MAX_TOKENS // (height * width))
        maps = [self._tokens(batch).to(images.device) for batch in whole.split(count) if len(batch)]
        tokens = torch.cat(maps) if maps else images.new_empty(0, height * width, self.dim)
        descriptors = tokens.view(len(images), height, width, self.dim)
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return FeatureMap(descriptors, self.stride, (self.stride - 1) / 2, time.perf_counter() - start)

    def _tokens(self, images: Tensor) -> Tensor:
        """(N, h * w, D) float32 patch tokens, without class and register tokens."""
        normalised = (images.to(self.device, torch.float32) - self.mean) / self.std
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            [tokens] = self.backbone.forward_intermediates(
                normalised,
                indices=[self.layer],
                norm=True,
                stop_early=True,
                output_fmt="NLC",
                intermediates_only=True,
            )
        return tokens.float()
