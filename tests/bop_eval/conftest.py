"""A small BOP set, and a method whose estimates follow from the image alone."""

from pathlib import Path

import pytest
import torch

from bop_eval.methods import METHODS, Estimate, MaskedObject, MethodSettings
from bop_eval.runner import RunSettings
from objpose.geometry import SE3, SO3
from objpose.io import BopImage
from tests.bop_set import make_bop_set

IMAGES = [(scene_id, im_id) for scene_id in (3, 1, 2) for im_id in range(8)]


class SeededMethod:
    """Two estimates for each detection, random from (seed, image, object)."""

    def __init__(self, settings: MethodSettings) -> None:
        self._seed = settings.seed

    def __call__(self, image: BopImage, detections: list[MaskedObject]) -> list[Estimate]:
        return [estimate for found in detections for estimate in self._two(image, found)]

    def _two(self, image: BopImage, found: MaskedObject) -> list[Estimate]:
        seed = hash((self._seed, image.scene_id, image.im_id, found.obj_id)) % 2**32
        generator = torch.Generator().manual_seed(seed)
        rotations = SO3.random((2,), generator)
        poses = SE3.from_rotation_translation(rotations, torch.rand(2, 3, generator=generator))
        return [Estimate(found.obj_id, float(score), poses[i]) for i, score in enumerate((0.1, found.score))]


@pytest.fixture(scope="session")
def bop_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BOP set of 24 images; read only."""
    return make_bop_set(tmp_path_factory.mktemp("sets") / "cubes", images=IMAGES)


@pytest.fixture
def settings(bop_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunSettings:
    """Settings of a run of `SeededMethod` on the small set."""
    monkeypatch.setitem(METHODS, "seeded", SeededMethod)
    detections = bop_set / "detections.json"
    return RunSettings(
        bop_set, "seeded", detections, tmp_path / "results.csv", templates=tmp_path / "templates"
    )
