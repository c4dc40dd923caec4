"""Damaged mesh files of every kind are read or refused by name: no crash, no foreign file, no flood."""

from __future__ import annotations

import importlib.util
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
import trimesh
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from objpose.errors import InputError
from objpose.io import read_mesh
from objpose.io.beside import find_beside
from objpose.io.mtl import parse_map

FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
pytestmark = pytest.mark.filterwarnings("ignore::objpose.errors.InputWarning")

HAS_EXTRA = all(importlib.util.find_spec(name) for name in ("collada", "lxml"))
SUFFIXES = [".obj", ".off", ".ply", ".stl", ".gltf", *([".3mf", ".dae"] if HAS_EXTRA else [])]
OBJ = b"""mtllib m.mtl
v 0 0 0 255 0 0
v 1 0 0 0 255 0
v 0 1 0 0 0 255
v 0 0 1 9 9 9
vt 0 0
vt 1 0
vt 0 1
usemtl A
f 1/1 2/2 3/3
f -4 -2 \\
 -1
"""
OFF = b"OFF\n4 2 0\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 1 2 255 0 0\n3 0 1 3 0.5 0 0\n"
PLY = (
    b"ply\nformat ascii 1.0\ncomment TextureFile t.png\nelement vertex 3\n"
    b"property double x\nproperty double y\nproperty double z\n"
    b"property float diffuse_red\nproperty float diffuse_green\nproperty float diffuse_blue\n"
    b"element face 1\nproperty list uchar int vertex_indices\nproperty list uchar float texcoord\n"
    b"property uchar red\nproperty uchar green\nproperty uchar blue\nproperty int texnumber\nend_header\n"
    b"0 0 0 1 0 0\n1 0 0 0 1 0\n0 1 0 0 0 1\n3 0 1 2 6 0 0 1 0 0 1 9 9 9 0\n"
)
MTL = b"newmtl A\nKd 0.5 0.5 0.5\nd 1\nmap_Kd -s 2 2 2 -o 0.5 0 -mm 0 1 t.png\nmap_Ka t.png\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz")
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(folder / "t.png")
    (folder / "m.mtl").write_bytes(MTL)
    return folder


@pytest.fixture(scope="module")
def whole() -> dict[str, bytes]:
    cube = trimesh.creation.box((2, 2, 2))
    found = {".obj": OBJ, ".off": OFF, ".ply": PLY, ".gltf": gltf()}
    found[".stl"] = cube.export(file_type="stl_ascii").encode()
    return found | {f".{kind}": cube.export(file_type=kind) for kind in ("3mf", "dae") if HAS_EXTRA}


def gltf() -> bytes:
    """A triangle whose buffer is in the file."""
    return (
        b'{"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0,"scale":[2,2,2]}],'
        b'"meshes":[{"primitives":[{"attributes":{"POSITION":0},"material":0}]}],"materials":'
        b'[{"pbrMetallicRoughness":{"baseColorFactor":[1,0,0,1]}}],"buffers":[{"byteLength":36,"uri":'
        b'"data:application/octet-stream;base64,AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAAAAAAAAgD8AAAAA"}],'
        b'"bufferViews":[{"buffer":0,"byteLength":36}],"accessors":[{"bufferView":0,"componentType":5126,'
        b'"count":3,"type":"VEC3","max":[1,1,0],"min":[0,0,0]}]}'
    )


def read_or_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        assert len(read_mesh(path).faces) > 0
    except InputError as error:
        assert path.name in str(error) or "m.mtl" in str(error)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_whole_files_read(folder: Path, whole: dict[str, bytes], suffix: str) -> None:
    (folder / f"whole{suffix}").write_bytes(whole[suffix])
    assert len(read_mesh(folder / f"whole{suffix}").faces) > 0


@pytest.mark.parametrize("suffix", SUFFIXES)
@FUZZ
@given(place=st.floats(0, 1, exclude_max=True), value=st.binary(min_size=0, max_size=3), cut=st.booleans())
def test_damage_is_read_or_refused(
    folder: Path, whole: dict[str, bytes], suffix: str, place: float, value: bytes, cut: bool
) -> None:
    content = whole[suffix]
    start = int(place * len(content))
    read_or_refused(folder / f"bad{suffix}", content[:start] + value + (b"" if cut else content[start + 1 :]))


@FUZZ
@given(
    lines=st.lists(st.binary(max_size=30), max_size=6),
    name=st.sampled_from([b"map_Kd", b"Kd", b"d", b"newmtl"]),
)
def test_any_material_file_is_read(folder: Path, lines: list[bytes], name: bytes) -> None:
    (folder / "n.mtl").write_bytes(b"newmtl A\n" + b"\n".join(name + b" " + line for line in lines))
    read_or_refused(folder / "n.obj", OBJ.replace(b"m.mtl", b"n.mtl"))


@FUZZ
@given(
    words=st.lists(st.sampled_from(["-s", "-o", "-mm", "-t", "-bm", "-clamp", "1", "0.5", "on", "a b.png"]))
)
def test_any_options_of_a_map_are_taken(words: list[str]) -> None:
    found = parse_map(" ".join(words), "m.mtl")
    assert all(np.isfinite([*found.scale, *found.offset, found.base, found.gain]))


@FUZZ
@given(
    name=st.lists(
        st.sampled_from(["..", ".", "/", "\\", "C:", "secret.txt", "t.png", "folder", "%2e%2e"]), max_size=8
    )
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: list[str]) -> None:
    inside = tmp_path / "inside"
    (inside / "folder").mkdir(parents=True, exist_ok=True)
    (inside / "t.png").write_bytes(b"")
    (tmp_path / "secret.txt").write_bytes(b"")
    for written in ("/".join(name), "\\".join(name), str(tmp_path / "secret.txt"), "../secret.txt"):
        found = find_beside(inside / "m.obj", written)
        assert found is None or inside.resolve() in found.resolve().parents


@pytest.mark.parametrize("suffix", [".obj", ".off"])
def test_memory_stays_near_the_size_of_the_file(tmp_path: Path, suffix: str) -> None:
    count = 20_000
    rows = [f"{0.1234567 * i:.9f} {0.7654321 * i:.9f} {i % 7:.9f}" for i in range(count)]
    faces = [(i, i + 1, i + 2) for i in range(count - 2)]
    if suffix == ".obj":
        lines = [
            *(f"v {row}" for row in rows),
            *("f {} {} {}".format(*(i + 1 for i in face)) for face in faces),
        ]
    else:
        lines = [f"OFF\n{count} {count - 2} 0", *rows, *("3 {} {} {}".format(*face) for face in faces)]
    content = "\n".join(lines).encode()
    (tmp_path / f"m{suffix}").write_bytes(content)
    tracemalloc.start()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read_mesh(tmp_path / f"m{suffix}")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * len(content)


def test_files_that_promise_more_than_they_hold(tmp_path: Path) -> None:
    head = "ply\nformat ascii 1.0\nelement vertex 4000000000\nproperty float x\nproperty float y\n"
    promises = {
        "m.ply": head
        + "property float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n",
        "m.off": "OFF\n4000000000 4000000000 0\n0 0 0\n",
        "m.obj": "v 0 0 0\nf 4000000000 1 1\n",
    }
    for name, content in promises.items():
        (tmp_path / name).write_text(content)
        with pytest.raises(InputError, match=name):
            read_mesh(tmp_path / name)
