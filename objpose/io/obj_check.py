"""A line check of OBJ files: trimesh skips what it cannot read and goes on without missing materials."""

from pathlib import Path

from objpose.errors import InputError

LEAST_NUMBERS = {b"v": 3, b"vt": 2, b"vn": 3, b"f": 3}
CURE = "the file is malformed or cut off: export or fetch it again"


def check_obj(path: Path, content: bytes) -> bool:
    """Check every vertex and face line, and that materials and textures exist; True if there is a texture.

    Raises:
        InputError: names the line or the missing file.
    """
    libraries: list[str] = []
    for number, line in enumerate(content.splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        if words[0] in LEAST_NUMBERS:
            _check_numbers(path, number, words)
        elif words[0] == b"mtllib":
            libraries.append(
                line.split(None, 1)[1].decode("utf-8", "replace").strip() if len(words) > 1 else ""
            )
    return any([_check_library(path, name) for name in libraries])


def _check_numbers(path: Path, number: int, words: list[bytes]) -> None:
    try:
        if words[0] == b"f":
            values = [int(corner.split(b"/")[0]) for corner in words[1:]]
        else:
            values = [float(word) for word in words[1:]]
    except ValueError as error:
        raise InputError(f"{path}: line {number}", error, "numbers", CURE) from error
    least = LEAST_NUMBERS[words[0]]
    if len(values) < least:
        kind = words[0].decode()
        raise InputError(
            f"{path}: line {number}", f"{len(values)} values after `{kind}`", f"{least} or more", CURE
        )


def _check_library(path: Path, name: str) -> bool:
    """Check one material file; True when it names a colour texture."""
    library = path.parent / name
    if not library.is_file():
        raise InputError(
            path, f"mtllib {name}, which is missing", "the material beside the mesh",
            f"put it at {library}, or remove the mtllib line for a mesh without colour",
        )  # fmt: skip
    textures = [
        line.split()[-1]
        for line in library.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.split()[:1] == ["map_Kd"] and len(line.split()) > 1
    ]
    for texture in textures:
        if not (library.parent / texture).is_file():
            raise InputError(
                library, f"map_Kd {texture}, which is missing", "the texture beside the material",
                f"put it at {library.parent / texture}, or remove the map_Kd line",
            )  # fmt: skip
    return bool(textures)
