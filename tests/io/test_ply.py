"""PLY: written meshes read back, the field's other forms read too, cut-off and wrong files are refused."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from objpose.errors import InputError, InputWarning
from objpose.geometry import Mesh
from objpose.io import read_mesh, read_mesh_file, write_image, write_mesh
from tests.bop_set import CORNERS, FACES, cube

FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
TEXTURE = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)

ASCII_QUAD = """ply
format ascii 1.0
comment a square and a triangle
element vertex 5
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
element face 2
property list uchar int vertex_indices
end_header
0 0 0 255 0 0
1 0 0 0 255 0
1 1 0 0 0 255
0 1 0 51 102 153
2 2 1 0 0 0
4 0 1 2 3
3 1 4 2
"""


def put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def textured_cube() -> Mesh:
    uvs = torch.from_numpy(np.random.default_rng(1).random((8, 2), dtype=np.float32))
    return cube(uvs=uvs, texture=torch.from_numpy(TEXTURE))


def binary_mixed(byte_order: str) -> bytes:
    """The mesh of ASCII_QUAD, without colours, in binary."""
    name = {"<": "little", ">": "big"}[byte_order]
    header = (
        f"ply\nformat binary_{name}_endian 1.0\nelement vertex 5\nproperty double x\nproperty double y\n"
        "property double z\nelement face 2\nproperty list uchar uint vertex_index\nend_header\n"
    )
    points = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (2, 2, 1)]
    rows = b"".join(struct.pack(byte_order + "3d", *point) for point in points)
    faces = struct.pack(byte_order + "B4I", 4, 0, 1, 2, 3) + struct.pack(byte_order + "B3I", 3, 1, 4, 2)
    return header.encode() + rows + faces


def corner_uv_ply(folder: Path, kind: str) -> Path:
    """Two triangles that share an edge but not its texture coordinates: a seam."""
    write_image(folder / "seam.png", TEXTURE)
    corners = [[0.0, 0.0, 1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.5, 0.5, 0.0, 1.0]]
    header = (
        f"ply\nformat {kind} 1.0\ncomment TextureFile seam.png\nelement vertex 4\nproperty float x\n"
        "property float y\nproperty float z\nelement face 2\nproperty list uchar int vertex_indices\n"
        "property list uchar float texcoord\nend_header\n"
    )
    points, faces = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], [(0, 1, 2), (0, 2, 3)]
    if kind == "ascii":
        lines = [" ".join(map(str, point)) for point in points]
        lines += [
            "3 {} {} {} 6 ".format(*f) + " ".join(map(str, uv)) for f, uv in zip(faces, corners, strict=True)
        ]
        return put(folder / "seam.ply", header + "\n".join(lines) + "\n")
    rows = b"".join(struct.pack("<3f", *point) for point in points)
    rows += b"".join(struct.pack("<B3iB6f", 3, *f, 6, *uv) for f, uv in zip(faces, corners, strict=True))
    return put(folder / "seam.ply", header.encode() + rows)


def test_ascii_polygons_become_triangles_with_colors(tmp_path: Path) -> None:
    mesh = read_mesh(put(tmp_path / "quad.ply", ASCII_QUAD))
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3], [1, 4, 2]]
    assert mesh.color_source == "vertex"
    torch.testing.assert_close(mesh.vertex_colors[3], torch.tensor([0.2, 0.4, 0.6]))
    assert mesh.vertices[4].tolist() == [2, 2, 1]


@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_binary_triangles_and_quads_mixed(tmp_path: Path, byte_order: str) -> None:
    mesh = read_mesh(put(tmp_path / "mixed.ply", binary_mixed(byte_order)))
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3], [1, 4, 2]]
    assert mesh.vertices[4].tolist() == [2, 2, 1]


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian"])
def test_texture_coordinates_of_corners_split_the_seam(tmp_path: Path, kind: str) -> None:
    mesh = read_mesh(corner_uv_ply(tmp_path, kind))
    assert mesh.color_source == "texture" and mesh.texture.numpy().tolist() == TEXTURE.tolist()
    corners = mesh.vertices[mesh.faces].reshape(-1, 3).tolist()
    assert corners == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 0, 0], [1, 1, 0], [0, 1, 0]]
    uvs = mesh.uvs[mesh.faces].reshape(-1, 2).tolist()
    assert uvs == [[0, 0], [1, 0], [1, 1], [0, 0], [0.5, 0.5], [0, 1]]
    assert len(mesh.vertices) == 5  # (1, 1, 0) lies on the seam with two coordinates, (0, 0, 0) with one


@pytest.mark.parametrize("names", [("texture_u", "texture_v"), ("u", "v"), ("s", "t")])
def test_names_of_vertex_texture_coordinates(tmp_path: Path, names: tuple[str, str]) -> None:
    write_image(tmp_path / "cube texture.png", TEXTURE)
    lines = ["ply", "format ascii 1.0", "comment TextureFile cube texture.png", "element vertex 3"]
    lines += [f"property float {name}" for name in (*"xyz", *names)]
    lines += ["element face 1", "property list uchar int vertex_indices", "end_header"]
    lines += ["0 0 0 0 0.25", "1 0 0 1 0.5", "0 1 0 0 1", "3 0 1 2"]
    mesh = read_mesh(put(tmp_path / "cube.ply", "\n".join(lines)))
    assert mesh.uvs.tolist() == [[0, 0.25], [1, 0.5], [0, 1]]


@FUZZ
@given(
    points=st.lists(st.tuples(*[st.floats(-1e3, 1e3, width=32)] * 3), min_size=3, max_size=20),
    seed=st.integers(0, 2**16),
    colored=st.booleans(),
)
def test_written_meshes_read_back_exactly(tmp_path: Path, points: list, seed: int, colored: bool) -> None:
    draw = np.random.default_rng(seed)
    vertices = torch.tensor(points, dtype=torch.float32)
    faces = torch.from_numpy(draw.integers(0, len(points), (7, 3)))
    colors = torch.from_numpy(draw.integers(0, 256, (len(points), 3))).float() / 255 if colored else None
    write_mesh(tmp_path / "m.ply", Mesh(vertices, faces, vertex_colors=colors))
    read = read_mesh_file(tmp_path / "m.ply")
    mesh, origin = read.mesh, torch.from_numpy(read.origin)  # of one that is small for where it lies
    back = (mesh.vertices.double() + origin).float()
    assert torch.equal(back[faces], vertices[faces]) and torch.equal(mesh.faces, faces)
    assert origin.any() or torch.equal(mesh.vertices, vertices)
    assert (mesh.vertex_colors is None) if colors is None else torch.allclose(mesh.vertex_colors, colors)


def test_textured_mesh_reads_back_exactly(tmp_path: Path) -> None:
    mesh = textured_cube()
    write_mesh(tmp_path / "m.ply", mesh)
    again = read_mesh(tmp_path / "m.ply")
    assert torch.equal(again.vertices, mesh.vertices) and torch.equal(again.uvs, mesh.uvs)
    assert torch.equal(again.texture, mesh.texture)


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """One file of each kind; a cut of any of them must be noticed."""
    folder = tmp_path_factory.mktemp("whole")
    write_mesh(folder / "plain.ply", cube())
    corner_uv_ply(folder, "binary_little_endian")
    return [
        (folder / "plain.ply").read_bytes(),
        (folder / "seam.ply").read_bytes(),
        binary_mixed("<"),
        binary_mixed(">"),
        ASCII_QUAD.encode().rstrip(b"2\n"),  # the last number itself may be cut unseen
    ]


@FUZZ
@given(which=st.integers(0, 4), share=st.floats(0, 1, exclude_max=True))
def test_every_truncation_is_refused(
    tmp_path: Path, whole_files: list[bytes], which: int, share: float
) -> None:
    content = whole_files[which]
    path = put(tmp_path / "cut.ply", content[: int(share * len(content))])
    with pytest.raises(InputError, match="cut.ply"):
        read_mesh(path)


@FUZZ
@given(which=st.integers(0, 3), place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_a_changed_byte_is_read_or_refused(
    tmp_path: Path, whole_files: list[bytes], which: int, place: float, value: int
) -> None:
    content = bytearray(whole_files[which])
    content[int(place * len(content))] = value
    write_image(tmp_path / "seam.png", TEXTURE)
    path = put(tmp_path / "changed.ply", bytes(content))
    try:
        assert len(read_mesh(path).faces) > 0
    except InputError as error:
        assert "changed.ply" in str(error)


def test_truncation_says_what_was_found_and_declared(tmp_path: Path) -> None:
    write_mesh(tmp_path / "m.ply", cube())
    whole = (tmp_path / "m.ply").read_bytes()
    path = put(tmp_path / "cut.ply", whole[:-20])
    with pytest.raises(InputError, match="cut.ply: found 10 whole face rows, expected the declared 12"):
        read_mesh(path)


EDITS = {
    "nan vertex": ("2 2 1 0", "2 nan 1 0", "vertices row 4"),
    "vertex beyond single precision": ("2 2 1 0", "2 1e300 1 0", "vertices row 4"),
    "face past the vertices": ("3 1 4 2", "3 1 5 2", "indices 0 to 4"),
    "negative index": ("3 1 4 2", "3 1 -4 2", "indices 0 to 4"),
    "no number": ("2 2 1 0", "2 two 1 0", "vertex rows"),
    "face of two vertices": ("3 1 4 2", "2 1 4", "face 1 with 2 vertices"),
    "too few in a list": ("3 1 4 2", "4 1 4 2", "face row 1"),
    "too many values": ("3 1 4 2", "3 1 4 2 7", "face row 1"),
    "more rows than declared": ("3 1 4 2", "3 1 4 2\n3 0 1 2", "1 lines after"),
    "fewer rows than declared": ("element face 2", "element face 3", "the declared 3"),
    "no faces": ("element face 2\n", "element face 0\n", "2 lines after"),
    "no face element": ("element face 2\nproperty list uchar int vertex_indices\n", "", "lines after"),
    "unknown format": ("format ascii 1.0", "format utf8 1.0", "line 2"),
    "unknown type": ("property float y", "property float128 y", "line 6"),
    "no coordinate": ("property float z", "property float w", "'z'"),
    "faces not a list": (
        "property list uchar int vertex_indices",
        "property int vertex_indices",
        "face row 0",
    ),
    "not a PLY": ("ply\n", "solid\n", "starts with"),
    "garbage in the header": ("comment a square", "komment a square", "line 3"),
}


@pytest.mark.parametrize("name", EDITS)
def test_malformed_files_are_named_with_the_place(tmp_path: Path, name: str) -> None:
    old, new, message = EDITS[name]
    assert old in ASCII_QUAD
    path = put(tmp_path / "bad.ply", ASCII_QUAD.replace(old, new, 1))
    with pytest.raises(InputError, match="bad.ply") as caught:
        read_mesh(path)
    assert message in str(caught.value)


def test_no_faces_is_refused(tmp_path: Path) -> None:
    lines = ASCII_QUAD.replace("element face 2", "element face 0").splitlines()[:-2]
    with pytest.raises(InputError, match="5 vertices and 0 faces"):
        read_mesh(put(tmp_path / "points.ply", "\n".join(lines)))


def test_missing_texture_is_named(tmp_path: Path) -> None:
    write_mesh(tmp_path / "m.ply", textured_cube())
    (tmp_path / "m.png").unlink()
    with pytest.warns(InputWarning, match="m.ply: found TextureFile m.png, which is missing"):
        mesh = read_mesh(tmp_path / "m.ply")
    assert mesh.color_source == "none" and len(mesh.faces) == 12


def test_last_line_without_newline_reads(tmp_path: Path) -> None:
    assert len(read_mesh(put(tmp_path / "quad.ply", ASCII_QUAD.rstrip())).faces) == 3


def test_real_meshes_read_whole(shared_data: Path) -> None:
    expected = {
        "desk/models/obj_000001.ply": (8427, 16384, "texture"),
        "lmo_frame/models/obj_000005.ply": (22831, 45666, "vertex"),
    }
    for name, (vertex_count, face_count, source) in expected.items():
        mesh = read_mesh(shared_data / name)
        assert (len(mesh.vertices), len(mesh.faces), mesh.color_source) == (vertex_count, face_count, source)


def test_colors_land_on_the_surface(tmp_path: Path) -> None:
    """v runs up: the top of the picture has v = 1."""
    picture = np.zeros((2, 2, 3), np.uint8)
    picture[0] = 255
    uvs = torch.from_numpy(np.stack([np.full(8, 0.5), np.where(CORNERS[:, 1] > 0, 0.75, 0.25)], 1)).float()
    write_mesh(tmp_path / "m.ply", cube(uvs=uvs, texture=torch.from_numpy(picture)))
    samples = read_mesh(tmp_path / "m.ply").sample_surface(200, seed=0)
    is_top = samples.points[:, 1] > 9.99
    assert len(FACES) == 12 and bool((samples.colors[is_top] > 0.99).all()) and int(is_top.sum()) > 10
