"""COCO run-length masks, checked: pycocotools decodes runs that are too short into uninitialised memory."""

import numpy as np

SIX_BITS_FROM = 48  # the character of the value 0
VALUE_BITS, MORE, SIGN = 0x1F, 0x20, 0x10


def decode_rle(counts: str | list[int], height: int, width: int) -> np.ndarray:
    """(height, width) bool mask of COCO's runs, which go down the columns and start with background.

    Args:
        counts: the compressed string, or the plain list of run lengths.

    Raises:
        ValueError: the runs do not fill height x width pixels exactly, or the string is no run-length code.
    """
    runs = _decompress(counts) if isinstance(counts, str) else np.asarray(counts, dtype=np.int64).reshape(-1)
    total = int(runs.sum())
    if (runs < 0).any() or total != height * width:
        raise ValueError(f"runs of {total} pixels for a mask of {width} x {height} = {width * height}")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(width, height).T


def _decompress(text: str) -> np.ndarray:
    """COCO's code: five bits a character, low ones first, sign-extended; from the fourth run on it stores
    the difference to the run two before."""
    codes = np.frombuffer(text.encode("latin-1", "replace"), np.uint8).astype(np.int64) - SIX_BITS_FROM
    if ((codes < 0) | (codes > 63)).any() or (len(codes) and codes[-1] & MORE):
        raise ValueError("a damaged run-length string")
    starts = np.concatenate([[0], np.flatnonzero((codes & MORE) == 0) + 1])
    lengths = np.diff(starts)
    if not len(lengths):
        return np.zeros(0, np.int64)
    if lengths.max() > 7:  # 35 bits: more than any image has pixels
        raise ValueError("a damaged run-length string")
    place = np.arange(len(codes)) - np.repeat(starts[:-1], lengths)
    values = np.add.reduceat((codes & VALUE_BITS) << (5 * place), starts[:-1])
    is_negative = (codes[starts[1:] - 1] & SIGN) != 0
    values = np.where(is_negative, values - (1 << (5 * lengths)), values)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values
