"""Masks as shapes in JSON: COCO's run lengths and polygons, LabelMe's polygons."""

from __future__ import annotations

import os

import numpy as np

from objpose.errors import InputError, warn_input
from objpose.io.json_file import JsonValue, describe, read_json
from objpose.io.label_maps import LABEL_CURE
from objpose.io.polygons import fill_polygons
from objpose.io.rle import decode_rle

EXPECTED = "COCO run lengths or polygons"
MOST_PIXELS = 2**26


def read_mask_json(
    path: str | os.PathLike, size: tuple[int, int] | None, label: int | str | None = None
) -> np.ndarray:
    """(H, W) bool of a JSON file with one object: an RLE, an annotation, a list of them, COCO's or LabelMe's.

    Args:
        size: (width, height) of the picture, for polygons in files that do not say it.
        label: of several objects, the category_id or the category's name (COCO), or the label (LabelMe).

    Raises:
        InputError: none of these, no size, or several objects and none chosen.
    """
    content = read_json(path)
    if "shapes" in content:
        return _of_labelme(content, label)
    listed = _annotations(content)
    if listed is not None:
        annotation = _only(content, listed, label)
        return decode_segmentation(annotation["segmentation"], _size_of(content, annotation, size))
    if "counts" in content:
        return decode_segmentation(content, size)
    if "segmentation" in content:
        return decode_segmentation(content["segmentation"], _size_of(content, content, size))
    return decode_segmentation(content, size)


def decode_segmentation(segmentation: JsonValue, size: tuple[int, int] | None) -> np.ndarray:
    """(H, W) bool of COCO's RLE, compressed or not, or of its polygons in a picture of (width, height).

    Raises:
        InputError: another kind, runs that do not fill their size, or polygons without a size.
    """
    check_segmentation(segmentation)
    if isinstance(segmentation.value, list):
        if size is None:
            where = segmentation.place
            cure = "add width and height, or give run lengths"
            raise InputError(where, "polygons without the size of their image", EXPECTED, cure)
        return fill_polygons(_polygons(segmentation), *size, segmentation.place)
    height, width = _rle_size(segmentation)
    if size is not None and sorted(size) != [min(height, width), max(height, width)]:
        where = segmentation.place
        expected = f"{size[0]} x {size[1]}, the size of the image"
        raise InputError(where, f"a mask of {width} x {height}", expected, "make it from this very image")
    counts = segmentation["counts"]
    runs = counts.text() if isinstance(counts.value, str) else [count.integer() for count in counts.items()]
    try:
        return decode_rle(runs, height, width)
    except (ValueError, OverflowError) as error:
        where = counts.place
        raise InputError(where, error, "RLE that fills its size", "write the detections again") from error


def check_segmentation(segmentation: JsonValue) -> None:
    """Raise InputError for what is neither RLE nor polygons, without decoding it."""
    if isinstance(segmentation.value, list):
        _polygons(segmentation)
    elif "counts" in segmentation:
        _rle_size(segmentation)
    else:
        where = segmentation.place
        cure = "write it with pycocotools"
        raise InputError(where, describe(segmentation.value), EXPECTED, cure)


def _rle_size(segmentation: JsonValue) -> tuple[int, int]:
    height, width = (int(value) for value in segmentation["size"].numbers(2))
    if min(height, width) < 1 or height * width > MOST_PIXELS:
        where = segmentation.place
        raise InputError(where, f"a size of {height} x {width}", "that of a picture", "correct the file")
    return height, width


def _polygons(value: JsonValue) -> list[np.ndarray]:
    """[[x, y, x, y, ...], ...] of COCO, also one flat list, and [[x, y], [x, y], ...]."""
    items = value.items()
    if items and not isinstance(items[0].value, list):
        items = [value]
    elif len(items) >= 3 and all(isinstance(item.value, list) and len(item.value) == 2 for item in items):
        return [np.array([item.numbers(2) for item in items])]
    polygons = []
    for item in items:
        count = len(item.items())
        if count < 6 or count % 2:
            cure = "x, y of three corners or more"
            raise InputError(item.place, f"{count} numbers", "a polygon", cure)
        polygons.append(np.array(item.numbers(count)).reshape(-1, 2))
    return polygons


