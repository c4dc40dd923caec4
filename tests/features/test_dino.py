"""DINOv2 and DINOv3 maps are timm's own, and their cells lie where they say; weights are random."""

from __future__ import annotations

import functools
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from objpose.errors import InputError
from objpose.features import DinoFeatures

MODEL = "vit_small_patch14_reg4_dinov2"
PATCH = 14
MEAN, STD = (torch.tensor(v).view(3, 1, 1) for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))


@functools.cache
def random_model(name: str = MODEL, local: bool = False, positions: bool = True) -> nn.Module:
    """A timm model with random weights, made once: no test changes it.

    `local` silences its blocks, so that a token sees its patch alone.
    """
    import timm  # seconds, which every worker would pay above

    torch.manual_seed(0)
    model = timm.create_model(name, pretrained=False, num_classes=0, dynamic_img_size=True).eval()
    for key, value in model.state_dict().items():
        if "gamma" in key:  # LayerScale starts at 1e-5: blocks that matter make the test one
            value.fill_(0.0 if local else 0.5)
    if model.pos_embed is not None:
        torch.nn.init.normal_(model.pos_embed, std=1.0 if positions else 0.0)
    return model


def saved(model: nn.Module, file: Path) -> Path:
    if file.suffix == ".safetensors":
        save_file(model.state_dict(), file)
    else:
        torch.save(model.state_dict(), file)
    return file


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return saved(random_model(), tmp_path_factory.mktemp("dino") / "model.safetensors")


@pytest.fixture(scope="module")
def features(weights: Path) -> DinoFeatures:
    return DinoFeatures(MODEL, weights=weights, device="cpu")


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> DinoFeatures:
    """Without attention and without positions: each cell describes the pixels of its own patch."""
    file = tmp_path_factory.mktemp("dino") / "local.safetensors"
    return DinoFeatures(MODEL, weights=saved(random_model(local=True, positions=False), file), device="cpu")


def images(height: int, width: int, count: int = 1) -> Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(0))


def timm_map(model: nn.Module, batch: Tensor, layer: int) -> Tensor:
    """(N, h, w, D) by a hook on the block, none of timm's shortcuts used."""
    kept = []
    handle = model.blocks[layer].register_forward_hook(lambda _, __, output: kept.append(output))
    with torch.no_grad():
        model((batch - MEAN) / STD)
    handle.remove()
    patch = model.patch_embed.patch_size[0]
    tokens = model.norm(kept[0])[:, model.num_prefix_tokens :]
    return tokens.view(len(batch), batch.shape[2] // patch, batch.shape[3] // patch, -1).detach()


@pytest.mark.parametrize("layer", [0, 9, 11])
def test_maps_are_those_of_timm(weights: Path, layer: int):
    maps = DinoFeatures(MODEL, layer=layer, weights=weights, device="cpu")(images(56, 70, 2))
    torch.testing.assert_close(maps.descriptors, timm_map(random_model(), images(56, 70, 2), layer))


@pytest.mark.parametrize("name", ["vit_small_patch14_dinov2", "vit_tiny_patch16_dinov3_qkvb"])
def test_other_families_and_pth_files(name: str, tmp_path: Path):
    """Without registers, and DINOv3: another patch, rotary positions, registers of its own."""
    model = random_model(name)
    patch = model.patch_embed.patch_size[0]
    with pytest.warns(UserWarning, match="licen") if "dinov3" in name else nullcontext():
        found = DinoFeatures(name, weights=saved(model, tmp_path / "model.pth"), device="cpu")
    assert (found.stride, found.layer) == (patch, 9)
    batch = images(4 * patch, 3 * patch)
    maps = found(batch)
    assert (maps.stride, maps.origin) == (patch, (patch - 1) / 2)
    torch.testing.assert_close(maps.descriptors, timm_map(model, batch, 9))


def test_files_of_the_authors_load_too(weights: Path, features: DinoFeatures, tmp_path: Path):
    """Their keys differ from timm's: a mask token, registers by another name, a position for the class."""
    model = random_model()
    state = dict(model.state_dict())
    positions = torch.cat([torch.zeros(1, 1, 384), state.pop("pos_embed")], dim=1)
    state |= {
        "register_tokens": state.pop("reg_token"),
        "mask_token": torch.zeros(1, 384),
        "pos_embed": positions,
    }
    torch.save(state, tmp_path / "dinov2_vits14_reg4_pretrain.pth")
    found = DinoFeatures(MODEL, weights=tmp_path / "dinov2_vits14_reg4_pretrain.pth", device="cpu")
    assert found.name == features.name
    torch.testing.assert_close(found(images(28, 28)).descriptors, features(images(28, 28)).descriptors)


@pytest.mark.parametrize(
    ("name", "layer"),
    [("dinov2-s", 9), ("dinov2-b-reg", 9), ("dinov2-l", 18), ("dinov2-g-reg", 30)],
)
def test_the_layer_is_the_papers_unless_given(name: str, layer: int, monkeypatch):
    def unfilled(model: str, _: Path | None) -> nn.Module:
        import timm

        with torch.device("meta"):
            return timm.create_model(model, pretrained=False, num_classes=0)

    monkeypatch.setattr("objpose.features.dino.load_backbone", unfilled)
    monkeypatch.setattr("objpose.features.dino.fingerprint", lambda _: "0")
    monkeypatch.setattr(nn.Module, "to", lambda self, _: self)
    assert DinoFeatures(name).layer == layer


def test_images_are_normalised_as_in_training(local: DinoFeatures):
    """An image of the mean colour is zero to the model: only the patch embedding's bias is left."""
    maps = local(MEAN.expand(1, 3, 28, 28))
    bias = local.backbone.norm(local.backbone.patch_embed.proj.bias)
    torch.testing.assert_close(maps.descriptors, bias.expand(1, 2, 2, -1), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (2, 3)])
