"""OBJ, GLB and STL: written meshes read back, scenes come flattened, damage is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from objpose.errors import InputError, InputWarning
from objpose.geometry import Mesh
from objpose.io import read_mesh, write_mesh
from tests.bop_set import CORNERS, FACES, cube

FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
DRAW = np.random.default_rng(0)
TEXTURE = DRAW.integers(0, 256, (4, 6, 3), dtype=np.uint8)
UVS = DRAW.random((8, 2), dtype=np.float32)


def textured_cube() -> Mesh:
    return cube(uvs=torch.from_numpy(UVS), texture=torch.from_numpy(TEXTURE))


def corner_points(mesh: Mesh) -> torch.Tensor:
    return mesh.vertices[mesh.faces].reshape(-1, 3)


@pytest.mark.parametrize("suffix", [".obj", ".glb"])
def test_textured_mesh_reads_back(tmp_path: Path, suffix: str) -> None:
    mesh = textured_cube()
    write_mesh(tmp_path / f"m{suffix}", mesh)
    again = read_mesh(tmp_path / f"m{suffix}")
    torch.testing.assert_close(corner_points(again), corner_points(mesh))
    torch.testing.assert_close(again.uvs[again.faces], mesh.uvs[mesh.faces], atol=1e-6, rtol=0)
    assert torch.equal(again.texture, mesh.texture)


@pytest.mark.parametrize("suffix", [".obj", ".glb"])
def test_vertex_colors_read_back(tmp_path: Path, suffix: str) -> None:
    colors = torch.from_numpy(DRAW.integers(0, 256, (8, 3))).float() / 255
    write_mesh(tmp_path / f"m{suffix}", cube(vertex_colors=colors))
    again = read_mesh(tmp_path / f"m{suffix}")
    torch.testing.assert_close(
        again.vertex_colors[again.faces], colors[torch.from_numpy(FACES)], atol=1e-6, rtol=0
    )


@pytest.mark.parametrize("suffix", [".obj", ".glb"])
def test_plain_mesh_has_no_colors(tmp_path: Path, suffix: str) -> None:
    write_mesh(tmp_path / f"m{suffix}", cube())
    assert read_mesh(tmp_path / f"m{suffix}").color_source == "none"


def test_stl_reads(tmp_path: Path) -> None:
    trimesh.Trimesh(CORNERS, FACES, process=False).export(tmp_path / "m.stl")
    torch.testing.assert_close(
        corner_points(read_mesh(tmp_path / "m.stl")), torch.from_numpy(CORNERS)[FACES].reshape(-1, 3)
    )


def test_obj_quads_and_seams(tmp_path: Path) -> None:
    (tmp_path / "q.obj").write_text("v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 2 2 1\nf 1 2 3 4\nf -4 -1 -3\n")
    mesh = read_mesh(tmp_path / "q.obj")
    areas = mesh.face_normals()[1]
    assert len(mesh.faces) == 3 and abs(float(areas[:2].sum()) - 1) < 1e-6


def test_glb_scene_is_flattened_with_its_transforms(tmp_path: Path) -> None:
    part = trimesh.Trimesh(CORNERS, FACES, process=False)
    scene = trimesh.Scene()
    moved = trimesh.transformations.translation_matrix([10, 0, 0])
    scene.add_geometry(part, node_name="a", geom_name="cube")
    scene.add_geometry(part, node_name="b", geom_name="cube", transform=moved)
    scene.export(tmp_path / "s.glb")
    mesh = read_mesh(tmp_path / "s.glb")
    assert mesh.bounds().tolist() == [[-1, -1, -1], [11, 1, 1]] and len(mesh.faces) == 24


def test_mirrored_part_keeps_its_outside(tmp_path: Path) -> None:
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.Trimesh(CORNERS, FACES, process=False), transform=np.diag([-1.0, 1, 1, 1]))
    scene.export(tmp_path / "s.glb")
    samples = read_mesh(tmp_path / "s.glb").sample_surface(100, seed=0)
    assert bool(((samples.points * samples.normals).sum(1) > 0).all())


def scene_of(*visuals: object) -> trimesh.Scene:
    """Cubes side by side along x, 10 apart, one for each visual."""
    scene = trimesh.Scene()
    for i, visual in enumerate(visuals):
        part = trimesh.Trimesh(CORNERS, FACES, process=False, visual=visual)
        scene.add_geometry(part, transform=trimesh.transformations.translation_matrix([10 * i, 0, 0]))
    return scene


def textured(color: tuple[int, int, int], uvs: np.ndarray = UVS) -> trimesh.visual.TextureVisuals:
    picture = Image.fromarray(np.full((5, 7, 3), color, np.uint8))
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=picture)
    return trimesh.visual.TextureVisuals(uv=uvs, material=material)


def colors_near(mesh: Mesh, x: float) -> torch.Tensor:
    samples = mesh.sample_surface(300, seed=0)
    return samples.colors[(samples.points[:, 0] - x).abs() < 1.5]


def test_several_textures_share_an_atlas(tmp_path: Path) -> None:
    scene_of(textured((255, 0, 0)), textured((0, 0, 255))).export(tmp_path / "s.glb")
    mesh = read_mesh(tmp_path / "s.glb")
    assert mesh.color_source == "texture"
    red, blue = colors_near(mesh, 0), colors_near(mesh, 10)
    torch.testing.assert_close(red, torch.tensor([1.0, 0, 0]).expand_as(red), atol=0.01, rtol=0)
    torch.testing.assert_close(blue, torch.tensor([0.0, 0, 1]).expand_as(blue), atol=0.01, rtol=0)


def test_a_repeating_texture_beside_another_is_written_out(tmp_path: Path) -> None:
    scene_of(textured((255, 0, 0), UVS * 3), textured((0, 0, 255))).export(tmp_path / "s.glb")
    mesh = read_mesh(tmp_path / "s.glb")
    assert mesh.color_source == "texture"
    red, blue = colors_near(mesh, 0), colors_near(mesh, 10)
    torch.testing.assert_close(red, torch.tensor([1.0, 0, 0]).expand_as(red), atol=0.01, rtol=0)
    torch.testing.assert_close(blue, torch.tensor([0.0, 0, 1]).expand_as(blue), atol=0.01, rtol=0)


@pytest.fixture(scope="module")
def whole_glb(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("glb") / "m.glb"
    write_mesh(path, textured_cube())
    return path.read_bytes()


@FUZZ
@given(share=st.floats(0, 1, exclude_max=True))
def test_every_glb_truncation_is_refused(tmp_path: Path, whole_glb: bytes, share: float) -> None:
    (tmp_path / "cut.glb").write_bytes(whole_glb[: int(share * len(whole_glb))])
    with pytest.raises(InputError, match="cut.glb"):
        read_mesh(tmp_path / "cut.glb")


@FUZZ
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_a_changed_glb_byte_is_read_or_refused(
    tmp_path: Path, whole_glb: bytes, place: float, value: int
) -> None:
    content = bytearray(whole_glb)
    content[int(place * len(content))] = value
    (tmp_path / "changed.glb").write_bytes(bytes(content))
    try:
        assert len(read_mesh(tmp_path / "changed.glb").faces) > 0
    except InputError as error:
        assert "changed.glb" in str(error)


BAD_OBJ = {
    "short vertex": ("v 0 0\n", "line 4: found 2 values after `v`"),
    "short face": ("f 1 2\n", "line 4: found 2 values after `f`"),
    "no number": ("v 0 x 0\n", "line 4"),
    "face past the vertices": ("f 1 2 9\n", "bad.obj"),
    "no faces": ("", "bad.obj"),
    "nan": ("v nan 0 0\nf 1 2 4\n", "bad.obj"),
}


@pytest.mark.parametrize("name", BAD_OBJ)
def test_malformed_obj_is_named_with_the_place(tmp_path: Path, name: str) -> None:
    lines, message = BAD_OBJ[name]
    (tmp_path / "bad.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n" + lines)
    with pytest.raises(InputError, match="bad.obj") as caught:
        read_mesh(tmp_path / "bad.obj")
    assert message in str(caught.value)


def test_missing_obj_texture_is_named(tmp_path: Path) -> None:
    write_mesh(tmp_path / "m.obj", textured_cube())
    [picture] = tmp_path.glob("*.png")
    picture.unlink()
    with pytest.warns(InputWarning, match="map_Kd .*png, which is missing"):
        mesh = read_mesh(tmp_path / "m.obj")
    assert mesh.color_source == "none" and len(mesh.faces) == 12


@pytest.mark.parametrize("name", ["m.step", "m", "gone.ply", "folder.ply"])
def test_what_is_no_mesh_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.ply").mkdir()
    with pytest.raises(InputError, match=name):
        read_mesh(tmp_path / name)


def test_unknown_suffix_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=".xyz"):
        write_mesh(tmp_path / "m.xyz", cube())
    assert list(tmp_path.iterdir()) == []
