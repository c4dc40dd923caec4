"""An answer read back and shown: what was written is what is shown, and rivals can be switched to."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from objpose.errors import InputError, InputWarning
from objpose.viewing.estimate_file import read_estimates
from objpose.viewing.estimates import EstimatePanel, show_estimates
from tests.synthetic import WIDTH, onboarded
from tests.viewing.conftest import NAME, estimate


def rewritten(path: Path, **changed: object) -> Path:
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
    return path


def test_what_was_written_is_read(answered: Path) -> None:
    found = read_estimates(answered)
    [one] = found.estimates
    made = estimate(one.cam_from_obj.to(torch.float32))
    assert found.frame.camera.width == WIDTH and set(found.models) == {NAME}
    assert found.models[NAME].content == onboarded(NAME).content
    assert (one.confidence, one.share, one.ambiguity) == (made.confidence, made.share, made.ambiguity)
    assert torch.allclose(one.covariance, made.covariance.double())
    [other] = one.alternatives
    assert other.share == made.alternatives[0].share
    matrices = other.cam_from_obj.matrix(), made.alternatives[0].cam_from_obj.matrix().double()
    assert torch.allclose(*matrices, atol=1e-5)


def test_poses_that_do_not_say_of_what_are_refused(answered: Path) -> None:
    with pytest.raises(InputError, match=r"poses without their inputs.*run objpose estimate again"):
        read_estimates(rewritten(answered, inputs=None))


def test_a_picture_that_is_gone_is_named(answered: Path) -> None:
    (answered.parents[1] / "rgb.png").unlink()
    with pytest.raises(InputError, match="rgb.png"):
        read_estimates(answered)


def test_a_pose_of_another_object_is_refused(answered: Path) -> None:
    [pose] = json.loads(answered.read_text())["poses"]
    with pytest.raises(InputError, match="a pose of spoon"):
        read_estimates(rewritten(answered, poses=[pose | {"object": "spoon"}]))


def test_an_object_that_was_changed_is_told(answered: Path) -> None:
    inputs = json.loads(answered.read_text())["inputs"]
    inputs["objects"][0]["content"] = "0"
    with pytest.warns(InputWarning, match="another object than when the result was made"):
        read_estimates(rewritten(answered, inputs=inputs))


def test_a_rival_can_be_switched_to(server, answered: Path) -> None:
    result = read_estimates(answered)
    panel = EstimatePanel(server, result, 0.6)
    [mesh] = panel.meshes
    here, [rival] = result.estimates[0].cam_from_obj, result.estimates[0].alternatives
    np.testing.assert_allclose(mesh.wxyz, here.rotation.wxyz, atol=1e-6)
    assert len(panel.shells) == 7 and panel.difference.visible
    before = panel.picture.image.copy()
    panel.choose_pose(panel.poses.options[1])
    np.testing.assert_allclose(mesh.wxyz, rival.cam_from_obj.rotation.wxyz, atol=1e-6)
    assert not np.array_equal(panel.picture.image, before)
    assert not panel.shells  # the covariance is not that of the rival
    panel.choose(0)
    np.testing.assert_allclose(mesh.wxyz, here.rotation.wxyz, atol=1e-6)


def test_nothing_found_is_shown_too(server, answered: Path) -> None:
    show_estimates(server, read_estimates(rewritten(answered, poses=[])))
