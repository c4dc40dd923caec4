"""Files that look like pictures by their name and are none that can be read, or only with help."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from objpose.errors import InputError

HEIF_SUFFIXES = (".heic", ".heif", ".hif")
RAW_SUFFIXES = (
    ".dng", ".cr2", ".cr3", ".nef", ".nrw", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw", ".raw",
)  # fmt: skip
HDR_SUFFIXES = (".exr", ".hdr")
VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v")
LEFTOVERS = ("thumbs.db", "desktop.ini", ".ds_store")


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
        return "HEIC, which needs pillow-heif", "pip install pillow-heif, or save as JPEG"
    if suffix in RAW_SUFFIXES:
        return "a raw file, whose preview alone could be read", "develop it to TIFF, PNG or JPEG"
    if suffix in HDR_SUFFIXES:
        return "a high dynamic range picture", "save colours as 8-bit PNG, depth as float .npy or TIFF"
    if suffix in VIDEO_SUFFIXES:
        return "a video", "take its frames out: ffmpeg -i VIDEO frames/%05d.png"
    return None


def refuse_by_name(path: Path, expected: str) -> None:
    """Raise InputError for such a file where it exists."""
    reason = unread_reason(path) if path.is_file() else None
    if reason is not None:
        raise InputError(path, reason[0], expected, reason[1])


def _has_heif() -> bool:
    """Whether Pillow reads HEIC: pillow-heif is registered where it is installed."""
    if find_spec("pillow_heif") is None:
        return False
    import pillow_heif

    pillow_heif.register_heif_opener()
    return True
