"""A Zero123-like model of a few random weights, in the files of a real one, as a prior."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.splatting import KnownViews, SceneFitOptions, ScorePrior, fit_scene
from objpose.splatting.novel.diffusion import DiffusionPrior
from tests.splatting.test_scene_fit import CAMERA, camera_at, scene

EMBEDDING = 8
SIZE = 32


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in diffusers' layout, as a download has it, tiny."""
    diffusers = pytest.importorskip("diffusers", reason="needs pip install 'objpose[diffusion]'")
    transformers = pytest.importorskip("transformers", reason="needs pip install 'objpose[diffusion]'")
    from safetensors.torch import save_file

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("zero123")
    diffusers.UNet2DConditionModel(
        sample_size=SIZE // 8, in_channels=8, out_channels=4, block_out_channels=(8, 16), norm_num_groups=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), layers_per_block=1, attention_head_dim=4,
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=EMBEDDING,
    ).save_pretrained(folder / "unet")  # fmt: skip
    diffusers.AutoencoderKL(
        block_out_channels=(4, 4, 8, 8), latent_channels=4, norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    ).save_pretrained(folder / "vae")  # fmt: skip
    config = transformers.CLIPVisionConfig(
        hidden_size=16, intermediate_size=16, projection_dim=EMBEDDING, num_hidden_layers=1,
        num_attention_heads=2, image_size=32, patch_size=16,
    )  # fmt: skip
    transformers.CLIPVisionModelWithProjection(config).save_pretrained(folder / "image_encoder")
    diffusers.DDIMScheduler().save_pretrained(folder / "scheduler")
    (folder / "clip_camera_projection").mkdir()
    layer = torch.nn.Linear(EMBEDDING + 18, EMBEDDING)
    values = {"proj.weight": layer.weight.detach(), "proj.bias": layer.bias.detach()}
    save_file(values, folder / "clip_camera_projection" / "diffusion_pytorch_model.safetensors")
    return folder


def known(count: int) -> KnownViews:
    views, cams, points, seen = scene()
    return KnownViews(views[:count], cams[:count], points, seen[:count])


def pulled(prior: DiffusionPrior, views: KnownViews, at: SE3) -> torch.Tensor:
    picture = torch.full((CAMERA.height, CAMERA.width, 3), 0.4)
    return prior.pull(views, picture, CAMERA, at, torch.Generator().manual_seed(3))


def test_the_pull_is_of_the_picture_and_the_same_for_a_seed(weights: Path) -> None:
    prior = DiffusionPrior(weights, size=SIZE, device="cpu")
    assert isinstance(prior, ScorePrior)
    one = pulled(prior, known(2), camera_at(0.0))
    assert one.shape == (CAMERA.height, CAMERA.width, 3) and bool(torch.isfinite(one).all())
    beside = (CAMERA.width - CAMERA.height) // 2
    assert bool((one[:, :beside] == 0).all()) and float(one[:, beside:-beside].abs().max()) > 0
    assert torch.equal(one, pulled(prior, known(2), camera_at(0.0)))


def test_the_new_camera_counts_and_so_does_every_photo(weights: Path) -> None:
    prior = DiffusionPrior(weights, size=SIZE, device="cpu")
    here = pulled(prior, known(2), camera_at(0.0))
    assert not torch.equal(here, pulled(prior, known(2), camera_at(0.2)))
    assert not torch.equal(here, pulled(prior, known(1), camera_at(0.0)))


def test_a_prior_of_one_scene_serves_another(weights: Path) -> None:
    used, fresh = (DiffusionPrior(weights, size=SIZE, device="cpu") for _ in range(2))
    pulled(used, known(2), camera_at(0.0))
    views, cams, points, seen = scene()
    other = KnownViews(views[2:], cams[2:], points, seen[2:])
    assert torch.equal(pulled(used, other, camera_at(0.0)), pulled(fresh, other, camera_at(0.0)))


def test_photos_that_are_the_same_say_what_one_says(weights: Path) -> None:
    one = known(1)
    assert one.cam_from_world is not None
    cams = SE3(one.cam_from_world.wxyz_xyz.repeat(2, 1))
    twice = KnownViews([one.views[0]] * 2, cams, one.points, one.seen.repeat(2, 1))
    priors = [DiffusionPrior(weights, size=SIZE, device="cpu") for _ in range(2)]
    single, double = (
        pulled(prior, views, camera_at(0.0)) for prior, views in zip(priors, (one, twice), strict=True)
    )
    torch.testing.assert_close(single, double)


def test_a_scene_is_fitted_with_it(weights: Path) -> None:
    views, cams, points, seen = scene()
    prior = DiffusionPrior(weights, size=SIZE, device="cpu")
    quick = SceneFitOptions(steps=8, size=32, start=200, most=300, round_steps=4)
    with_, without = (fit_scene(views, cams, points, seen, quick, prior=one) for one in (prior, None))
    assert bool(torch.isfinite(with_.means).all()) and not torch.equal(with_.sh, without.sh)


def test_a_folder_without_a_part_and_a_strange_code_are_refused(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder 'unet'"):
        DiffusionPrior(tmp_path)
    from safetensors.torch import save_file

    for name in ("unet", "vae", "image_encoder", "scheduler"):
        (tmp_path / name).symlink_to(weights / name)
    (tmp_path / "clip_camera_projection").mkdir()
    file = tmp_path / "clip_camera_projection" / "diffusion_pytorch_model.safetensors"
    with pytest.raises(InputError, match="no such file"):
        DiffusionPrior(tmp_path)
    save_file({"proj.weight": torch.zeros(8, 15), "proj.bias": torch.zeros(8)}, file)
    with pytest.raises(InputError, match="7 numbers"):
        DiffusionPrior(tmp_path, device="cpu")
