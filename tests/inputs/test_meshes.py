"""Mesh files as people have them: geometry and colour come out right, or what is lost is said."""

from __future__ import annotations

import json
import struct
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from objpose.errors import InputError, InputWarning
from objpose.geometry import Mesh
from objpose.io import read_mesh, read_mesh_file
from tests.inputs.habits import habit

KIND = "meshes"
RED, BLUE, GREEN = (255, 0, 0), (0, 0, 255), (0, 255, 0)
# Two triangles; the first lies under the left half of a texture, the second under the right half.
SQUARE = """v 0 0 0
v 1 0 0
v 0 1 0
v 2 0 0
v 3 0 0
v 2 1 0
vt 0.1 0.1
vt 0.4 0.1
vt 0.1 0.4
vt 0.6 0.1
vt 0.9 0.1
vt 0.6 0.4
usemtl A
f 1/1 2/2 3/3
f 4/4 5/5 6/6
"""


def picture(path: Path, left: tuple = RED, right: tuple = BLUE, mode: str = "RGB") -> Path:
    """A texture with a left and a right half."""
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:, :4], pixels[:, 4:] = left, right
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).convert(mode).save(path)
    return path


def obj(folder: Path, material: str, lines: str = SQUARE, library: str = "m.mtl") -> Path:
    (folder / "m.mtl").write_text(material)
    (folder / "m.obj").write_text(f"mtllib {library}\n{lines}")
    return folder / "m.obj"


