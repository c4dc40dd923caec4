"""Files of some bytes that claim to be of gigabytes, each with the reader that must not believe it."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import numpy as np

from objpose.errors import InputError
from objpose.io import read_camera, read_depth, read_image, read_mask, read_mesh
from objpose.io.colmap_binary import read_cameras, read_images, read_points
from objpose.io.frame_sources.video import VideoFrames
from objpose.io.splat_ply import read_splat_ply
from objpose.objects.kept_arrays import read_kept

TRIANGLE = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4").tobytes()
SPLAT = (
    *("x", "y", "z", "f_dc_0", "f_dc_1", "f_dc_2", "opacity"),
    *("scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"),
)


@dataclass(frozen=True)
class Claim:
    name: str  # of the file
    content: bytes
    read: Callable[[Path], object]
    hole: int = 0  # zeros after the content, which take no room on the disk


def claims() -> list[Claim]:
    return [
        Claim("huge.png", png(60_000, 60_000), read_image),
        Claim("large.png", png(13_000, 13_000), read_image),  # as many pixels as a picture may have
        Claim("deep.png", png(13_000, 13_000, bits=16, kind=0), read_depth),
        Claim("huge.tif", tiff(60_000, 60_000), read_image),
        Claim("large.tif", tiff(13_000, 13_000), read_image),
        Claim("short.npy", npy((100_000, 100_000)), read_depth),
        Claim("hollow.npy", npy((30_000, 30_000)), read_depth, hole=4 * 30_000**2),
        Claim("endless.npy", npy((10, 10, 2**60)), read_depth),
        Claim("packed.npz", npz((60_000, 60_000)), read_depth),
        Claim("K.npy", npy((3, 2**61)), partial(read_camera, size=(640, 480))),
        Claim("points.glb", glb(count=4_000_000_000), read_mesh),
        Claim("normals.glb", glb(normals=4_000_000_000), read_mesh),
        Claim("rows.ply", ply(vertices=4_000_000_000), read_mesh),
        Claim("corners.ply", ply(corners=4_000_000_000), read_mesh),
        Claim("splats.ply", splats(4_000_000_000), read_splat_ply),
        Claim("faces.stl", bytes(80) + struct.pack("<I", 80_000_000) + bytes(50), read_mesh),
        Claim("rows.off", b"OFF\n4000000000 4000000000 0\n0 0 0\n", read_mesh),
        Claim("runs.json", b'{"size": [100000, 100000], "counts": [10000000000]}', read_mask),
        Claim("labels.json", labelme(100_000), read_mask),
        Claim("cameras.bin", struct.pack("<Q", 2**60), read_cameras),
        Claim("images.bin", struct.pack("<QI7dI", 1, 1, *[0.0] * 7, 1) + b"a\0" + b"\xff" * 8, read_images),
        Claim("points3D.bin", struct.pack("<QQ3d3BdQ", 1, 1, *[0.0] * 3, 0, 0, 0, 0.0, 2**60), read_points),
        Claim("kept.safetensors", struct.pack("<Q", 2**60) + b"{}", partial(kept, made_with="it")),
        Claim("huge.avi", video(65_500), partial(VideoFrames, camera=Path("camera.json"))),
        Claim("large.avi", video(16_000), partial(VideoFrames, camera=Path("camera.json"))),
    ]


def png(width: int, height: int, bits: int = 8, kind: int = 2) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def tiff(width: int, height: int) -> bytes:
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: width * height}
    rows = b"".join(struct.pack("<HHII", tag, 4, 1, value & 0xFFFFFFFF) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<I", 16) + bytes(8) + struct.pack("<H", len(tags)) + rows + bytes(4)


def npy(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return file.getvalue()


def npz(shape: tuple[int, int]) -> bytes:
    """All zeros, packed to a thousandth."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("depth.npy", npy(shape) + bytes(2**20))
    return file.getvalue()


def glb(count: int = 3, normals: int | None = None) -> bytes:
    numbers = {"componentType": 5126, "type": "VEC3"}
    accessors = [{**numbers, "bufferView": 0, "count": count}]
    attributes = {"POSITION": 0}
    if normals is not None:
        accessors.append({**numbers, "count": normals})
        attributes["NORMAL"] = 1
    tree = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": attributes}]}], "accessors": accessors,
        "buffers": [{"byteLength": 36}], "bufferViews": [{"buffer": 0, "byteLength": 36}],
    }  # fmt: skip
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", 36, b"BIN\0") + TRIANGLE
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def ply(vertices: int = 3, corners: int = 3) -> bytes:
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {vertices}\n"
    head += "".join(f"property float {name}\n" for name in "xyz")
    head += "element face 1\nproperty list uint int vertex_indices\nend_header\n"
    return head.encode() + TRIANGLE + struct.pack("<Iiii", corners, 0, 1, 2)


def splats(count: int) -> bytes:
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {count}\n"
    return (head + "".join(f"property float {name}\n" for name in SPLAT) + "end_header\n").encode() + TRIANGLE


def labelme(side: int) -> bytes:
    shape = {"label": "mug", "shape_type": "polygon", "points": [[0, 0], [5, 0], [5, 5]]}
    return json.dumps({"shapes": [shape], "imageWidth": side, "imageHeight": side}).encode()


def video(side: int) -> bytes:
    """A picture of Motion JPEG whose own header says another size."""
    file = io.BytesIO()
    with av.open(file, "w", format="avi") as container:
        stream = container.add_stream("mjpeg", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    said, told = struct.pack(">HH", 64, 64), struct.pack(">HH", side, side)
    start = b"\xff\xc0\x00\x11\x08"
    assert start + said in file.getvalue()
    return file.getvalue().replace(start + said, start + told)


def kept(path: Path, made_with: str) -> None:
    """The reader of files that are made again: it answers None."""
    if read_kept(path, "content", made_with) is None:
        raise InputError(path, "no such arrays", "them", "they are made again")
