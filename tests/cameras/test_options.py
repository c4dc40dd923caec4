"""Every option has a reader and a reason, and reaches its room from the caller."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from objpose.cameras import Photo, RecoverOptions, recover_cameras
from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.pairs.options import EvidenceOptions, FocalOptions, PairOptions
from objpose.cameras.placing.options import PlacingOptions, ResectionOptions
from objpose.cameras.scene.options import KeypointOptions
from objpose.cameras.splats.options import SplatOptions
from objpose.geometry import Camera
from tests.cameras.photo_sets import corner_K, draw_corner, few_keypoints, look_at_origin

CAMERAS = Path(__file__).resolve().parents[2] / "objpose" / "cameras"
OPTION_FILES = sorted(CAMERAS.glob("**/options.py"))
FEW = few_keypoints(300)


def option_fields() -> list[tuple[Path, str, int]]:
    """(file, field, line) of all option classes."""
    return [
        (file, node.target.id, node.lineno)
        for file in OPTION_FILES
        for one in ast.walk(ast.parse(file.read_text()))
        if isinstance(one, ast.ClassDef)
        for node in one.body
        if isinstance(node, ast.AnnAssign)
    ]


def test_every_option_is_read_somewhere() -> None:
    read = {
        node.attr
        for file in CAMERAS.glob("**/*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    assert [f"{file.parent.name}: {name}" for file, name, _ in option_fields() if name not in read] == []
    assert len(option_fields()) > 80


def test_every_default_says_its_reason() -> None:
    """On its line, above it, or in what its class is: options of another room."""
    silent = []
    for file, name, line in option_fields():
        lines = file.read_text().splitlines()
        own, above = lines[line - 1], lines[line - 2].strip()
        has_reason = "  # " in own or above.startswith("# ") or own.rstrip().endswith("Options()")
        if not has_reason and name not in ("seed", "offset", "nats", "margin", "calibration"):
            silent.append(f"{file.parent.name}: {name}")
    assert silent == []


@pytest.fixture(scope="module")
def photos() -> list[Photo]:
    camera = Camera.from_K(corner_K(), 400, 300)
    places = look_at_origin(40, 30, 3.0), look_at_origin(50, 34, 3.1)
    return [Photo(f"{index}.png", draw_corner(cam), camera) for index, cam in enumerate(places)]


CHANGES = {
    "pairs": RecoverOptions(pairs=PairOptions(least_matches=100_000)),
    "evidence": RecoverOptions(pairs=PairOptions(evidence=EvidenceOptions(chance_nats=1e6))),
}


@pytest.mark.parametrize("room", CHANGES)
def test_options_of_a_room_reach_it(photos: list[Photo], room: str) -> None:
    """Under each of these no pair can be told from chance."""
    assert recover_cameras(photos, matcher=FEW, options=CHANGES[room]).placed == ()


def test_other_options_change_what_they_are_for(photos: list[Photo]) -> None:
    usual = recover_cameras(photos, matcher=FEW, options=RecoverOptions(threads=1))
    options = RecoverOptions(
        threads=1,
        keypoints=KeypointOptions(tolerance_px=3.0),
        placing=PlacingOptions(resection=ResectionOptions(least_points=100_000, hypotheses=0)),
        answer=AnswerOptions(doubted=1.1),
        splats=SplatOptions(trusted=1.1),
    )
    other = recover_cameras(photos, matcher=FEW, options=options)
    assert [photo.reason for photo in usual.photos] == [None, None]
    assert all("nats" in photo.reason for photo in other.photos)
    assert other.options is options
    assert other.photos[0].evidence != usual.photos[0].evidence
    assert not any(photo.alternatives for photo in other.photos)


def test_photos_of_nothing_have_the_usual_focal_length() -> None:
    grey = [Photo(f"{index}.png", np.full((30, 40, 3), 99, np.uint8)) for index in range(2)]
    found = recover_cameras(grey, options=RecoverOptions(focal=FocalOptions(usual=2.0)))
    assert [photo.camera.fx for photo in found.photos] == [80.0, 80.0]
