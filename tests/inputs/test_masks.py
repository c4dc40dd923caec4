"""Masks as people have them, and label maps, which need a label."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from pycocotools import mask as coco
from scipy.ndimage import gaussian_filter, zoom

from objpose.errors import InputError, InputWarning
from objpose.frame import Frame
from objpose.geometry import Camera
from objpose.io import as_mask, read_mask, write_image, write_json
from objpose.io.companions import match_companions
from objpose.io.polygons import fill_polygons
from tests.inputs.habits import habit
from tests.inputs.picture_files import write_png16

HEIGHT, WIDTH = 60, 80
ROWS, COLUMNS = np.indices((HEIGHT, WIDTH))
MASK = (ROWS - 30) ** 2 + (COLUMNS - 38) ** 2 < 18**2
LABELS = np.where(MASK, 2, 0) + np.where((ROWS > 50) & (COLUMNS < 15), 5, 0)
KIND, FOLDERS = "Masks", "Folders of masks"
CAMERA = Camera.from_K([90.0, 0, 39.5, 0, 90.0, 29.5, 0, 0, 1], WIDTH, HEIGHT)
FRAME = Frame(np.zeros((HEIGHT, WIDTH, 3), np.uint8), CAMERA)
FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)


def save(path: Path, values: np.ndarray, mode: str | None = None) -> Path:
    image = Image.fromarray(values)
    (image if mode is None else image.convert(mode)).save(path)
    return path


@habit(KIND, "0/1, 0/255, any one value, 1-bit, 16-bit", "the object where it is not 0")
@pytest.mark.parametrize("value", [1, 2, 38, 127, 255])
def test_two_values_are_a_mask(tmp_path: Path, value: int) -> None:
    plain = (MASK * value).astype(np.uint8)
    for path in (
        save(tmp_path / "l.png", plain),
        save(tmp_path / "one.png", MASK),
        save(tmp_path / "rgb.png", np.dstack([plain] * 3)),
        save(tmp_path / "i.png", plain.astype(np.uint16) * 257),
        write_png16(tmp_path / "rgb16.png", np.dstack([plain.astype(np.uint16)] * 3)),
    ):
        assert np.array_equal(read_mask(path), MASK), path.name


@habit(KIND, "soft borders: antialiased, blurred, resized, JPEG", "above half of the largest value")
def test_soft_borders_are_cut_in_the_middle(tmp_path: Path) -> None:
    large = zoom(MASK.astype(float), 8, order=0)
    for softness in (0.6, 2.0, 6.0):
        soft = gaussian_filter(MASK.astype(float), softness)
        read = read_mask(save(tmp_path / "s.png", np.rint(255 * soft).astype(np.uint8)))
        assert (read != (soft > soft.max() / 2)).mean() < 0.005
    image = Image.fromarray(large > 0.5).convert("L").resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    image.save(tmp_path / "l.png")
    assert (read_mask(tmp_path / "l.png") != MASK).mean() < 0.02
    for quality in (30, 75, 95):
        Image.fromarray(MASK).convert("RGB").save(tmp_path / "m.jpg", quality=quality)
        assert (read_mask(tmp_path / "m.jpg") != MASK).mean() < 0.01


@habit(KIND, "a label map: several objects", "refused with its labels; `--mask-label 2` takes it",
       "the highest label, whatever it is")  # fmt: skip
@pytest.mark.parametrize("scale", [1, 20, 50])
def test_label_maps_need_a_label(tmp_path: Path, scale: int) -> None:
    path = save(tmp_path / "labels.png", (LABELS * scale).astype(np.uint8))
    with pytest.raises(InputError, match=f"2 labels: {2 * scale} .*{5 * scale} .*--mask-label"):
        read_mask(path)
    assert np.array_equal(read_mask(path, 2 * scale), LABELS == 2)
    assert np.array_equal(read_mask(path, str(5 * scale)), LABELS == 5)
    with pytest.raises(InputError, match="expected a label 3;"):
        read_mask(path, 3)
    with pytest.raises(InputError, match="mask label: found can"):
        read_mask(path, "can")


def test_white_that_compression_moved_is_no_label(tmp_path: Path) -> None:
    values = np.where(MASK, np.where(ROWS < 25, 254, 255), 0).astype(np.uint8)
    assert np.array_equal(read_mask(save(tmp_path / "m.png", values)), MASK)
    instances = np.where(MASK, np.where(ROWS < 25, 1000, 1001), 0).astype(np.uint16)
    with pytest.raises(InputError, match="2 labels: 1001 .*1000 "):
        read_mask(save(tmp_path / "i.png", instances))


@habit(KIND, "VOC: an object, and 255 at its border", "refused with its labels", "the border alone")
def test_ignored_borders_are_a_label(tmp_path: Path) -> None:
    wide = (ROWS - 30) ** 2 + (COLUMNS - 38) ** 2 < 21**2
    values = np.where(MASK, 15, np.where(wide, 255, 0)).astype(np.uint8)
    with pytest.raises(InputError, match="2 labels: 15 "):
        read_mask(save(tmp_path / "voc.png", values))
    assert np.array_equal(read_mask(tmp_path / "voc.png", 15), MASK)


@habit(KIND, "labels close to each other: 100 and 101", "refused with its labels", "both as one object")
def test_close_labels_are_two(tmp_path: Path) -> None:
    path = save(tmp_path / "labels.png", np.where(LABELS > 0, 99 + LABELS, 0).astype(np.uint8))
    with pytest.raises(InputError, match="2 labels: 101 "):
        read_mask(path)


@habit(KIND, "palette pictures (VOC, CVAT) with one object", "the object; several: refused with the indices",
       "by the brightness of their colours")  # fmt: skip
def test_palettes_are_labels(tmp_path: Path) -> None:
    image = Image.fromarray(np.where(MASK, 3, 0).astype(np.uint8))
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0, 20, 20, 20, 240, 0, 90, 250, 250, 250])
    image.save(tmp_path / "one.png")
    assert np.array_equal(read_mask(tmp_path / "one.png"), MASK)
    several = Image.fromarray(LABELS.astype(np.uint8))
    several.putpalette(image.getpalette())
    several.save(tmp_path / "two.png")
    with pytest.raises(InputError, match="2 labels: 2 "):
        read_mask(tmp_path / "two.png")
    assert np.array_equal(read_mask(tmp_path / "two.png", 5), LABELS == 5)


@habit(KIND, "a colour on black; several colours", "the object; refused, `--mask-label #ff8000`",
       "by the brightness of the colours")  # fmt: skip
def test_colors_are_labels(tmp_path: Path) -> None:
    red = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    red[MASK] = [255, 128, 0]
    assert np.array_equal(read_mask(save(tmp_path / "red.png", red)), MASK)
    soft = np.rint(gaussian_filter(red.astype(float), (1, 1, 0))).astype(np.uint8)
    assert (read_mask(save(tmp_path / "soft.png", soft)) != MASK).mean() < 0.01
    red[LABELS == 5] = [0, 200, 0]
    with pytest.raises(InputError, match="2 labels: #ff8000 .*#00c800"):
        read_mask(save(tmp_path / "two.png", red))
    assert np.array_equal(read_mask(tmp_path / "two.png", "#00c800"), LABELS == 5)


@habit(KIND, "a photo in place of the mask", "refused by name", "its bright half")
def test_photos_are_no_masks(tmp_path: Path) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    with pytest.raises(InputError, match="a picture of .* colours"):
        read_mask(save(tmp_path / "photo.png", photo))
    with pytest.raises(InputError, match="greys all over"):
        read_mask(save(tmp_path / "grey.png", photo[..., 0]))


@habit(KIND, "the mask as the alpha channel: of white, of a cut-out photo", "alpha", "the whole image")
def test_alpha_is_the_mask(tmp_path: Path) -> None:
    alpha = np.where(MASK, 255, 0).astype(np.uint8)
    photo = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    for colors in (np.full_like(photo, 255), 0 * photo, photo, photo * MASK[..., None]):
        assert np.array_equal(read_mask(save(tmp_path / "a.png", np.dstack([colors, alpha]))), MASK)
    white = np.dstack([(MASK * 255).astype(np.uint8)] * 3)
    opaque = np.full_like(alpha, 255)
    assert np.array_equal(read_mask(save(tmp_path / "o.png", np.dstack([white, opaque]))), MASK)
    assert np.array_equal(read_mask(save(tmp_path / "b.png", np.dstack([white, alpha]))), MASK)
    shifted = np.roll(alpha, 20, axis=1)
    with pytest.raises(InputError, match="alpha channel and black and white that differ"):
        read_mask(save(tmp_path / "c.png", np.dstack([white, shifted])))


@habit(KIND, "probabilities 0..1 and logits, float .npy or TIFF, or arrays", "above 0.5; above 0",
       "all that is not 0: nearly the whole image")  # fmt: skip
def test_floats_are_cut_where_they_mean_it(tmp_path: Path) -> None:
    probability = np.clip(gaussian_filter(MASK.astype(np.float32), 1.5), 0.01, 0.99)
    logits = np.log(probability / (1 - probability))
    for values in (probability, logits):
        np.save(tmp_path / "m.npy", values)
        Image.fromarray(values).save(tmp_path / "m.tif")
        for mask in (
            read_mask(tmp_path / "m.npy"), read_mask(tmp_path / "m.tif"), FRAME.checked_mask(values).numpy(),
            FRAME.checked_mask(torch.from_numpy(values).bfloat16()).numpy(),
            FRAME.checked_mask(values[None]).numpy(), FRAME.checked_mask(values[..., None]).numpy(),
        ):  # fmt: skip
            assert (mask != (probability > 0.5)).mean() < 0.01  # bfloat16 rounds at the border
    for other, found in ((probability * 300, "float values"), (probability * 0.4, "probabilities up to 0.39"),
                         (np.where(MASK, np.nan, probability), "not finite")):  # fmt: skip
        with pytest.raises(InputError, match=found):
            FRAME.checked_mask(other, "mask")


@habit(KIND, "label maps as arrays", "refused with the labels", "all that is not 0")
@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, np.float32])
def test_label_arrays_are_refused(dtype: type) -> None:
    with pytest.raises(InputError, match="2 labels: 2 "):
        FRAME.checked_mask(LABELS.astype(dtype))
    assert np.array_equal(as_mask(np.where(MASK, 1, -1)), MASK)  # -1 is what is ignored, or a logit
    assert np.array_equal(FRAME.checked_mask((MASK * 255).astype(dtype)).numpy(), MASK)


@habit(
    KIND,
    "an inverted mask (the object black)",
    "warned of: it touches all sides of the image",
    "used in silence",
)
def test_inverted_masks_are_doubted() -> None:
    with pytest.warns(InputWarning, match="touching all of its sides.*inverted"):
        FRAME.checked_mask(~MASK, "mask")
    with pytest.warns(InputWarning, match="found 98% of the image"):
        FRAME.checked_mask(COLUMNS < 0.97 * WIDTH, "mask")


@habit(
    KIND, "COCO run lengths or polygons, a COCO or LabelMe file with one object", "the object", "no picture"
)
def test_shapes_in_json(tmp_path: Path) -> None:
    runs = coco.encode(np.asfortranarray(MASK, dtype=np.uint8))
    rle = {"size": runs["size"], "counts": runs["counts"].decode()}
    corners = [[10, 10], [50, 12], [30.5, 44]]
    polygon = [[float(number) for corner in corners for number in corner]]
    filled = fill_polygons([np.array(corners)], WIDTH, HEIGHT)
    image = {"id": 7, "width": WIDTH, "height": HEIGHT}
    two = [{"image_id": 7, "category_id": c, "segmentation": s} for c, s in ((1, rle), (4, polygon))]
    shapes = [{"label": "can", "shape_type": "polygon", "points": corners}]
    cases = {
        "rle": (rle, None, MASK),
        "annotation": ({"segmentation": rle}, None, MASK),
        "sized": ({"segmentation": polygon, "width": WIDTH, "height": HEIGHT}, None, filled),
        "coco": ({"images": [image], "annotations": two[1:]}, None, filled),
        "chosen": ({"images": [image], "annotations": two}, "1", MASK),
        "labelme": ({"shapes": shapes, "imageWidth": WIDTH, "imageHeight": HEIGHT}, None, filled),
    }
    for name, (content, label, expected) in cases.items():
        write_json(tmp_path / f"{name}.json", content)
        assert np.array_equal(read_mask(tmp_path / f"{name}.json", label), expected), name
    refused = {
        "several": ({"images": [image], "annotations": two}, "2 of 2 annotations, with category_id 1, 4"),
        "no size": (polygon, "without the size of their image"),
        "neither": ({"mask": 1}, "expected COCO run lengths or polygons"),
    }
    for content, found in refused.values():
        write_json(tmp_path / "r.json", content)
        with pytest.raises(InputError, match=found):
            read_mask(tmp_path / "r.json")


@habit(KIND, "a bare list with one annotation (SAM, BOP); a COCO category by its name", "the object",
       "found 1 numbers, expected a polygon")  # fmt: skip
def test_lists_of_annotations(tmp_path: Path) -> None:
    runs = coco.encode(np.asfortranarray(MASK, dtype=np.uint8))
    one = {"segmentation": runs | {"counts": runs["counts"].decode()}, "category_id": 5}
    write_json(tmp_path / "list.json", [one])
    assert np.array_equal(read_mask(tmp_path / "list.json"), MASK)
    names = [{"id": 5, "name": "can"}, {"id": 6, "name": "cup"}]
    content = {"annotations": [one, one | {"category_id": 6}], "categories": names}
    write_json(tmp_path / "coco.json", content)
    assert np.array_equal(read_mask(tmp_path / "coco.json", "can"), MASK)
    with pytest.raises(InputError, match=r"5 \(can\), 6 \(cup\).*--mask-label"):
        read_mask(tmp_path / "coco.json")
    write_json(tmp_path / "two.json", [one, one])
    with pytest.raises(InputError, match="two.json: found 2 of 2 .*keep the one"):
        read_mask(tmp_path / "two.json")


@habit(KIND, "LabelMe: a rectangle; several shapes of one label", "the object; all of them, said",
       "refused; all of them, in silence")  # fmt: skip
def test_labelme_rectangles_and_several_shapes(tmp_path: Path) -> None:
    shape = {"label": "can", "shape_type": "rectangle", "points": [[10, 20], [30, 25]]}
    content = {"shapes": [shape], "imageWidth": WIDTH, "imageHeight": HEIGHT}
    write_json(tmp_path / "a.json", content)
    found = read_mask(tmp_path / "a.json")
    assert found[20:25, 10:30].all() and found.sum() == 100
    write_json(tmp_path / "a.json", content | {"shapes": [shape, shape]})
    with pytest.warns(InputWarning, match="2 shapes of can"):
        read_mask(tmp_path / "a.json")


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(-10, 60), st.floats(-10, 50)), min_size=3, max_size=3))
def test_polygons_fill_as_their_corners_say(corners: list[tuple[float, float]]) -> None:
    """Against the half planes of a triangle."""
    (ax, ay), (bx, by), (cx, cy) = corners
    u, v = np.meshgrid(np.arange(50) + 0.5, np.arange(40) + 0.5)
    sides = [
        (x1 - x0) * (v - y0) - (y1 - y0) * (u - x0)
        for (x0, y0), (x1, y1) in (((ax, ay), (bx, by)), ((bx, by), (cx, cy)), ((cx, cy), (ax, ay)))
    ]
    clear = np.min(np.abs(sides), axis=0) > 1e-6
    inside = np.all(np.array(sides) > 0, axis=0) | np.all(np.array(sides) < 0, axis=0)
    filled = fill_polygons([np.array(corners)], 50, 40)
    assert np.array_equal(filled[clear], inside[clear])


@habit(FOLDERS, "a rig: cam0/0001.jpg and cam1/0001.jpg, masks in such folders", "matched by the path",
       "cam0/0001 took the mask of cam1/0001")  # fmt: skip
def test_masks_of_rigs_are_matched_by_path(tmp_path: Path) -> None:
    photos = ["cam0/0001.jpg", "cam1/0001.jpg"]
    for photo in photos:
        write_image(tmp_path / Path(photo).with_suffix(".png"), MASK)
    found = match_companions(tmp_path, photos)
    assert [found[photo].relative_to(tmp_path).as_posix() for photo in photos] == [
        "cam0/0001.png",
        "cam1/0001.png",
    ]


@habit(
    FOLDERS,
    "one 0001.png for several cameras, or 0001.png beside 0001.jpg",
    "refused by name",
    "the first found",
)
def test_ambiguous_masks_are_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "0001.png", MASK)
    with pytest.raises(InputError, match="a mask for cam0/0001.jpg, cam1/0001.jpg"):
        match_companions(tmp_path, ["cam0/0001.jpg", "cam1/0001.jpg"])
    assert list(match_companions(tmp_path, ["cam0/0001.jpg"])) == [
        "cam0/0001.jpg"
    ]  # the only one of that name
    write_image(tmp_path / "0001.jpg", MASK)
    with pytest.raises(InputError, match="0001.jpg, 0001.png for 0001.png, expected one mask"):
        match_companions(tmp_path, ["0001.png"])


@habit(FOLDERS, "0001.jpg.png (COLMAP), 0001_mask.png", "the mask of 0001.jpg", "no mask, in silence")
@pytest.mark.parametrize("name", ["0001.jpg.png", "0001_mask.png", "0001.npy"])
def test_other_names_of_masks(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert match_companions(tmp_path, ["0001.jpg"])["0001.jpg"].name == name


@habit(FOLDERS, "masks that match no photo, photos without a mask", "named", "passed over in silence")
def test_what_has_no_partner_is_named(tmp_path: Path) -> None:
    for name in ("1.png", "9.png"):
        write_image(tmp_path / name, MASK)
    with pytest.warns(InputWarning) as said:
        match_companions(tmp_path, ["1.png", "2.png"])
    assert [("9.png of no photo" in str(w.message), "no mask of 2.png" in str(w.message)) for w in said] == [
        (True, False), (False, True),
    ]  # fmt: skip


@FUZZ
@given(data=st.data())
def test_any_small_picture_is_a_mask_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from([(5, 6), (5, 6, 3), (5, 6, 4), (1, 1)]))
    most = data.draw(st.sampled_from([1, 3, 255]))
    draw = np.random.default_rng(data.draw(st.integers(0, 2**16)))
    path = save(tmp_path / "m.png", draw.integers(0, most + 1, shape, dtype=np.uint8))
    try:
        mask = read_mask(path)
    except InputError as error:
        assert "m.png" in str(error)
    else:
        assert mask.dtype == bool and mask.shape == shape[:2]


@FUZZ
@given(
    st.recursive(
        st.none() | st.integers(-5, 10**9) | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["size", "counts", "segmentation", "annotations", "shapes", "width", "height"]
                ),
                inner,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_a_mask_or_refused(tmp_path: Path, content: object) -> None:
    (tmp_path / "m.json").write_text(json.dumps(content))
    try:
        assert read_mask(tmp_path / "m.json").dtype == bool
    except InputError as error:
        assert "m.json" in str(error) or "polygons" in str(error)


def test_field_masks(shared_data: Path) -> None:
    folder = shared_data / "field" / "masks"
    expected = read_mask(folder / "mask01.png")
    assert expected.sum() == 22355
    assert np.array_equal(read_mask(folder / "mask_alpha_white.png"), expected)
    assert (read_mask(folder / "mask_soft.png") != expected).sum() < 300
    assert np.array_equal(read_mask(folder / "labels.png", 2), expected)
    with pytest.raises(InputError, match="labels.png: found 2 labels: 2 .* 5 "):
        read_mask(folder / "labels.png")


def test_lines_drawn_in_a_mask_are_no_labels(tmp_path: Path) -> None:
    """Thin grey borders, as annotation tools draw them, lie at the border only."""
    image = Image.fromarray(MASK).convert("L")
    ImageDraw.Draw(image).ellipse([20, 12, 56, 48], outline=128)
    image.save(tmp_path / "drawn.png")
    assert (read_mask(tmp_path / "drawn.png") != MASK).mean() < 0.03


@habit(FOLDERS, "accents as macOS writes them, masks as .gif, hidden folders", "matched; left aside",
       "no mask, and files of no photo")  # fmt: skip
def test_accents_and_hidden_folders(tmp_path: Path) -> None:
    (tmp_path / ".hidden").mkdir()
    for name in ("f\u00fcr.png", "b.gif", ".hidden/b.png"):
        (tmp_path / name).touch()
    found = match_companions(tmp_path, ["fu\u0308r.jpg", "b.jpg"])
    assert {path.name for path in found.values()} == {"f\u00fcr.png", "b.gif"}