def test_a_cell_is_its_patch_to_the_pixel(local: DinoFeatures, row: int, column: int):
    batch = images(4 * PATCH, 5 * PATCH)
    before = local(batch)
    centre = before.centres()[row, column]
    assert centre.tolist() == [PATCH * column + 6.5, PATCH * row + 6.5]
    reach = torch.tensor([-6.5, 6.5])
    for x, y in torch.cartesian_prod(centre[0] + reach, centre[1] + reach).long().tolist():
        changed = batch.clone()
        changed[0, :, y, x] += 0.5
        moved = (local(changed).descriptors - before.descriptors).abs().amax(-1)[0] > 1e-6
        assert moved.nonzero().tolist() == [[row, column]]


def test_an_image_moved_by_a_patch_has_its_map_moved_by_a_cell(local: DinoFeatures):
    batch = images(4 * PATCH, 5 * PATCH)
    here, there = local(batch), local(batch.roll((PATCH, 2 * PATCH), (2, 3)))
    torch.testing.assert_close(there.descriptors, here.descriptors.roll((1, 2), (1, 2)))


def test_positions_are_interpolated_as_timm_does(tmp_path: Path):
    from timm.layers import resample_abs_pos_embed

    model = random_model(local=True)
    found = DinoFeatures(MODEL, weights=saved(model, tmp_path / "model.safetensors"), device="cpu")
    maps = found(images(5 * PATCH, 8 * PATCH))
    positions = resample_abs_pos_embed(model.pos_embed, (5, 8), num_prefix_tokens=0).view(1, 5, 8, -1)
    with torch.no_grad():
        patches = model.patch_embed.proj((images(5 * PATCH, 8 * PATCH) - MEAN) / STD).permute(0, 2, 3, 1)
        expected = model.norm(patches + positions)
    torch.testing.assert_close(maps.descriptors, expected)


def test_what_is_beyond_the_last_whole_patch_is_not_looked_at(features: DinoFeatures):
    batch = images(3 * PATCH + 13, 2 * PATCH + 1)
    maps = features(batch)
    assert maps.descriptors.shape == (1, 3, 2, 384)
    torch.testing.assert_close(maps.descriptors, features(batch[..., : 3 * PATCH, : 2 * PATCH]).descriptors)


def test_the_batch_is_split_without_a_trace(features: DinoFeatures, monkeypatch):
    whole = features(images(28, 42, 5)).descriptors
    monkeypatch.setattr("objpose.features.dino.MAX_TOKENS", 13)  # two images of 6 tokens
    torch.testing.assert_close(features(images(28, 42, 5)).descriptors, whole, atol=1e-5, rtol=1e-5)
    assert features(images(28, 42)[:0]).descriptors.shape == (0, 2, 3, 384)


def test_the_name_tells_weights_and_layers_apart(weights: Path, features: DinoFeatures, local: DinoFeatures):
    other = DinoFeatures(MODEL, layer=3, weights=weights, device="cpu")
    assert len({features.name, local.name, other.name}) == 3
    assert DinoFeatures(MODEL, weights=weights, device="cpu").name == features.name


def test_weights_of_another_model_are_refused(weights: Path):
    with pytest.raises(
        InputError, match=r"model\.safetensors.*another shape \(cls_token.*vit_base_patch14_reg4"
    ):
        DinoFeatures("vit_base_patch14_reg4_dinov2", weights=weights, device="cpu")


def test_missing_and_unexpected_keys_are_named(tmp_path: Path):
    state = random_model().state_dict()
    state["stray.weight"] = state.pop("blocks.3.ls1.gamma")
    save_file(state, tmp_path / "spoilt.safetensors")
    with pytest.raises(InputError, match=r"1 missing \(blocks.3.ls1.gamma\); 1 unexpected \(stray.weight\)"):
        DinoFeatures(MODEL, weights=tmp_path / "spoilt.safetensors", device="cpu")


@pytest.mark.parametrize("name", ["model.safetensors", "model.pth"])
def test_a_file_that_is_no_weights_is_refused(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(b"<html>not found</html>" * 20)
    with pytest.raises(InputError, match=rf"{name}: found an unreadable file.*weights=<that file>"):
        DinoFeatures(MODEL, weights=tmp_path / name, device="cpu")


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="gone.pth: found no such file"):
        DinoFeatures(MODEL, weights=tmp_path / "gone.pth", device="cpu")


def test_without_weights_and_network_the_error_says_where_they_are(monkeypatch, tmp_path: Path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    expected = (
        r"fetch model\.safetensors of timm/vit_small_patch14_reg4_dinov2.* or dinov2_vits14_reg4_pretrain.pth"
    )
    with pytest.raises(InputError, match=expected):
        DinoFeatures(MODEL, device="cpu")


def test_other_names_and_layers_are_refused(weights: Path):
    with pytest.raises(InputError, match="model: found 'resnet50'"):
        DinoFeatures("resnet50")
    with pytest.raises(InputError, match="layer: found 12, expected 0 to 11"):
        DinoFeatures(MODEL, layer=12, weights=weights, device="cpu")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_bfloat16_on_cuda_gives_nearly_the_same(weights: Path, features: DinoFeatures):
    maps = DinoFeatures(MODEL, weights=weights, device="cuda")(images(224, 224).cuda())
    assert maps.descriptors.is_cuda and maps.descriptors.dtype == torch.float32
    cosine = torch.cosine_similarity(maps.descriptors.cpu(), features(images(224, 224)).descriptors, dim=-1)
    assert float(cosine.min()) > 0.99
