"""Fuzzes a reader of files, guided by what the damage reaches in our code and in the libraries' Python.

    pip install atheris
    python tests/fuzz/readers.py KIND [-max_total_time=60]

    python tests/fuzz/readers.py all 15

KIND is one of tests/io/damaged_files.py; `all` damages each in turn without guidance, for so many seconds a
kind, and needs no atheris. What is neither read nor refused by an InputError is kept as crash-*, with its
traceback.
"""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))
GUIDED_BY = ["objpose", "bop_eval"]  # packages whose branches libFuzzer sees; all of torch would take minutes

if TYPE_CHECKING:
    from tests.io.damaged_files import Whole


def tried(whole: Whole, content: bytes) -> None:
    """Read a content; refusals are what is hoped for."""
    from objpose.errors import InputError

    whole.file.write_bytes(content)
    with suppress(InputError):
        whole.read()


def guided(whole: Whole, arguments: list[str]) -> None:
    """By libFuzzer, from the whole file on."""
    import atheris

    corpus = whole.file.parent / "corpus"
    corpus.mkdir()
    (corpus / whole.file.name).write_bytes(whole.file.read_bytes())
    atheris.Setup([sys.argv[0], str(corpus), *arguments], lambda content: tried(whole, content))
    atheris.Fuzz()


def drawn(files: dict[str, Whole], seconds: float, seed: int) -> int:
    """Damage drawn at random, each kind for so long; the number of kinds that fail."""
    from tests.io.damaged_files import damaged

    failed = 0
    for kind, whole in files.items():
        rng, before = np.random.default_rng(seed), whole.file.read_bytes()
        end, count = time.monotonic() + seconds, 0
        try:
            while time.monotonic() < end:
                value = rng.bytes(int(rng.integers(0, 6)))
                tried(whole, damaged(before, rng.random(), value, bool(rng.random() < 0.3)))
                count += 1
            print(f"{kind}: {count} damaged files read or refused", flush=True)
        except Exception:
            failed += 1
            kept = Path(f"crash-{whole.file.name}")
            kept.write_bytes(whole.file.read_bytes())
            print(f"{kind}: FAILED on {kept}\n{traceback.format_exc()}", flush=True)
        whole.file.write_bytes(before)
    return failed


def main() -> int:
    warnings.simplefilter("ignore")
    kind, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    with tempfile.TemporaryDirectory() as name:
        files = _files(Path(name), is_guided=kind not in ("", "all"))
        if kind == "all":
            seconds = float(arguments[0].split("=")[-1]) if arguments else 10.0
            return drawn(files, seconds, seed=0)
        if kind not in files:
            print(f"which kind? all, or one of: {', '.join(files)}", file=sys.stderr)
            return 2
        guided(files[kind], arguments)
    return 0


def _files(folder: Path, is_guided: bool) -> dict[str, Whole]:
    """The readers loaded so that libFuzzer sees which branches are taken, where it is to guide."""
    if not is_guided:
        from tests.io.damaged_files import whole_files

        return whole_files(folder)
    import atheris

    with atheris.instrument_imports(include=GUIDED_BY):
        from tests.io.damaged_files import whole_files
    return whole_files(folder)


if __name__ == "__main__":
    sys.exit(main())
