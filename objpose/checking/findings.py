"""What does not fit among a picture, its depth, camera and mask, and an object: in words, with the cure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import Tensor

from objpose.checking.apparent import Apparent, Silhouettes, apparent_by_silhouettes
from objpose.checking.colors import check_color_order
from objpose.checking.finding import Finding
from objpose.checking.given import Given, as_mask
from objpose.checking.intrinsics import as_crop, check_intrinsics, scaled
from objpose.checking.masks import check_mask
from objpose.checking.same_places import check_placement
from objpose.checking.scale import check_range, check_scale, misfit, stored_step
from objpose.checking.sizes import check_sizes
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import Mesh
from objpose.objects import ObjectModel

WRONG_PLACE = {"mask elsewhere", "mask mirrored", "mask inverted", "mask extent"}
CERTAINTIES = ("sure", "likely", "possible")
UNITS = 5.0  # an apparent size further off than this is no mask's doing


def check(
    frame: Frame | Given,
    mask: np.ndarray | Tensor | None = None,
    object: ObjectModel | Mesh | None = None,
) -> tuple[Finding, ...]:
    """Findings, the surest causes first; empty where nothing speaks against the inputs.

    frame: a Frame, or what was meant to become one and is refused. mask: (H, W), the object's visible pixels.
    object: onboarded, or its mesh in metres. What is not given is not judged: without depth neither the unit
    of the mesh nor the focal length can be told. A second's work; the answer is the same every time. Raises
    InputError for other types, and for a mask that is not (H, W).
    """
    given = _given(frame, mask)
    mesh = None if object is None else _mesh(object)
    silhouettes = None if mesh is None else Silhouettes.of(mesh)
    findings, given = check_sizes(given)
    placed, given = _placement(given, silhouettes)
    findings += placed
    camera_findings, given = _camera(given, silhouettes)
    findings += camera_findings + _scale(given, silhouettes, {finding.cause for finding in placed})
    color = None
    if given.mask is not None and mesh is not None and not placed:
        color = check_color_order(given, mesh)
    findings += [] if color is None else [color]
    return tuple(sorted(findings, key=lambda finding: CERTAINTIES.index(finding.certainty)))


def _given(frame: Frame | Given, mask: np.ndarray | Tensor | None) -> Given:
    if isinstance(frame, Frame):
        return Given.of(frame, mask)
    if isinstance(frame, Given):
        return frame if mask is None else replace(frame, mask=as_mask(mask))
    found, expected = type(frame).__name__, "a Frame"
    raise InputError("frame", found, expected, "make one: Frame(rgb, camera, depth)")


def _mesh(object: ObjectModel | Mesh) -> Mesh:
    if isinstance(object, ObjectModel):
        return object.mesh
    if isinstance(object, Mesh):
        return object
    found, expected = type(object).__name__, "an onboarded object or a Mesh in metres"
    raise InputError("object", found, expected, "use objpose.load_object or objpose.onboard")


def _placement(given: Given, silhouettes: Silhouettes | None) -> tuple[list[Finding], Given]:
    """What lies elsewhere; the view without an empty mask or depth, and with an inverted mask turned."""
    findings = []
    if given.depth is not None and not given.seen.any():
        cure = "check the file and its scale, or leave the depth out"
        findings.append(Finding("depth missing", "depth", "none anywhere", "some measured depth", cure))
        given = replace(given, depth=None)
    if given.mask is not None:
        finding = check_mask(given, silhouettes)
        findings += [] if finding is None else [finding]
        if finding is not None:
            given = replace(given, mask=~given.mask if finding.cause == "mask inverted" else None)
    return findings + check_placement(given), given


def _camera(given: Given, silhouettes: Silhouettes | None) -> tuple[list[Finding], Given]:
    """What is wrong with K by its own numbers, unless depth and object contradict; the view with K mended."""
    finding = None if given.camera is None else check_intrinsics(given.camera)
    if given.camera is None or finding is None:
        return [], given
    if finding.cause != "K resolution":
        return [finding], given if finding.cause == "K crop" else replace(given, camera=None)
    assert finding.factor is not None  # of a resolution
    mended = replace(given, camera=scaled(given.camera, finding.factor))
    seen, then = _apparent(given, silhouettes), _apparent(mended, silhouettes)
    if seen is None or then is None or misfit(then) < misfit(seen):
        return [finding], mended
    crop = as_crop(given.camera)
    return [] if crop is None else [crop], given


def _scale(given: Given, silhouettes: Silhouettes | None, misplaced: set[str]) -> list[Finding]:
    if given.depth is None:
        return []
    seen = None if "depth mirrored" in misplaced else _apparent(given, silhouettes)
    findings = [] if seen is None else check_scale(seen, stored_step(given.seen))
    is_doubtful = seen is not None and 1 / UNITS < seen.ratio < UNITS and misplaced & WRONG_PLACE
    if findings and not is_doubtful:
        return findings
    finding = check_range(float(np.median(given.seen[given.seen > 0])))
    return [] if finding is None else [finding]


def _apparent(given: Given, silhouettes: Silhouettes | None) -> Apparent | None:
    if given.camera is None or given.depth is None or given.mask is None or silhouettes is None:
        return None
    return apparent_by_silhouettes(given, silhouettes)
