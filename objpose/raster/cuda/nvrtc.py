"""CUDA sources to machine code with NVRTC, which torch's CUDA wheels bring: no toolkit, no GPU needed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

SOURCE_FOLDER = Path(__file__).parents[1] / "csrc"
PARTS = ("shared", "cuda")  # of that folder
OPTIONS = ("--std=c++17",)


class NvrtcError(RuntimeError):
    """The kernels do not compile, or NVRTC is missing; the message holds the compiler's log or the cure."""


def cached_image(architecture: int) -> bytes:
    """The kernels for a compute capability (e.g. 90 for 9.0), from the user's cache or compiled into it."""
    path = cache_folder() / f"raster-{_source_hash()}-{architecture}.bin"
    if path.is_file():
        return path.read_bytes()
    image = compile_image(architecture)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as partial:
            partial.write(image)
        os.replace(partial.name, path)
    except OSError:
        return image  # a cache that cannot be written only costs a few seconds in the next process
    return image


def cache_folder() -> Path:
    """$XDG_CACHE_HOME/objpose, or ~/.cache/objpose."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "objpose"


def compile_image(architecture: int) -> bytes:
    """A cubin for the architecture; PTX of the newest one that NVRTC knows where the device is newer still.

    Raises:
        NvrtcError: it does not compile.
    """
    nvrtc = _bindings()
    known = _checked(nvrtc.nvrtcGetSupportedArchs())
    is_known = architecture in known
    target = f"sm_{architecture}" if is_known else f"compute_{max(a for a in known if a <= architecture)}"
    files = _sources()
    names, sources = list(files), list(files.values())
    kernels = b"".join(b'#include "%s"\n' % name for name in names if name.endswith(b".cu"))
    program = _checked(nvrtc.nvrtcCreateProgram(kernels, b"kernels.cu", len(names), sources, names))
    options = [option.encode() for option in (*OPTIONS, f"--gpu-architecture={target}")]
    (status,) = nvrtc.nvrtcCompileProgram(program, len(options), options)
    if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        log = b" " * _checked(nvrtc.nvrtcGetProgramLogSize(program))
        nvrtc.nvrtcGetProgramLog(program, log)
        raise NvrtcError(f"the CUDA kernels do not compile for {target}:\n{log.decode()}")
    size, read = (
        (nvrtc.nvrtcGetCUBINSize, nvrtc.nvrtcGetCUBIN)
        if is_known
        else (nvrtc.nvrtcGetPTXSize, nvrtc.nvrtcGetPTX)
    )
    image = b" " * _checked(size(program))
    _checked(read(program, image))
    nvrtc.nvrtcDestroyProgram(program)
    return image


def version() -> tuple[int, int]:
    """Of the NVRTC that would compile; raises NvrtcError where there is none."""
    status, major, minor = _bindings().nvrtcVersion()
    _checked((status,))
    return major, minor


def _bindings() -> Any:
    try:
        from cuda.bindings import nvrtc
    except ImportError as error:
        raise NvrtcError(
            "cuda.bindings is not installed; install a CUDA build of torch, which brings it"
        ) from error
    return nvrtc


def _checked(result: tuple) -> Any:
    """The value of a (status, value) pair."""
    status, *values = result
    if int(status) != 0:
        raise NvrtcError(f"NVRTC answers {status.name}")
    return values[0] if values else None


def _source_hash() -> str:
    digest = hashlib.sha256(repr((OPTIONS, version())).encode())
    for name, text in _sources().items():
        digest.update(name + text)
    return digest.hexdigest()[:16]


def _sources() -> dict[bytes, bytes]:
    """What the kernels are compiled from, under the names by which it is included."""
    files = [file for folder in PARTS for file in sorted((SOURCE_FOLDER / folder).glob("*.[hc]*"))]
    return {file.relative_to(SOURCE_FOLDER).as_posix().encode(): file.read_bytes() for file in files}
