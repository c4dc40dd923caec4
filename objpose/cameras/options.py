"""How cameras are recovered: the options of every room, and what the caller knows beside the photos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.known.known import Known
from objpose.cameras.pairs.options import FocalOptions, PairOptions
from objpose.cameras.placing.options import PlacingOptions
from objpose.cameras.repeats.options import RepeatsOptions
from objpose.cameras.scene.options import KeypointOptions
from objpose.cameras.silhouettes.options import SilhouettesOptions
from objpose.cameras.splats.options import SplatOptions


@dataclass(frozen=True)
class RecoverOptions:
    """The defaults fit photos of any scene; those of the rooms say what each is for."""

    cache: str | Path | None = None  # folder that keeps features and matches between runs
    known: Known = Known()  # what is told of the photos: constraints of the answer
    threads: int | None = None  # photos or pairs worked on at once; None: as many as torch may take
    seed: int = 0
    keypoints: KeypointOptions = KeypointOptions()
    focal: FocalOptions = FocalOptions()
    pairs: PairOptions = PairOptions()
    placing: PlacingOptions = PlacingOptions()
    repeats: RepeatsOptions = RepeatsOptions()
    answer: AnswerOptions = AnswerOptions()
    silhouettes: SilhouettesOptions = SilhouettesOptions()
    splats: SplatOptions = SplatOptions()
