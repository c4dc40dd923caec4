"""The benchmarks run, at their smallest size, and return what they print."""

from __future__ import annotations

import json
from collections import defaultdict

import pytest
import torch

from objpose.features import DinoFeatures, PatchDescriptor
from objpose.geometry import SE3, Symmetry
from objpose.nocs import NetworkOptions, PoseNet
from tests.bop_set import make_bop_set, mask_counts, put_json
from tests.synthetic import REAL, looking, make_scene, onboarded


@pytest.fixture
def box_case():
    """A detection of the printed box."""
    import choice

    model = onboarded("printed_box")
    scene = make_scene(model.mesh, looking(4), REAL)
    truth = model.cam_from_obj(scene.cam_from_obj)
    return choice.Case("box", model, scene.frame, scene.mask, torch.zeros_like(scene.mask), [truth])


@pytest.mark.slow("onboards objects, and registers by Open3D twice")
def test_registration_runs(capsys):
    import registration

    records = registration.main(["--scenes", "1", "--seed", "4", "--iterations", "1000"])
    assert set(records) == {registration.OURS, "Open3D 2.5% 1k", "Open3D 3.5% 1k"}
    assert all(len(record.errors) == len(record.seconds) == 1 for record in records.values())
    assert max(records[registration.OURS].errors) < 0.1
    printed = capsys.readouterr().out
    assert all(name in printed for name in records)


@pytest.mark.slow("onboards ten objects, and draws and estimates whole scenes")
def test_calibration_runs(capsys):
    import calibration

    fitted, held_out = calibration.main(["--scenes", "2", "--held-out", "1"])
    assert len(fitted) == 2
    assert len(held_out) == 1
    printed = capsys.readouterr().out
    assert "intercept=" in printed and "outline_error=0.0" in printed
    assert "expected calibration error" in printed


@pytest.mark.slow("estimates by every method of its table")
def test_categories_runs(capsys):
    import categories

    rows = categories.main(["drawn", "--targets", "2"])
    assert [set(row.found) for row in rows] == [set(categories.METHODS)] * 2
    printed = capsys.readouterr().out
    assert "visible box" in printed and "expected calibration error" in printed


@pytest.mark.slow("measures every descriptor")
def test_features_runs(capsys):
    import features

    costs = features.main(["--models", "patches", "--sizes", "48", "--repeats", "1"])
    assert {case.size for case in costs} == {48}
    assert all(cost.milliseconds > 0 and cost.megabytes >= 0 for cost in costs.values())
    assert "patches" in capsys.readouterr().out


def test_patch_matches_run(capsys):
    import patch_matches

    outcomes = patch_matches.main(["--scenes", "1"])
    assert set(outcomes) == {"patches", "mini"}
    assert all(0.2 < found.right < 1.0 and found.mutual > 1 for found in outcomes.values())
    assert "mini" in capsys.readouterr().out


def test_lookalikes_run(capsys, tmp_path):
    import lookalikes

    rows = lookalikes.main(["--pairs", "2", "--keep", str(tmp_path / "pairs.pkl")])
    assert len(rows) == 2
    assert all(20 <= row.size <= 200 and 0 <= row.share <= 1 for row in rows)
    assert (tmp_path / "pairs.pkl").stat().st_size > 0
    assert "told apart" in capsys.readouterr().out


@pytest.mark.slow("makes two sets and estimates in both, with and without depth")
def test_bop_reliability_takes_several_sets_and_tells_wrong_labels(capsys, tmp_path):
    import bop_reliability

    roots = [make_bop_set(tmp_path / name, images=[(1, 0)]) for name in ("one", "two")]
    for root in roots:
        detections = json.loads((root / "detections.json").read_text())
        for detection in detections:  # four columns, where the truth is five rows
            detection["segmentation"]["counts"] = mask_counts(240, 96)
        put_json(root / "detections.json", detections)
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects" / "two").symlink_to("one")  # the cubes of both are the same, and onboarded once
    outcomes = bop_reliability.main([*map(str, roots), "--objects", str(tmp_path / "objects")])
    assert len(outcomes) == 4
    assert all(o.wrong_label and not o.right and not o.close for o in outcomes)
    printed = capsys.readouterr().out
    assert all(text in printed for text in ("one", "two", "together", "of 4 above 0.5"))


def test_choice_tells_where_the_right_pose_is_lost(capsys, box_case):
    """With depth the answer is one of the rivals, so that no stage before can be worse than what follows."""
    import choice

    case = box_case
    trace = choice.traced(case, "rgbd")
    found = {stage: float(choice.recall(*choice.errors(case, at)).max()) for stage, at in trace.poses.items()}
    kept, moved = (found[f"settled, {word}"] for word in ("kept", "moved"))
    assert moved >= kept and found["refined"] >= found["chosen"] == found["answer"] > 0.8
    away = SE3.exp(torch.tensor([1.0, 0.0, 0.0, 0.0, 0.0, 0.0])) @ trace.poses["answer"]
    assert float(choice.recall(*choice.errors(case, away))) == 0
    choice.print_lost(case, trace)
    assert "chosen MSSD 0.0" in capsys.readouterr().out


