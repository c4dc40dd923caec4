"""Dense descriptors from ALIKED: its deformable descriptor head, asked at the cells' centres.

Zhao et al.: ALIKED: a lighter keypoint and descriptor extraction network via deformable transformation, IEEE
Trans. Instrum. Meas. 2023 (BSD-3). The network is kornia's.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.features.backbone import fingerprint
from objpose.features.dense import FeatureMap, check_images
from objpose.features.networks import ALIKED_NETWORKS, load_network
from objpose.features.published_weights import find_weights

LEAST_SIDE = 32  # pixels, what the deepest of its maps needs
MAX_PIXELS = 200_000  # in one pass: bounds the memory


class AlikedFeatures:
    """ALIKED as dense features, trained for matching photos of one scene.

    Args:
        weights: a local file of kornia's weights for the network (.pth); None takes the published ones.
        network: "aliked-n16rot" (trained with turned images), "aliked-n16", "aliked-n32" or "aliked-t16".
        stride: pixels between cell centres.
        device: None takes CUDA where there is one.

    Raises:
        InputError: another network, a file that is missing, unreadable or of another network, and
            nothing can be downloaded.
    """

    def __init__(
        self,
        weights: str | Path | None,
        network: str = "aliked-n16rot",
        stride: int = 8,
        device: str | torch.device | None = None,
    ) -> None:
        if network not in ALIKED_NETWORKS:
            raise InputError(
                "network", repr(network), f"one of {', '.join(ALIKED_NETWORKS)}", "correct the name"
            )
        self.network = load_network(network, weights)
        self.weights = (find_weights(network, weights).source,)
        self.stride = stride
        self.dim = self.network.desc_head.sf_conv.out_channels
        self.name = f"{network}-stride{stride}-{fingerprint(self.network)}"
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.network.to(self.device)

    @torch.no_grad()
    def __call__(self, images: Tensor) -> FeatureMap:
        """One unit-length descriptor for every whole `stride` x `stride` square of images (N, 3, H, W).

        Raises:
            InputError: another shape and images of less than 32 pixels a side.
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
