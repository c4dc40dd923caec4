"""RLE masks agree with pycocotools, and damaged ones are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from objpose.io.rle import decode_rle

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)  # of pycocotools
MASKS = st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**16), st.floats(0, 1))


def draw_mask(height: int, width: int, seed: int, share: float) -> np.ndarray:
    """Blobs rather than noise: long and short runs."""
    draw = np.random.default_rng(seed)
    coarse = draw.random((height // 4 + 1, width // 4 + 1)) < share
    noise = draw.random((height, width)) < 0.02
    return np.kron(coarse, np.ones((4, 4), bool))[:height, :width] ^ noise


@settings(deadline=None)
@given(MASKS)
def test_compressed_strings_decode_as_coco_encodes(size: tuple[int, int, int, float]) -> None:
    mask = draw_mask(*size)
    encoded = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
    assert np.array_equal(decode_rle(encoded["counts"].decode(), *mask.shape), mask)


@settings(deadline=None)
@given(MASKS)
def test_plain_runs_decode_as_coco_does(size: tuple[int, int, int, float]) -> None:
    mask = draw_mask(*size)
    flat = mask.T.reshape(-1)
    edges = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff([0, *edges, len(flat)]).tolist()
    runs = [0, *runs] if flat[0] else runs
    height, width = mask.shape
    reference = coco.decode(coco.frPyObjects({"size": [height, width], "counts": runs}, height, width))
    assert np.array_equal(decode_rle(runs, height, width), mask)
    assert np.array_equal(reference.astype(bool), mask)


@settings(deadline=None)
@given(MASKS, st.data())
def test_shortened_strings_are_refused(size: tuple[int, int, int, float], data: st.DataObject) -> None:
    mask = draw_mask(*size)
    counts = coco.encode(np.asfortranarray(mask, dtype=np.uint8))["counts"].decode()
    keep = data.draw(st.integers(0, len(counts) - 1))
    with pytest.raises(ValueError, match=r"\brun"):
        decode_rle(counts[:keep], *mask.shape)


@given(st.text(max_size=30))
def test_any_text_decodes_or_is_refused(text: str) -> None:
    try:
        assert decode_rle(text, 5, 7).shape == (5, 7)
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize("counts", [[10], [5, 5, 26], [-1, 36], [20, 10]])
def test_runs_that_do_not_fill_the_mask_are_refused(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="35"):
        decode_rle(counts, 5, 7)