def quiet(path: Path) -> Mesh:
    """The mesh, read without a word."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", InputWarning)
        return read_mesh(path)


def face_colors(mesh: Mesh) -> list[tuple[int, int, int]]:
    """The colour in the middle of each face along x, in steps of 255."""
    samples = mesh.sample_surface(400, seed=0)
    order = mesh.vertices[mesh.faces].mean(1)[:, 0].argsort()
    means = [samples.colors[samples.face_ids == face].mean(0) for face in order]
    return [tuple((mean * 255).round().int().tolist()) for mean in means]


OBJ_TEXTURES = {
    "a name with spaces": ("map_Kd tex dir/red wood.png", "tex dir/red wood.png"),
    "backslashes": ("map_Kd textures\\red.png", "textures/red.png"),
    "backslashes and spaces": ("map_Kd tex dir\\red wood.png", "tex dir/red wood.png"),
    "another case of letters": ("map_Kd Red.PNG", "RED.png"),
    "options": ("map_Kd -s 1 1 1 -bm 1.0 -blendu on red.png", "red.png"),
    "quotes": ('map_Kd "my red.png"', "my red.png"),
}


@habit(
    KIND, "OBJ: texture names with spaces, backslashes, quotes, options or another case of letters",
    "the texture is found", "`map_Kd wood.png, which is missing`, or `a texture that cannot be read`",
)  # fmt: skip
@pytest.mark.parametrize("name", OBJ_TEXTURES)
def test_names_of_textures(tmp_path: Path, name: str) -> None:
    line, file = OBJ_TEXTURES[name]
    picture(tmp_path / file)
    assert face_colors(quiet(obj(tmp_path, f"newmtl A\nKd 1 1 1\n{line}\n"))) == [RED, BLUE]


@habit(
    KIND, r"OBJ: an absolute path (`C:\Users\me\red.png`, `/home/me/red.png`), or `../red.png`",
    "the file of that name beside the mesh, with a warning; nothing outside the folder is ever read",
    "refused",
)  # fmt: skip
@pytest.mark.parametrize(
    "written", [r"C:\Users\me\red.png", r"C:\\Users\\me\\red.png", "/home/me/red.png", "../red.png"]
)
def test_paths_out_of_the_folder(tmp_path: Path, written: str) -> None:
    folder = tmp_path / "mesh"
    picture(folder / "red.png")
    picture(tmp_path / "red.png", GREEN, GREEN)
    with pytest.warns(InputWarning, match="red.png beside it is used"):
        mesh = read_mesh(obj(folder, f"newmtl A\nmap_Kd {written}\n"))
    assert face_colors(mesh) == [RED, BLUE]
    (folder / "red.png").unlink()
    with pytest.warns(InputWarning, match="red.png, which is missing"):
        assert read_mesh(folder / "m.obj").color_source == "none"


@habit(
    KIND, "OBJ: `-s` and `-o` of a texture map scale and shift it, `-mm` tints it",
    "applied", "dropped, or the texture was not found",
)  # fmt: skip
def test_options_that_move_the_texture(tmp_path: Path) -> None:
    picture(tmp_path / "red.png")
    swapped = quiet(obj(tmp_path, "newmtl A\nmap_Kd -o 0.5 0 0 red.png\n"))
    assert face_colors(swapped) == [BLUE, RED]
    halved = quiet(obj(tmp_path, "newmtl A\nmap_Kd -s 0.4 1 1 -o 0.06 red.png\n"))
    assert face_colors(halved) == [RED, RED]
    darker = quiet(obj(tmp_path, "newmtl A\nmap_Kd -mm 0 0.2 red.png\n"))
    assert face_colors(darker) == [(51, 0, 0), (0, 0, 51)]
    with pytest.warns(InputWarning, match="the map option -clamp on"):
        read_mesh(obj(tmp_path, "newmtl A\nmap_Kd -clamp on red.png\n"))


@habit(
    KIND, "OBJ: a missing MTL or texture, a material that no MTL defines, a texture that cannot be read",
    "read without colour, and a warning names what is missing", "files that were missing were refused",
)  # fmt: skip
@pytest.mark.parametrize(
    ("material", "library", "message"),
    [
        ("", "gone.mtl", "mtllib gone.mtl, which is missing"),
        ("newmtl B\nKd 1 0 0\n", "m.mtl", "usemtl A, which no mtllib of it defines"),
        ("newmtl A\nmap_Kd gone.png\n", "m.mtl", "map_Kd gone.png, which is missing"),
        ("newmtl A\nmap_Kd m.mtl\n", "m.mtl", "a file that is no picture"),
        ("newmtl A\nmap_Kd t.ktx2\n", "m.mtl", "a KTX2 .* texture"),
    ],
)
def test_lost_colour_is_said(tmp_path: Path, material: str, library: str, message: str) -> None:
    (tmp_path / "t.ktx2").write_bytes(b"\xabKTX 20\xbb\r\n\x1a\n")
    with pytest.warns(InputWarning, match=message):
        mesh = read_mesh(obj(tmp_path, material, library=library))
    assert mesh.color_source == "none" and len(mesh.faces) == 2


def test_faces_without_coordinates_lose_their_colour_alone(tmp_path: Path) -> None:
    picture(tmp_path / "red.png")
    with pytest.warns(InputWarning, match="faces without vt under map_Kd red.png"):
        mesh = read_mesh(obj(tmp_path, "newmtl A\nmap_Kd red.png\n", SQUARE.replace("4/4 5/5 6/6", "4 5 6")))
    assert face_colors(mesh) == [RED, (255, 255, 255)]


@habit(
    KIND, "OBJ: several mtllib files, several materials, `map_Ka` alone, `Kd` in 0-255, `d` below 1",
    "every material has its colour; what is taken instead is said", "only the first mtllib was read",
)  # fmt: skip
def test_several_materials(tmp_path: Path) -> None:
    picture(tmp_path / "blue.png", BLUE, BLUE)
    (tmp_path / "two words.mtl").write_text("newmtl my red\nKd 255 0 0\n")
    (tmp_path / "b.mtl").write_text("newmtl B\nmap_Ka blue.png\n")
    lines = SQUARE.replace("usemtl A", "usemtl my red").replace("f 4/4", "g top\nusemtl B\nf 4/4")
    (tmp_path / "m.obj").write_text("mtllib two words.mtl\nmtllib a.mtl b.mtl\n" + lines)
    (tmp_path / "a.mtl").write_text("newmtl C\nKd 0 1 0\nd 0.5\n")
    with pytest.warns(InputWarning) as said:
        mesh = read_mesh(tmp_path / "m.obj")
    assert face_colors(mesh) == [RED, BLUE]
    assert sorted("map_Ka" in str(w.message) or "opacity 0.5" in str(w.message) for w in said) == [True, True]


@habit(
    KIND, "OBJ: colours of vertices after x y z, as 0 to 1 or 0 to 255; some vertices without",
    "both scales are right; white, with a warning, where there is none",
    "0-255 was white everywhere: 25 50 230 became 255 255 255",
)  # fmt: skip
@pytest.mark.parametrize("white", [1, 255])
def test_colours_of_vertices(tmp_path: Path, white: int) -> None:
    corners = [(0, 0), (1, 0), (0, 1)]
    rows = [f"v {x} {y} 0 {0.2 * white:g} {0.4 * white:g} {white}" for x, y in corners]
    (tmp_path / "m.obj").write_text("\n".join(rows) + "\nf 1 2 3\n")
    assert face_colors(quiet(tmp_path / "m.obj")) == [(51, 102, 255)]
    (tmp_path / "m.obj").write_text("\n".join([*rows, "v 3 3 0"]) + "\nf 1 2 3\nf 2 3 4\n")
    with pytest.warns(InputWarning, match="1 of 4 vertices without colour"):
        read_mesh(tmp_path / "m.obj")


@habit(
    KIND, "OBJ: relative indices (`f -3 -2 -1`) after each part, continued lines, quads and n-gons",
    "counted from the last vertex so far", "counted from the end of the file: all parts were the last one",
)  # fmt: skip
def test_relative_indices(tmp_path: Path) -> None:
    part = "v 0 0 {z}\nv 1 0 {z}\nv 1 1 {z}\nv 0 1 {z}\nf -4 -3 \\\n -2 -1\n"
    (tmp_path / "m.obj").write_text(part.format(z=0) + part.format(z=5))
    mesh = quiet(tmp_path / "m.obj")
    assert mesh.vertices[mesh.faces][..., 2].tolist() == [[0] * 3, [0] * 3, [5] * 3, [5] * 3]


def ply(
    folder: Path, vertex: str, rows: list[str], face: str = "", faces: tuple = ("3 0 1 2", "3 3 4 5")
) -> Path:
    """Two triangles side by side, with further properties of vertices and faces."""
    corners = [(0, 0), (1, 0), (0, 1), (2, 0), (3, 0), (2, 1)]
    lines = ["ply", "format ascii 1.0", "element vertex 6", *(f"property double {axis}" for axis in "xyz")]
    lines += [
        *vertex.splitlines(),
        "element face 2",
        "property list uchar int vertex_indices",
        *face.splitlines(),
    ]
    lines += ["end_header", *(f"{x} {y} 0 {row}" for (x, y), row in zip(corners, rows, strict=True)), *faces]
    (folder / "m.ply").write_text("\n".join(lines) + "\n")
    return folder / "m.ply"


PLY_COLORS = {
    "uchar": ("uchar", ("red", "green", "blue"), "255 0 0", "0 0 255"),
    "float of 1": ("float", ("red", "green", "blue"), "1.0 0 0", "0 0 1.0"),
    "float of 255": ("float", ("red", "green", "blue"), "255 0 0", "0 0 255"),
    "int": ("int", ("red", "green", "blue"), "255 0 0", "0 0 255"),
    "ushort": ("ushort", ("red", "green", "blue"), "65535 0 0", "0 0 65535"),
    "diffuse": ("uchar", ("diffuse_red", "diffuse_green", "diffuse_blue"), "255 0 0", "0 0 255"),
    "short names": ("uchar", ("r", "g", "b"), "255 0 0", "0 0 255"),
    "capitals": ("uchar", ("R", "G", "B"), "255 0 0", "0 0 255"),
    "ambient": ("uchar", ("ambient_red", "ambient_green", "ambient_blue"), "255 0 0", "0 0 255"),
}


@habit(
    KIND, "PLY: `red`, `diffuse_red` or `r`, as uchar, ushort, int or float, of 1, 255 or 65535",
    "all are colours", "`diffuse_red` was dropped, int was black, floats of 255 were 255 times too bright",
)  # fmt: skip
@pytest.mark.parametrize("name", PLY_COLORS)
def test_ply_colours(tmp_path: Path, name: str) -> None:
    kind, names, red, blue = PLY_COLORS[name]
    properties = "\n".join(f"property {kind} {channel}" for channel in names)
    mesh = quiet(ply(tmp_path, properties, [red] * 3 + [blue] * 3))
    assert mesh.color_source == "vertex" and face_colors(mesh) == [RED, BLUE]


@habit(KIND, "PLY: colours as `f_dc_0` of splats, `intensity` or packed `rgb`", "a warning: they are lost",
       "dropped without a word")  # fmt: skip
@pytest.mark.parametrize("name", ["f_dc_0", "intensity", "rgb"])
def test_ply_colours_that_are_lost(tmp_path: Path, name: str) -> None:
    with pytest.warns(InputWarning, match=f"colours as {name}"):
        assert read_mesh(ply(tmp_path, f"property float {name}", ["0.5"] * 6)).color_source == "none"


OTHER_KINDS = {
    "m.obj": "ply\nformat ascii 1.0\n", "m.ply": "mtllib a.mtl\nv 0 0 0\n", "m.glb": "OFF\n3 1 0\n",
    "m.off": "solid cube\nfacet normal 0 0 1\n",
}  # fmt: skip


@habit(KIND, "a mesh under the suffix of another kind", "refused: rename it, to what",
       "0 vertices and 0 faces; malformed or cut off")  # fmt: skip
@pytest.mark.parametrize("name", OTHER_KINDS)
def test_another_kinds_suffix(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(OTHER_KINDS[name])
    with pytest.raises(InputError, match=r"the content of a \.\w+ file .* rename it to m\."):
        read_mesh(tmp_path / name)


@habit(KIND, "PLY: colours of faces", "each face has its colour", "dropped without a word")
def test_ply_colours_of_faces(tmp_path: Path) -> None:
    properties = "property uchar red\nproperty uchar green\nproperty uchar blue"
    path = ply(tmp_path, "", [""] * 6, properties, ("3 0 1 2 255 0 0", "3 1 2 5 0 0 255"))
    assert face_colors(quiet(path)) == [RED, BLUE]


@habit(
    KIND, "PLY: several textures, by `texnumber`; a texture that is missing or has no coordinates",
    "each face has its texture; what is lost is said", "refused; or dropped without a word",
)  # fmt: skip
def test_ply_textures(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", RED, RED)
    picture(tmp_path / "b.png", BLUE, BLUE)
    face = "property list uchar float texcoord\nproperty int texnumber"
    faces = ("3 0 1 2 6 0 0 1 0 0 1 0", "3 3 4 5 6 0 0 1 0 0 1 1")
    path = ply(tmp_path, "", [""] * 6, face, faces)
    named = "comment TextureFile a.png\ncomment TextureFile b.png\n"
    path.write_text(path.read_text().replace("element vertex", f"{named}element vertex"))
    assert face_colors(quiet(path)) == [RED, BLUE]
    (tmp_path / "b.png").unlink()
    with pytest.warns(InputWarning, match="TextureFile b.png, which is missing"):
        assert read_mesh(path).color_source == "none"
    bare = ply(tmp_path, "", [""] * 6)
    bare.write_text(bare.read_text().replace("element vertex", "comment TextureFile a.png\nelement vertex"))
    with pytest.warns(InputWarning, match="TextureFile a.png without coordinates"):
        read_mesh(bare)


@habit(
    KIND, "PLY of Gaussian splats, a point cloud without faces, a fraction in a column of integers",
    "refused by that name", "`expected an element 'face'`; 0.5 as a uchar was read as 0",
)  # fmt: skip
def test_ply_that_is_no_mesh(tmp_path: Path) -> None:
    head = "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\n"
    (tmp_path / "p.ply").write_text(head + "end_header\n0 0 0\n")
    with pytest.raises(InputError, match="a point cloud of 1 points and no faces"):
        read_mesh(tmp_path / "p.ply")
    (tmp_path / "p.ply").write_text(
        head + "property float f_dc_0\nproperty float opacity\nend_header\n0 0 0 1 1\n"
    )
    with pytest.raises(InputError, match="Gaussian splats, which have no surface"):
        read_mesh(tmp_path / "p.ply")
    properties = "property uchar red\nproperty uchar green\nproperty uchar blue"
    with pytest.raises(InputError, match="vertex row 0 with red 0.5"):
        read_mesh(ply(tmp_path, properties, ["0.5 0.5 0.5"] * 6))


TEXTURE_KINDS = {"webp": "RGBA", "bmp": "L", "jpg": "L", "tga": "RGB", "gif": "P", "dds": "RGB"}


@habit(
    KIND, "textures as TGA, BMP, DDS, GIF, WebP, with alpha, CMYK, grey or 16 bits",
    "read; 16 bits by their range; KTX and others are named in a warning", "16-bit grey became white",
)  # fmt: skip
@pytest.mark.parametrize("suffix", [*TEXTURE_KINDS, "png16", "cmyk"])
def test_kinds_of_textures(tmp_path: Path, suffix: str) -> None:
    if suffix == "png16":
        Image.fromarray(np.full((8, 8), 200 * 257, np.uint16)).save(tmp_path / "t.png")
        assert face_colors(quiet(obj(tmp_path, "newmtl A\nmap_Kd t.png\n"))) == [(200,) * 3] * 2
        return
    if suffix == "cmyk":
        picture(tmp_path / "t.jpg", (200, 200, 200), (40, 40, 40), "CMYK")
        with pytest.warns(InputWarning, match="CMYK colours"):
            assert face_colors(read_mesh(obj(tmp_path, "newmtl A\nmap_Kd t.jpg\n")))
        return
    picture(tmp_path / f"t.{suffix}", (200, 200, 200), (40, 40, 40), TEXTURE_KINDS[suffix])
    found = np.array(face_colors(quiet(obj(tmp_path, f"newmtl A\nmap_Kd t.{suffix}\n"))))
    assert np.abs(found - [[200] * 3, [40] * 3]).max() <= 8


def glb(path: Path, edit: Callable[[dict], None], texture: bool = True) -> Path:
    """A triangle pair as GLB, its tree edited."""
    uv = np.array([[0.1, 0.1], [0.4, 0.1], [0.1, 0.4], [0.6, 0.1], [0.9, 0.1], [0.6, 0.4]])
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [2, 0, 0], [3, 0, 0], [2, 1, 0.0]])
    mesh = trimesh.Trimesh(points, [[0, 1, 2], [3, 4, 5]], process=False)
    if texture:
        image = Image.open(picture(path.with_suffix(".png")))
        material = trimesh.visual.material.PBRMaterial(baseColorTexture=image)
        mesh.visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
    else:
        mesh.visual.vertex_colors = np.repeat([[*RED, 255], [*BLUE, 255]], 3, axis=0)
    content = trimesh.exchange.gltf.export_glb(mesh)
    length = struct.unpack_from("<I", content, 12)[0]
    tree, rest = json.loads(content[20 : 20 + length]), content[20 + length :]
    edit(tree)
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<4sIII4s", b"glTF", 2, 20 + len(text) + len(rest), len(text), b"JSON")
    path.write_bytes(head + text + rest)
    return path


def base_color(tree: dict) -> dict:
    return tree["materials"][0]["pbrMetallicRoughness"]


COMPRESSED = {
    "KHR_draco_mesh_compression": "Draco compression",
    "EXT_meshopt_compression": "meshopt compression",
    "KHR_mesh_quantization": "KHR_mesh_quantization",
    "EXT_mesh_gpu_instancing": "the extension EXT_mesh_gpu_instancing",
}


@habit(
    KIND, "GLB with Draco or meshopt compression, quantised, instanced, or with sparse accessors",
    "refused by that name, with the command that unpacks it",
    "all points at the origin: `found no face with area`",
)  # fmt: skip
@pytest.mark.parametrize("extension", COMPRESSED)
def test_compressed_glb_is_named(tmp_path: Path, extension: str) -> None:
    path = glb(
        tmp_path / "m.glb",
        lambda tree: tree.update(extensionsUsed=[extension], extensionsRequired=[extension]),
    )
    with pytest.raises(InputError, match=COMPRESSED[extension]):
        read_mesh(path)
    path = glb(tmp_path / "m.glb", lambda tree: tree["accessors"][0].update(sparse={}))
    with pytest.raises(InputError, match="sparse or empty accessors"):
        read_mesh(path)


@habit(
    KIND, "GLB: a second set of texture coordinates, `KHR_texture_transform`, a factor over the texture",
    "used", "a second set was refused; transform and factor were dropped: halves changed places",
)  # fmt: skip
def test_glb_texture_coordinates(tmp_path: Path) -> None:
    def second_set(tree: dict) -> None:
        attributes = tree["meshes"][0]["primitives"][0]["attributes"]
        attributes["TEXCOORD_1"] = attributes.pop("TEXCOORD_0")
        base_color(tree)["baseColorTexture"]["texCoord"] = 1

    def shifted(tree: dict) -> None:
        transform = {"offset": [0.5, 0], "scale": [1, 1]}
        base_color(tree)["baseColorTexture"]["extensions"] = {"KHR_texture_transform": transform}

    def turned(tree: dict) -> None:  # half a turn about the corner, and back into the square
        transform = {"rotation": np.pi, "offset": [1, 1]}
        base_color(tree)["baseColorTexture"]["extensions"] = {"KHR_texture_transform": transform}

    def quarter(tree: dict) -> None:  # u becomes v, which is 0.6 to 0.9 from the top
        transform = {"rotation": np.pi / 2}
        base_color(tree)["baseColorTexture"]["extensions"] = {"KHR_texture_transform": transform}

    assert face_colors(quiet(glb(tmp_path / "m.glb", quarter))) == [BLUE, BLUE]
    assert face_colors(quiet(glb(tmp_path / "m.glb", second_set))) == [RED, BLUE]
    assert face_colors(quiet(glb(tmp_path / "m.glb", shifted))) == [BLUE, RED]
    assert face_colors(quiet(glb(tmp_path / "m.glb", turned))) == [BLUE, RED]
    tinted = glb(tmp_path / "m.glb", lambda tree: base_color(tree).update(baseColorFactor=[1, 1, 0, 1]))
    assert face_colors(quiet(tinted)) == [RED, (0, 0, 0)]


@habit(
    KIND, "GLB: colours of vertices under a material",
    "the colours, times the factor of the material", "white: the colours were dropped without a word",
)  # fmt: skip
def test_glb_colours_of_vertices_under_a_material(tmp_path: Path) -> None:
    def with_material(tree: dict) -> None:
        tree["materials"] = [{"pbrMetallicRoughness": {"baseColorFactor": [1, 1, 1, 1]}}]
        tree["meshes"][0]["primitives"][0]["material"] = 0

    assert face_colors(quiet(glb(tmp_path / "m.glb", with_material, texture=False))) == [RED, BLUE]


@habit(
    KIND, "GLB: a KTX2 or damaged texture, several scenes, a skeleton, colours of vertices over a texture",
    "used as far as it goes, with a warning of the rest", "dropped without a word, or refused as damaged",
)  # fmt: skip
def test_glb_losses_are_said(tmp_path: Path) -> None:
    def ktx(tree: dict) -> None:
        tree["textures"][0] = {"extensions": {"KHR_texture_basisu": {"source": 0}}}
        tree["images"][0]["mimeType"] = "image/ktx2"

    edits = {
        "a KTX2": ktx,
        "a texture that is no picture": lambda tree: tree["images"][0].update(bufferView=0),
        "2 scenes": lambda tree: tree["scenes"].append({"nodes": []}),
        "a skeleton": lambda tree: tree["nodes"][-1].update(skin=0),
    }
    for message, edit in edits.items():
        with pytest.warns(InputWarning, match=message):
            assert len(read_mesh(glb(tmp_path / "m.glb", edit)).faces) == 2


@habit(
    KIND,
    "glTF with its buffers and pictures beside it",
    "read like a GLB",
    "refused: `.ply or .obj or .glb or .stl`",
)
def test_gltf_with_files_beside_it(tmp_path: Path) -> None:
    glb(tmp_path / "m.glb", lambda tree: None)
    trimesh.load_scene(tmp_path / "m.glb").export(tmp_path / "m.gltf")
    assert face_colors(quiet(tmp_path / "m.gltf")) == [RED, BLUE]
    for buffer in tmp_path.glob("*.bin"):
        buffer.unlink()
    with pytest.raises(InputError, match="m.gltf"):
        read_mesh(tmp_path / "m.gltf")


@habit(
    KIND, "STL, text or binary (also one that starts with `solid`); cut off; with colours (VisCAM, Magics)",
    "read; cut off: refused; a warning says that colours are lost",
    "the help did not name STL; colours were dropped without a word",
)  # fmt: skip
def test_stl(tmp_path: Path) -> None:
    cube = trimesh.creation.box((2, 2, 2))
    binary, text = (cube.export(file_type=kind) for kind in ("stl", "stl_ascii"))
    path = tmp_path / "m.stl"
    for content in (binary, text.encode(), b"solid " + binary[6:]):
        path.write_bytes(content)
        assert len(quiet(path).faces) == 12
    for content in (binary[:-30], text.encode()[: len(text) // 2], text.encode()[:-20]):
        path.write_bytes(content)
        with pytest.raises(InputError, match="m.stl"):
            read_mesh(path)
    path.write_bytes(binary[:132] + b"\x1f\x80" + binary[134:])
    with pytest.warns(InputWarning, match="colours of faces in an STL file"):
        read_mesh(path)


@habit(
    KIND, "OFF, COFF and OFF with colours of faces; cut off",
    "read with their colours; cut off: refused", "refused: `.ply or .obj or .glb or .stl`",
)  # fmt: skip
def test_off(tmp_path: Path) -> None:
    path, points = tmp_path / "m.off", [(0, 0), (1, 0), (0, 1), (2, 0), (3, 0), (2, 1)]
    head = "6 2 0  # vertices faces edges\n"
    plain = "".join(f"{x} {y} 0\n" for x, y in points)
    path.write_text(f"OFF\n{head}{plain}3 0 1 2 255 0 0\n3 3 4 5 0 0 255\n")
    assert face_colors(quiet(path)) == [RED, BLUE]
    rows = [f"{x} {y} 0 {'1.0 0.0 0.0' if x < 2 else '0.0 0.0 1.0'} 1.0\n" for x, y in points]
    path.write_text(f"COFF {head}{''.join(rows)}3 0 1 2\n3 3 4 5\n")
    assert face_colors(quiet(path)) == [RED, BLUE]
    path.write_text(f"OFF\n{head}{plain}3 0 1 2 1 0 0 1\n3 3 4 5 0 0 0.2 1\n")
    assert face_colors(quiet(path)) == [RED, (0, 0, 51)]
    path.write_text(f"OFF\n{head}{plain}3 0 1 2\n")
    with pytest.raises(InputError, match="found 1 face rows, expected the declared 2"):
        read_mesh(path)


@habit(
    KIND, "DAE and 3MF",
    "read with `pip install 'objpose[meshes]'`, in the unit that they declare; lost colour is said",
    "refused: `.ply or .obj or .glb or .stl`",
)  # fmt: skip
def test_dae_and_3mf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("collada")
    pytest.importorskip("lxml")
    cube = trimesh.creation.box((2, 2, 2))
    cube.export(tmp_path / "m.3mf")
    assert read_mesh_file(tmp_path / "m.3mf").metres_per_unit == 0.001
    text = cube.export(file_type="dae").decode()
    unit = '<asset><unit name="centimeter" meter="0.01" />'
    (tmp_path / "m.dae").write_text(text.replace("<asset>", unit, 1))
    read = read_mesh_file(tmp_path / "m.dae")
    assert read.metres_per_unit == 0.01 and read.mesh.bounds().tolist() == [[-1] * 3, [1] * 3]
    (tmp_path / "m.dae").write_text(text[:-200])
    with pytest.raises(InputError, match="m.dae"):
        read_mesh(tmp_path / "m.dae")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'objpose\[meshes\]'"):
        read_mesh(tmp_path / "m.dae")


OTHERS = {
    "m.fbx": ("a scene", "Blender"),
    "m.step": ("CAD solids", "FreeCAD"),
    "m.usdz": ("a USD scene", "Blender"),
    "m.blend": ("a scene", "Blender"),
    "m.pcd": ("a point cloud", "Poisson"),
    "m.zip": ("an archive", "unpack it"),
    "m.xyz2": ("the suffix '.xyz2'", "convert the mesh"),
}
STANDING_IN = {
    b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n": "git lfs pull",
    b"<!DOCTYPE html><html></html>": "a web page",
    b"\x1f\x8b\x08\x00": "a gzip archive",
    b"PK\x03\x04": "a zip archive",
    b"": "an empty file",
}


@habit(
    KIND, "FBX, STEP, USD, Blender; a Git LFS pointer, a web page or an archive under a mesh's name",
    "refused by that name, with how to convert, fetch or unpack it",
    "`the suffix '.fbx'`; `starts with b'version htt'`",
)  # fmt: skip
@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_named(tmp_path: Path, name: str) -> None:
    kind, cure = OTHERS[name]
    (tmp_path / name).write_bytes(b"anything")
    with pytest.raises(InputError, match=kind) as refusal:
        read_mesh(tmp_path / name)
    assert cure in refusal.value.cure
    for content, message in STANDING_IN.items():
        (tmp_path / "m.ply").write_bytes(content)
        with pytest.raises(InputError, match=message):
            read_mesh(tmp_path / "m.ply")


@habit(
    KIND, "coordinates far from the origin (UTM, a building's corner), in double precision",
    "centred in double precision; poses are of the file's own frame, in double precision too",
    "a pose 16 mm off at 100 km, 118 mm at 5000 km, from rounding alone",
)  # fmt: skip
def test_far_meshes_keep_their_shape(tmp_path: Path) -> None:
    offset = np.array([449_000.25, 5_411_000.5, 312.75])
    corners = np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.07, 0], [0, 0, 0.05]])
    faces = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]
    lines = [f"v {x:.9f} {y:.9f} {z:.9f}" for x, y, z in corners + offset]
    (tmp_path / "far.obj").write_text(
        "\n".join([*lines, *(f"f {a + 1} {b + 1} {c + 1}" for a, b, c in faces)])
    )
    read = read_mesh_file(tmp_path / "far.obj")
    np.testing.assert_allclose(read.mesh.vertices.double().numpy() + read.origin, corners + offset, atol=1e-8)
    assert read.mesh.diameter() == pytest.approx(np.hypot(0.1, 0.07), abs=1e-7)
    with pytest.raises(InputError, match="onboard the file, which centres it"):
        read_mesh(tmp_path / "far.obj")
    rounded = trimesh.Trimesh((corners + offset).astype(np.float32), faces, process=False)
    rounded.export(tmp_path / "far.stl")
    with pytest.warns(InputWarning, match="single precision .* steps of 0.5"):
        read_mesh_file(tmp_path / "far.stl")


FIELD = {
    "bs_tex.obj": ("texture", 110.567), "opt_tex.obj": ("texture", 110.567),
    "space_tex.obj": ("texture", 110.567), "win_tex.obj": ("texture", 110.567),
    "winrel_tex.obj": ("texture", 90.0), "vcolor255.obj": ("vertex", 110.567),
    "facecolor.ply": ("vertex", 0.110567), "bracket_cm.obj": ("none", 11.0567),
    "bracket_inch.stl": ("none", 4.35302), "bracket_mm.stl": ("none", 110.567),
    "far100km_double.ply": ("none", 0.110567),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::objpose.errors.InputWarning")
@pytest.mark.parametrize("name", FIELD)
def test_meshes_of_the_field(shared_data: Path, name: str) -> None:
    read = read_mesh_file(shared_data / "field" / "meshes" / name)
    source, diameter = FIELD[name]
    assert read.mesh.color_source == source and read.mesh.diameter() == pytest.approx(diameter, rel=1e-5)
    if source == "texture":  # speckled: all red, half green, half blue
        red, green, _ = read.mesh.sample_surface(500, seed=0).colors.mean(0).tolist()
        assert red > 0.95 and 0.4 < green < 0.6


def test_the_draco_file_of_the_field_is_named(shared_data: Path) -> None:
    with pytest.raises(InputError, match="Draco compression"):
        read_mesh(shared_data / "field" / "meshes" / "draco.glb")
