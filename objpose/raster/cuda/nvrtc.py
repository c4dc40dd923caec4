"""CUDA sources to machine code with NVRTC, which torch's CUDA wheels bring: no toolkit, no GPU needed."""

from __future__ import annotations

import ctypes
import hashlib
from functools import lru_cache
from pathlib import Path

import torch

from objpose.raster.cuda.libraries import Library, nvrtc_files

SOURCE_FOLDER = Path(__file__).parents[1] / "csrc"
PARTS = ("shared", "cuda")  # of that folder
OPTIONS = ("--std=c++17",)


class NvrtcError(RuntimeError):
    """The kernels do not compile, or NVRTC is missing; the message holds the compiler's log or the cure."""


def compile_image(architecture: int) -> bytes:
    """The kernels for a compute capability (e.g. 90 for 9.0), as `compile_kernels`."""
    return compile_kernels(architecture)[0]


def compile_kernels(architecture: int, *options: str) -> tuple[bytes, str]:
    """A cubin for the architecture, and the compiler's log.

    PTX of the newest one that NVRTC knows where the device is newer still: its driver goes on from there.

    Raises:
        NvrtcError: there is no NVRTC, the architecture is too old for it, or the kernels do not compile.
    """
    target = _target(architecture)
    program = _program()
    try:
        given = [option.encode() for option in (*OPTIONS, f"--gpu-architecture={target}", *options)]
        status = _load().status("nvrtcCompileProgram", program, len(given), _strings(given))
        log = _output(program, "ProgramLog").rstrip(b"\0").decode(errors="replace")
        if status != 0:
            raise NvrtcError(f"the CUDA kernels do not compile for {target}:\n{log}")
        return _output(program, "CUBIN" if target.startswith("sm") else "PTX"), log
    finally:
        _load().call("nvrtcDestroyProgram", ctypes.byref(program))


def version() -> tuple[int, int]:
    """Of the NVRTC that would compile; raises NvrtcError where there is none."""
    major, minor = ctypes.c_int(), ctypes.c_int()
    _load().call("nvrtcVersion", ctypes.byref(major), ctypes.byref(minor))
    return major.value, minor.value


def source_hash() -> str:
    """Of all that the image of an architecture depends on."""
    digest = hashlib.sha256(repr((OPTIONS, version())).encode())
    for name, text in _sources().items():
        digest.update(name + text)
    return digest.hexdigest()[:16]


def known_architectures() -> list[int]:
    """Those that NVRTC makes machine code for, ascending."""
    count = ctypes.c_int()
    _load().call("nvrtcGetNumSupportedArchs", ctypes.byref(count))
    known = (ctypes.c_int * count.value)()
    _load().call("nvrtcGetSupportedArchs", known)
    return sorted(known)


def _target(architecture: int) -> str:
    known = known_architectures()
    if architecture in known:
        return f"sm_{architecture}"
    if architecture < known[0]:
        major, minor = version()
        raise NvrtcError(
            f"NVRTC {major}.{minor} knows no GPU of compute capability {architecture / 10:.1f}, only those "
            f"from {known[0] / 10:.1f} up; install a torch build for an older CUDA, or use the CPU"
        )
    return f"compute_{max(a for a in known if a <= architecture)}"


def _program() -> ctypes.c_void_p:
    files = _sources()
    kernels = b"".join(b'#include "%s"\n' % name for name in files if name.endswith(b".cu"))
    program = ctypes.c_void_p()
    sources, names = _strings(list(files.values())), _strings(list(files))
    _load().call(
        "nvrtcCreateProgram", ctypes.byref(program), kernels, b"kernels.cu", len(files), sources, names
    )
    return program


def _output(program: ctypes.c_void_p, kind: str) -> bytes:
    size = ctypes.c_size_t()
    _load().call(f"nvrtcGet{kind}Size", program, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    _load().call(f"nvrtcGet{kind}", program, buffer)
    return buffer.raw


def _strings(values: list[bytes]) -> ctypes.Array[ctypes.c_char_p]:
    return (ctypes.c_char_p * len(values))(*values)


@lru_cache(maxsize=1)
def _load() -> Library:
    try:
        return Library(nvrtc_files(), _failure)
    except OSError as error:
        raise NvrtcError(
            f"NVRTC, which compiles the CUDA kernels, is not found ({error}); {_cure()}"
        ) from error


def _failure(library: Library, name: str, status: int) -> NvrtcError:
    return NvrtcError(f"{name} of NVRTC fails with status {status}")


def _cure() -> str:
    if torch.version.cuda is None:
        return "install a CUDA build of torch, which brings it"
    major = torch.version.cuda.split(".")[0]
    package = "nvidia-cuda-nvrtc" + (f"-cu{major}" if int(major) < 13 else "")
    return f"pip install '{package}=={major}.*'"


def _sources() -> dict[bytes, bytes]:
    """What the kernels are compiled from, under the names by which it is included."""
    files = [file for folder in PARTS for file in sorted((SOURCE_FOLDER / folder).glob("*.[hc]*"))]
    return {file.relative_to(SOURCE_FOLDER).as_posix().encode(): file.read_bytes() for file in files}
