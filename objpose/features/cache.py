"""Feature maps kept by the content of their images, in bounded memory."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

import torch
from torch import Tensor

from objpose.features.dense import DenseFeatures, FeatureMap


class MapCache:
    """Least recently used maps make room for new ones; safe to share between threads.

    Args:
        max_bytes: of all kept maps together; a map larger than that is computed and not kept.
    """

    def __init__(self, max_bytes: int = 256 * 2**20) -> None:
        self.max_bytes = max_bytes
        self.held_bytes = 0
        self._maps: OrderedDict[bytes, FeatureMap] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, features: DenseFeatures, images: Tensor) -> FeatureMap:
        """`features(images)` of images (N, 3, H, W); only images not kept are computed, in one batch.

        `seconds` is what this call cost the features: 0 when all maps were kept.
        """
        keys = [_key(features.name, image) for image in images]
        with self._lock:
            known = {key: self._touched(key) for key in keys if key in self._maps}
        missing = {key: index for index, key in enumerate(keys) if key not in known}
        if not missing and keys:
            return _stacked([known[key] for key in keys], 0.0)
        computed = features(images[list(missing.values())])
        for index, key in enumerate(missing):
            known[key] = _single(computed, index)
            self._keep(key, known[key])
        return _stacked([known[key] for key in keys], computed.seconds) if keys else computed

    def __len__(self) -> int:
        return len(self._maps)

    def _touched(self, key: bytes) -> FeatureMap:
        self._maps.move_to_end(key)
        return self._maps[key]

    def _keep(self, key: bytes, kept: FeatureMap) -> None:
        size = kept.descriptors.nbytes
        with self._lock:
            if size > self.max_bytes or key in self._maps:
                return
            self._maps[key] = kept
            self.held_bytes += size
            while self.held_bytes > self.max_bytes:
                _, dropped = self._maps.popitem(last=False)
                self.held_bytes -= dropped.descriptors.nbytes


def _key(name: str, image: Tensor) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{name}|{tuple(image.shape)}|{image.dtype}|{image.device}|".encode())
    digest.update(image.detach().cpu().contiguous().numpy().data)
    return digest.digest()


def _single(maps: FeatureMap, index: int) -> FeatureMap:
    """One map of a batch, with memory of its own: a view would hold the whole batch."""
    return FeatureMap(maps.descriptors[index : index + 1].clone(), maps.stride, maps.origin, 0.0)


def _stacked(maps: list[FeatureMap], seconds: float) -> FeatureMap:
    descriptors = torch.cat([one.descriptors for one in maps])
    return FeatureMap(descriptors, maps[0].stride, maps[0].origin, seconds)