def _of_labelme(content: JsonValue, label: int | str | None) -> np.ndarray:
    shapes = content["shapes"].items()
    names = sorted({shape["label"].text() for shape in shapes})
    wanted = names if label is None else [str(label)]
    if len(wanted) != 1 or wanted[0] not in names:
        found = f"{len(names)} labels: {', '.join(names[:8]) or 'none'}"
        raise InputError(
            content.file, found, "one object" if label is None else f"a label {label}", LABEL_CURE
        )
    chosen = [shape for shape in shapes if shape["label"].text() == wanted[0]]
    groups = {shape["group_id"].value if "group_id" in shape else None for shape in chosen}
    if len(chosen) > 1 and (len(groups) > 1 or None in groups):
        found, cure = (
            f"{len(chosen)} shapes of {wanted[0]}",
            "all are taken as one object; keep its own alone",
        )
        warn_input(content.file, found, "one shape, or one group_id", cure)
    corners = [_corners(shape) for shape in chosen]
    size = content["imageWidth"].integer(), content["imageHeight"].integer()
    return fill_polygons(corners, *size, content.file)


def _corners(shape: JsonValue) -> np.ndarray:
    """(n, 2) x, y of a polygon or a rectangle, which LabelMe gives by two corners."""
    kind = shape["shape_type"].text() if "shape_type" in shape else "polygon"
    points = np.array([point.numbers(2) for point in shape["points"].items()])
    if kind == "rectangle" and len(points) == 2:
        (x0, y0), (x1, y1) = points
        return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    if kind != "polygon":
        cure = "draw polygons, or save the mask as PNG"
        raise InputError(shape.place, f"a {kind}", "a polygon or a rectangle", cure)
    return points


def _annotations(content: JsonValue) -> list[JsonValue] | None:
    """Those of a COCO file, or of a bare list of them, as SAM and BOP's detections are; None for others."""
    if "annotations" in content:
        return content["annotations"].items()
    is_list = isinstance(content.value, list) and any(isinstance(one, dict) for one in content.value)
    return content.items() if is_list else None


def _only(content: JsonValue, annotations: list[JsonValue], label: int | str | None) -> JsonValue:
    """The one annotation, of that category's id or name where a label is given."""
    names = _category_names(content)
    categories = [str(one["category_id"].value) if "category_id" in one else "none" for one in annotations]
    wanted = str(label)
    found = [
        one
        for one, category in zip(annotations, categories, strict=True)
        if label is None or wanted in (category, names.get(category))
    ]
    if len(found) != 1:
        listed = [f"{one} ({names[one]})" if one in names else one for one in sorted(set(categories))]
        which = ", ".join(listed[:8]) or "none"
        what = f"{len(found)} of {len(annotations)} annotations, with category_id {which}"
        cure = LABEL_CURE if len(set(categories)) > 1 else "keep the one of the object"
        raise InputError(content.place, what, "the one of the object", cure)
    return found[0]


def _category_names(content: JsonValue) -> dict[str, str]:
    """By their id, as text."""
    if "categories" not in content:
        return {}
    named = [one for one in content["categories"].items() if "id" in one and "name" in one]
    return {str(one["id"].value): one["name"].text() for one in named}


def _size_of(
    content: JsonValue, annotation: JsonValue, size: tuple[int, int] | None
) -> tuple[int, int] | None:
    """(width, height) that the file says, else that of the picture."""
    if "images" in content:
        images = content["images"].items()
        wanted = annotation["image_id"].value if "image_id" in annotation else None
        image = next((one for one in images if "id" in one and one["id"].value == wanted), None)
        if image is not None:
            return image["width"].integer(), image["height"].integer()
    if "width" in content and "height" in content:
        return content["width"].integer(), content["height"].integer()
    return size