@pytest.mark.slow("fifteen mistakes in each of some detections")
def test_wrong_inputs_are_no_more_sure_than_right_ones(capsys):
    """Of one detection: each mistake is made, and no wrong answer is sure of itself."""
    import wrong_inputs

    model = onboarded("printed_box")
    scene = make_scene(model.mesh, looking(4), REAL)
    case = wrong_inputs.Case(scene.frame, scene.mask, model, model, Symmetry.none(), [scene.cam_from_obj])
    found = {
        name: wrong_inputs.answered([change(case)], "rgbd") for name, change in wrong_inputs.MISTAKES.items()
    }
    ((estimate, right),) = found.pop("none")
    assert right and estimate.confidence > 0.9
    for name, answers in found.items():
        assert name == "depth x 1.05" or all(right or each.confidence < 0.9 for each, right in answers)
    wrong_inputs.show(found)
    assert "mesh x 0.85" in capsys.readouterr().out


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_slivers_leave_little_of_a_mask_and_the_rest_as_it_was(seed: int) -> None:
    import slivers
    import wrong_inputs

    model = onboarded("printed_box")
    scenes = [make_scene(model.mesh, looking(each), REAL) for each in (1, 4)]
    case, other = (
        wrong_inputs.Case(scene.frame, scene.mask, model, model, Symmetry.none(), [scene.cam_from_obj])
        for scene in scenes
    )
    generator, whole = torch.Generator().manual_seed(seed), int(case.mask.sum())
    cut, behind = slivers.at_border(case, generator), slivers.hidden(case, other, generator)
    centre = case.truths[0].apply(model.mesh.bounds().mean(0))
    assert cut is not None and 0.02 * whole < int(cut.case.mask.sum()) < 0.25 * whole
    place, before = (one.frame.camera.project(centre) for one in (cut.case, case))
    top_left = before - place  # of the window in the frame: its corner shows the pixel that was there
    assert torch.equal(cut.case.frame.rgb[0, 0], case.frame.rgb[tuple(top_left.round().long().flip(0))])
    assert behind is not None and 0 < int(behind.case.mask.sum()) < 0.2 * whole
    hiding, (now, was) = behind.hiding, (behind.case.frame, case.frame)
    assert not bool((hiding & behind.case.mask).any()) and torch.equal(now.rgb[~hiding], was.rgb[~hiding])
    over = hiding & case.mask & (was.depth > 0) & (now.depth > 0)
    assert float((now.depth < was.depth)[over].float().mean()) > 0.8  # it lies before the object


@pytest.mark.slow("onboards, and estimates by three methods: eight CPU seconds")
def test_the_table_of_features_tells_of_each(capsys, box_case):
    import with_dinov2

    rows = with_dinov2.table([box_case], {"patches": PatchDescriptor()})
    assert rows["none"].rgbd[0] > 0.8 and not rows["none"].rgb
    row = rows["patches"]
    assert row.rgb[0] > 0.8 and row.rgbd[0] > 0.8 and row.top == [1.0]
    assert "patches" in capsys.readouterr().out


@pytest.mark.slow("798 templates through a vision transformer, some CPU minutes")
def test_the_table_takes_dinov2(capsys, tmp_path, box_case):
    """By weights of the right shapes, at random."""
    import timm
    import with_dinov2
    from safetensors.torch import save_file

    torch.manual_seed(0)
    network = timm.create_model("vit_small_patch14_dinov2", num_classes=0, dynamic_img_size=True)
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    dino = DinoFeatures("dinov2-s", weights=tmp_path / "weights.safetensors", device="cpu")
    rows = with_dinov2.table([box_case], {"dinov2-s": dino})
    assert 0 <= rows["dinov2-s"].rgb[0] <= 1 and rows["dinov2-s"].rgbd[0] > 0.8
    assert "dinov2-s" in capsys.readouterr().out


def test_splat_cores_run(capsys):
    """The core against itself."""
    import splat_cores

    from objpose.raster.cpu import library

    load = library.load
    ratios = splat_cores.main([str(library.library_path()), "--rounds", "2"])
    assert library.load is load
    assert all(ratio > 0 for ratio in ratios.values()) and len(ratios) == 7
    printed = capsys.readouterr().out
    assert all(name in printed for name in ratios)


def test_nocs_variants_run(capsys):
    import nocs_variants

    reports = nocs_variants.main(["--images", "3"])
    assert list(reports) == ["nocs-original", "aabb-fixed", "oriented"]
    assert reports["nocs-original"].figures["IoU75"] > reports["oriented"].figures["IoU75"]
    assert "oriented" in capsys.readouterr().out


def test_pose_net_runs(box_case, capsys):
    import pose_net

    rows: dict[str, list[float]] = defaultdict(list)
    pose_net.judge(box_case, PoseNet(NetworkOptions(width=8)).eval(), "rgbd", rows, alone=False)
    assert rows["answer without: right"] == rows["answer with: right"] == [1.0]
    pose_net.report({"box": rows})
    assert "one is right" in capsys.readouterr().out
