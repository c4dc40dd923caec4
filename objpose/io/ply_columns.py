"""The columns of the rows of a PLY element."""

from dataclasses import dataclass

import numpy as np

from objpose.io.ply_header import PlyElement


@dataclass(frozen=True)
class PlyList:
    """A list property of all rows: the lists one after the other, and the length of each."""

    values: np.ndarray  # (sum of counts,)
    counts: np.ndarray  # (rows,)


PlyColumns = dict[str, np.ndarray | PlyList]


def empty_columns(element: PlyElement) -> PlyColumns:
    """Columns of an element without rows."""
    none = np.zeros(0)
    return {
        p.name: none if p.count_type is None else PlyList(none, none.astype(int)) for p in element.properties
    }
