"""Files that look like pictures by their name and cannot be read, or only with help: what they are."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from objpose.errors import InputError
from objpose.io.impostors import impostor

HEIF_SUFFIXES = (".heic", ".heif", ".hif")
RAW_SUFFIXES = (
    ".dng", ".cr2", ".cr3", ".nef", ".nrw", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw",
)  # fmt: skip
HDR_SUFFIXES = (".exr", ".hdr")
VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v")
LEFTOVERS = ("thumbs.db", "desktop.ini", ".ds_store")
HEIC = "HEIC, which needs pillow-heif", "pip install pillow-heif, or save as JPEG"
KTX_CURE = "convert it to PNG or JPEG, and name that"
KTX_STARTS = {b"\xabKTX 11": "a KTX texture", b"\xabKTX 20": "a KTX2 (Basis Universal) texture"}


def unread_reason(path: Path) -> tuple[str, str] | None:
    """(what it is, the cure) of a file that cannot be read as a picture, told by its name; else None."""
    suffix = path.suffix.lower()
    if path.name.startswith("._"):
        return (
            "a leftover of macOS (AppleDouble), no picture",
            "remove it; the picture is the file without ._",
        )
    if path.name.lower() in LEFTOVERS:
        return "a leftover of the file browser", "remove it"
    if suffix in HEIF_SUFFIXES and not _has_heif():
        return HEIC
    if suffix in RAW_SUFFIXES:
        return "a raw file, whose preview alone could be read", "develop it to TIFF, PNG or JPEG"
    if suffix in (".raw", ".bin"):
        return "bare numbers, of which no size is known", "save them as PNG, TIFF or .npy"
    if suffix in HDR_SUFFIXES:
        return "a high dynamic range picture", "save colours as 8-bit PNG, depth as float .npy or TIFF"
    if suffix in VIDEO_SUFFIXES:
        return "a video", "take its frames out: ffmpeg -i VIDEO frames/%05d.png"
    return None


def refuse_unread(path: Path, expected: str) -> None:
    """Raise InputError for such a file where it exists, told by its name or by how it begins."""
    reason = (unread_reason(path) or _by_start(path)) if path.is_file() else None
    if reason is not None:
        raise InputError(path, reason[0], expected, reason[1])


def _by_start(path: Path) -> tuple[str, str] | None:
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError:
        return None  # whoever reads it says so
    if start[4:8] == b"ftyp" and b"heic" in start[8:] and not _has_heif():
        return HEIC
    if start[:7] in KTX_STARTS:
        return KTX_STARTS[start[:7]], KTX_CURE
    return impostor(start)


def _has_heif() -> bool:
    """Whether Pillow reads HEIC: pillow-heif is registered where it is installed."""
    if find_spec("pillow_heif") is None:
        return False
    import pillow_heif

    pillow_heif.register_heif_opener()
    return True
