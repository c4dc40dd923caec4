"""Results in; what is wrong with them out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from bop_eval.datasets import EvaluationSet
from bop_eval.diagnosis.camera import cameras
from bop_eval.diagnosis.conventions import conventions
from bop_eval.diagnosis.evidence import RIGHT, Evidence, searched, test_images
from bop_eval.diagnosis.frames import centred, moved_meshes
from bop_eval.diagnosis.ids import image_ids, object_ids
from bop_eval.diagnosis.suspicion import Suspicion, most_likely
from bop_eval.diagnosis.turns import look_alikes
from objpose.io import BopResultTable, read_bop_table
from objpose.work import within

MOST_FINDINGS = 4  # mistakes of all estimates, one after the other


@dataclass(frozen=True)
class Finding:
    """One mistake.

    name, what, cure: in words. estimates: how many are right without it, and were not. recalls: AR_MSSD and
    AR_MSPD without it and those before it.
    """

    name: str
    what: str
    cure: str
    estimates: int
    recalls: dict[str, float]


@dataclass(frozen=True)
class Diagnosis:
    """What was found, in the order in which it is to be mended.

    recalls: as the file is. compared: estimates looked at; right: of those, as they are.
    """

    dataset: str
    compared: int
    right: int
    recalls: dict[str, float]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, object]:
        """Everything as plain Python."""
        findings = [vars(finding) for finding in self.findings]
        return {"dataset": self.dataset, "compared": self.compared, "right": self.right,
                "recalls": self.recalls, "findings": findings}  # fmt: skip


def diagnose(results: BopResultTable | str | os.PathLike[str], test_set: EvaluationSet) -> Diagnosis:
    """Name the conventions in which a BOP result file differs from what the set wants, by trying them.

    Units, what R and t mean, axes, ids, the camera matrix, the meshes' frames, and turns to look-alikes. What
    is fitted is tried on images that it was not fitted to. Two mistakes at once are found where one of them
    alone tells, or where both are of the kinds in `bop_eval.diagnosis.conventions`.

    Raises:
        InputError: an unusable result file or set, or a file without estimates.
    """
    table = results if isinstance(results, BopResultTable) else read_bop_table(results)
    with within():
        evidence = Evidence(test_set, test_images(test_set))
        compared = evidence.compared(table)
        sample = searched(compared)
        start, right = evidence.recalls(compared), _right(evidence, compared)
        findings = []
        with tqdm(desc="trying conventions", disable=None, leave=False) as bar:
            for suspicion in _suspicions(evidence, sample, bar):
                before = _right(evidence, compared)
                compared = suspicion.mend(compared)
                gained = int((_right(evidence, compared) & ~before).sum())
                findings.append(
                    Finding(
                        suspicion.name, suspicion.what, suspicion.cure, gained, evidence.recalls(compared)
                    )
                )
    return Diagnosis(test_set.name, len(compared), int(right.sum()), start, tuple(findings))


def _right(evidence: Evidence, table: BopResultTable) -> np.ndarray:
    return evidence.quality(table) >= RIGHT


def _suspicions(evidence: Evidence, table: BopResultTable, bar: tqdm) -> Iterator[Suspicion]:
    """Those that are borne out, each with the ones before it mended."""
    for _ in range(MOST_FINDINGS):
        found = _next(evidence, table, bar)
        if found is None:
            break
        yield found
        table = found.mend(table)
    bar.set_description("looking for look-alikes")
    yield from look_alikes(evidence, table)


def _next(evidence: Evidence, table: BopResultTable, bar: tqdm) -> Suspicion | None:
    """The simplest suspicion that explains the estimates best; fits only where no plain convention does."""
    before = evidence.quality(table)
    plain = [*conventions(evidence, table), *image_ids(), *centred(evidence)]
    qualities = []
    for suspicion in plain:
        qualities.append(evidence.quality(suspicion.mend(table)))
        bar.update()
    tried = [(suspicion, quality) for suspicion, quality in zip(plain, qualities, strict=True)]
    tried += [(one, evidence.quality(one.mend(table))) for one in object_ids(evidence, table)]
    tried += cameras(evidence, table)
    best = most_likely(np.array([q for _, q in tried]), [s for s, _ in tried], before)
    if best is not None:
        return tried[best][0]
    return next(iter(moved_meshes(evidence, table)), None)
