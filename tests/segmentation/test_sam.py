"""Segment Anything from a local file: the network's own numbers, in the frame's own pixels."""

from copy import copy

import pytest
import torch

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import Camera
from objpose.segmentation import Proposal, Sam, SamOptions, segment
from objpose.segmentation.sam import MEAN, SIDE, STD
from tests.segmentation.tabletop import overlap, tabletop
from tests.synthetic import onboarded

EVERYTHING = SamOptions(points_per_side=2, least_quality=-10.0, least_stability=0.0, overlap=0.99)


@pytest.fixture(scope="module")
def network():
    """A MobileSAM with random weights."""
    from kornia.models.sam import Sam as KorniaSam

    torch.manual_seed(0)
    return KorniaSam.from_name("mobile_sam").eval()


@pytest.fixture(scope="module")
def weights(network, tmp_path_factory):
    """Saved as its authors save it."""
    file = tmp_path_factory.mktemp("weights") / "mobile_sam.pt"
    torch.save(network.state_dict(), file)
    return file


@pytest.fixture(scope="module")
def sam(weights):
    return Sam(weights, options=EVERYTHING)


@pytest.fixture(scope="module")
def frame():
    generator = torch.Generator().manual_seed(1)
    rgb = torch.randint(0, 256, (96, 128, 3), dtype=torch.uint8, generator=generator)
    return Frame(rgb, Camera.from_K([100.0, 0, 64, 0, 100, 48, 0, 0, 1], 128, 96))


def test_the_loaded_network_answers_as_the_saved_one(sam, network, frame):
    """The whole path beside kornia's own forward, on a picture that needs no resampling of the prompt."""
    planes = ((frame.rgb.float() - torch.tensor(MEAN)) / torch.tensor(STD)).permute(2, 0, 1)[None]
    planes = torch.nn.functional.interpolate(planes, scale_factor=8, mode="bilinear", antialias=True)
    square = torch.nn.functional.pad(planes, (0, 0, 0, SIDE - planes.shape[2]))
    centre = torch.tensor([[[8 * 40.5 - 0.5, 8 * 30.5 - 0.5]]])
    [expected] = network(square, [{"points": (centre, torch.ones(1, 1))}], multimask_output=True)
    embedding, scale = sam._embedding(frame)
    logits, quality = sam._decoded(embedding, scale, points=torch.tensor([[[40.0, 30.0]]]))
    torch.testing.assert_close(logits, expected.logits)
    torch.testing.assert_close(quality, expected.scores)


def test_prompts_give_one_mask_in_the_frame(sam, frame):
    for mask in (
        sam.mask_from_box(frame, (20, 10, 50, 40)),
        sam.mask_from_points(frame, [[40, 30], [50, 35]]),
    ):
        assert mask.shape == frame.size and mask.dtype == torch.bool


def test_everything_is_ranked_and_distinct(sam, frame):
    found = sam.propose(frame)
    scores = [proposal.score for proposal in found]
    assert found and scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores)
    assert all(proposal.mask.shape == frame.size and proposal.mask.any() for proposal in found)
    for index, one in enumerate(found):
        assert all(overlap(one.mask, other.mask) <= 0.99 for other in found[:index])


def test_what_the_network_doubts_is_left_out(sam, frame):
    strict = copy(sam)
    strict.options = SamOptions(points_per_side=1, least_quality=2.0)
    assert strict.propose(frame) == []


def test_given_proposals_are_labelled_with_the_rest():
    scene = tabletop([("painted_blob", (0.0, 0.0, 0.055), 0.0)])
    bare = Frame(scene.frame.rgb, scene.frame.camera)
    found = segment(bare, [onboarded("painted_blob")], proposals=[Proposal(scene.masks[0], 1.0)])
    assert overlap(found[0].mask, scene.masks[0]) > 0.9


@pytest.mark.parametrize(
    ("content", "found"), [(None, "no such file"), (b"not weights", "something else"), ({}, "something else")]
)
def test_what_is_no_weights_is_an_error(tmp_path, content, found):
    file = tmp_path / "sam.pt"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        torch.save(content, file)
    with pytest.raises(InputError, match=f"{found}.*the weights of mobile_sam; fetch mobile_sam.pt"):
        Sam(file)


def test_an_unknown_variant_is_an_error(weights):
    with pytest.raises(InputError, match="SAM variant: found 'vit_x', expected one of mobile_sam"):
        Sam(weights, "vit_x")


def test_prompts_outside_the_image_are_errors(sam, frame):
    with pytest.raises(InputError, match="^box: found"):
        sam.mask_from_box(frame, (500, 0, 5, 5))
    with pytest.raises(InputError, match="^points: found"):
        sam.mask_from_points(frame, [[500, 0]])
