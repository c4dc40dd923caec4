"""The errors of all pairs, worked out on Ray in parts; a part whose worker dies is done again."""

from typing import Any

import numpy as np

from bop_eval.datasets import EvaluationSet
from bop_eval.groups import Groups, Truths
from bop_eval.pair_errors import PairErrors
from objpose.errors import InputError
from objpose.io import BopResultTable
from objpose.work import within

PARTS_PER_WORKER = 4  # so that none waits long for the last one


class ClusterErrors(PairErrors):
    """`PairErrors` that spreads its work: the groups in contiguous parts, whose pairs follow one another."""

    def __init__(
        self,
        test_set: EvaluationSet,
        results: BopResultTable,
        truths: Truths,
        groups: Groups,
        ray: Any,
        processes: int,
    ) -> None:
        super().__init__(test_set, results, truths, groups)
        self._ray = ray
        self._shared = ray.put((test_set, results, truths))
        count = max(1, min(len(groups.image), processes * PARTS_PER_WORKER))
        self._parts = [groups.part(rows) for rows in np.array_split(np.arange(len(groups.image)), count)]

    def mssd(self) -> np.ndarray:
        return self._spread("mssd")

    def mspd(self) -> np.ndarray:
        return self._spread("mspd")

    def vsd(self, taus: np.ndarray) -> np.ndarray:
        return self._spread("vsd", taus)

    def _spread(self, name: str, *arguments: np.ndarray) -> np.ndarray:
        remote = self._ray.remote(num_cpus=1, max_retries=3)(_errors_of_part)
        calls = [remote.remote(self._shared, part, name, arguments) for part in self._parts]
        try:
            return np.concatenate(self._ray.get(calls))
        except self._ray.exceptions.RayTaskError as error:
            raise (error.cause if isinstance(error.cause, InputError) else error) from None


def _errors_of_part(
    shared: tuple[EvaluationSet, BopResultTable, Truths],
    part: Groups,
    name: str,
    arguments: tuple[np.ndarray, ...],
) -> np.ndarray:
    with within():
        return getattr(PairErrors(*shared, part), name)(*arguments)
