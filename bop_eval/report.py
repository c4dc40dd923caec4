"""What an evaluation found."""

from dataclasses import dataclass, field

import numpy as np

from bop_eval.bootstrap import Interval, interval


@dataclass(frozen=True, eq=False)
class ErrorScores:
    """One kind of error, at each of T thresholds.

    name: VSD, MSSD, MSPD, or MSSD_MM (thresholds in millimetres). thresholds: (T,) in diameters, pixels of
    an image 640 wide, or millimetres. scores: (T,) recall or average precision; for VSD the mean over tau.
    errors: (P,) of the pairs in the thresholds' unit; for VSD (P, 10), one for each tau. is_match: (P, T)
    which pairs are matched; for VSD (P, 10, T).
    """

    name: str
    thresholds: np.ndarray
    scores: np.ndarray
    errors: np.ndarray
    is_match: np.ndarray


@dataclass(frozen=True, eq=False)
class Pairs:
    """The P pairs of an estimate and a true instance of its object in the same image, as columns.

    row: of the estimate in the results. gt_id: place of the instance in its image's list of truths.
    score: the estimate's. is_target: whether the instance is one to be found.
    """

    row: np.ndarray
    scene_id: np.ndarray
    im_id: np.ndarray
    obj_id: np.ndarray
    gt_id: np.ndarray
    score: np.ndarray
    is_target: np.ndarray


@dataclass(frozen=True, eq=False)
class Report:
    """Scores of a result file on a test set.

    figures: AR, AR_VSD, AR_MSSD, AR_MSPD; or AP, AP_MSSD, AP_MSPD and AP_MSSD_MM. per_object, per_scene: the
    same by object and by scene. targets: instances to be found, by object. mean_time_s: per image, -1 where
    the results do not say. bop: the figures under the names of BOP's toolkit. errors: by kind. samples: (B,)
    of each figure, of B draws of the images, empty where none were asked for. drawn: what, in words.
    """

    dataset: str
    task: str
    estimates: int
    images: int
    figures: dict[str, float]
    per_object: dict[int, dict[str, float]]
    per_scene: dict[int, dict[str, float]]
    targets: dict[int, int]
    mean_time_s: float
    bop: dict[str, float]
    pairs: Pairs
    errors: dict[str, ErrorScores]
    samples: dict[str, np.ndarray] = field(default_factory=dict)
    drawn: str = ""

    @property
    def intervals(self) -> dict[str, Interval]:
        """Where each figure lies in 95 % of the draws."""
        return {name: interval(values) for name, values in self.samples.items()}

    def to_json(self) -> dict[str, object]:
        """Everything but the pairs, as plain Python."""
        curves = {
            name: {"thresholds": error.thresholds.tolist(), "scores": error.scores.tolist()}
            for name, error in self.errors.items()
        }
        return {
            "dataset": self.dataset, "task": self.task, "estimates": self.estimates, "images": self.images,
            "mean_time_s": self.mean_time_s, "figures": self.figures, "bop_toolkit_names": self.bop,
            "curves": curves, "targets": {str(key): count for key, count in self.targets.items()},
            "per_object": {str(key): figures for key, figures in self.per_object.items()},
            "per_scene": {str(key): figures for key, figures in self.per_scene.items()},
            "intervals": {name: [one.low, one.high] for name, one in self.intervals.items()},
            "drawn": self.drawn, "matches": self.matches(),
        }  # fmt: skip

    def matches(self) -> list[dict[str, object]]:
        """Each pair that is matched at some threshold, with its errors and how many thresholds it passes."""
        kinds = list(self.errors.items())
        matched = [error.is_match.reshape(len(error.is_match), -1).any(axis=1) for _, error in kinds]
        rows = np.nonzero(np.any(matched, axis=0))[0]
        rows = rows[np.argsort(self.pairs.row[rows], kind="stable")].tolist()
        columns = ("row", "scene_id", "im_id", "obj_id", "gt_id", "score", "is_target")
        return [
            {name: getattr(self.pairs, name)[p].item() for name in columns}
            | {name: _plain(error.errors[p]) for name, error in kinds}
            | {f"{name}_passed": error.is_match[p].sum(axis=-1).tolist() for name, error in kinds}
            for p in rows
        ]


def _plain(error: np.ndarray) -> object:
    """An error as JSON has it: no infinity."""
    return np.where(np.isfinite(error), error, np.array(None)).tolist()
