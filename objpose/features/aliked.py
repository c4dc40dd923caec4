"""Dense descriptors from ALIKED: its deformable descriptor head, asked at the cells' centres.

Zhao et al.: ALIKED: a lighter keypoint and descriptor extraction network via deformable transformation, IEEE
Trans. Instrum. Meas. 2023 (BSD-3). The network is kornia's.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor, nn

from objpose.errors import InputError
from objpose.features.backbone import fingerprint
from objpose.features.dense import FeatureMap, check_images

NETWORKS = ("aliked-t16", "aliked-n16", "aliked-n16rot", "aliked-n32")
LEAST_SIDE = 32  # pixels, what the deepest of its maps needs
MAX_PIXELS = 200_000  # in one pass: bounds the memory


class AlikedFeatures:
    """ALIKED as dense features, trained for matching photos of one scene.

    Args:
        weights: a local file of kornia's weights for the network (.pth).
        network: "aliked-n16rot" (trained with turned images), "aliked-n16", "aliked-n32" or "aliked-t16".
        stride: pixels between cell centres.
        device: None takes CUDA where there is one.

    Raises InputError for another network, and for a file that is missing, unreadable or of another network.
    """

    def __init__(
        self,
        weights: str | Path,
        network: str = "aliked-n16rot",
        stride: int = 8,
        device: str | torch.device | None = None,
    ) -> None:
        self.network = _loaded(network, Path(weights))
        self.stride = stride
        self.dim = self.network.desc_head.sf_conv.out_channels
        self.name = f"{network}-stride{stride}-{fingerprint(self.network)}"
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.network.to(self.device)

    @torch.no_grad()
    def __call__(self, images: Tensor) -> FeatureMap:
        """One unit-length descriptor for every whole `stride` x `stride` square of images (N, 3, H, W).

        Raises InputError for another shape and for images of less than 32 pixels a side.
        """
        check_images(images, max(LEAST_SIDE, self.stride))
        start = time.perf_counter()
        height, width = images.shape[2:]
        rows, columns = height // self.stride, width // self.stride
        origin = (self.stride - 1) / 2
        row, column = (origin + self.stride * torch.arange(n, dtype=torch.float32) for n in (rows, columns))
        # The head counts from -1 at the first pixel's centre to 1 at the last one's.
        y, x = torch.meshgrid(2 * row / (height - 1) - 1, 2 * column / (width - 1) - 1, indexing="ij")
        places = torch.stack([x, y], dim=-1).reshape(-1, 2).to(self.device)
        count = max(1, MAX_PIXELS // (height * width))
        parts = [
            self._describe(batch, places).to(images.device) for batch in images.split(count) if len(batch)
        ]
        flat = torch.cat(parts) if parts else images.new_empty(0, rows * columns, self.dim)
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        descriptors = flat.view(len(images), rows, columns, self.dim)
        return FeatureMap(descriptors, self.stride, origin, time.perf_counter() - start)

    def _describe(self, images: Tensor, places: Tensor) -> Tensor:
        """(N, P, D) of images at places (P, 2) in [-1, 1]."""
        features, _ = self.network.extract_dense_map(images.to(self.device, torch.float32))
        descriptors, _ = self.network.desc_head(features, [places] * len(images))
        return torch.stack(list(descriptors))


def _loaded(network: str, file: Path) -> nn.Module:
    from pickle import UnpicklingError

    import kornia.feature

    if network not in NETWORKS:
        raise InputError("network", repr(network), f"one of {', '.join(NETWORKS)}", "correct the name")
    cure = f"give the file of {network}'s own weights, as kornia.feature.ALIKED downloads it"
    if not file.is_file():
        raise InputError(file, "no such file", f"the weights of {network}", cure)
    model = kornia.feature.ALIKED(network)
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
        missing, unexpected = model.load_state_dict(state, strict=False)
    except (RuntimeError, AttributeError, TypeError, EOFError, UnpicklingError) as error:
        raise InputError(file, "weights of another network", f"the weights of {network}", cure) from error
    # kornia computes some buffers itself: the file need not hold them, but must hold every parameter.
    absent = sorted(set(missing) & {name for name, _ in model.named_parameters()})
    if absent or unexpected:
        found = f"{len(absent)} parameters missing {absent[:3]}, {len(unexpected)} unknown {unexpected[:3]}"
        raise InputError(file, found, f"the weights of {network}", cure)
    return model.eval().requires_grad_(False)
