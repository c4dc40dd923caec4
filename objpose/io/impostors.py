"""What stands under the name of a file that was not fetched, told by how it begins."""

from __future__ import annotations

STARTS = {
    b"version https://git-lfs": ("a Git LFS pointer in place of the file", "fetch the file: git lfs pull"),
    b"<!doctype html": ("a web page", "download the file itself"),
    b"<html": ("a web page", "download the file itself"),
    b"%pdf": ("a PDF", "save what is in it in a format of its kind"),
}


def impostor(start: bytes) -> tuple[str, str] | None:
    """(what it is, the cure) by the first bytes of a file; None for what may be the file itself."""
    start = start[:64].lstrip().lower()
    return next((reason for begin, reason in STARTS.items() if start.startswith(begin)), None)
