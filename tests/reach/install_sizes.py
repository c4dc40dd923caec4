"""What `pip install objpose` puts on the disk, by part, and what each command loads of it.

    python tests/reach/install_sizes.py [--loads]

Sizes are those of the files that the installed packages list, of objpose's dependencies and of all that these
need in turn. --loads runs the example in processes of their own, and lists which large parts each imported.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections import defaultdict
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LARGE = ("torch", "torchvision", "open3d", "pycolmap", "kornia", "timm", "av", "trimesh", "scipy", "cv2")
DATA = REPOSITORY / "examples" / "data"
PROGRAMS = {
    "import objpose": "import objpose",
    "read_mesh": f"from objpose.io import read_mesh; read_mesh({str(DATA / 'watering_can.glb')!r})",
    "onboard, estimate": (
        "import objpose; from objpose.io import read_camera, read_depth, read_image, read_mask; "
        f"d = {str(DATA)!r}; can = objpose.onboard(d + '/watering_can.glb', units='m', out=None); "
        "frame = objpose.Frame(read_image(d + '/rgb.png'), read_camera(d + '/camera.json')[0], "
        "read_depth(d + '/depth.png')); "
        "objpose.PoseEstimator([can]).estimate(frame, read_mask(d + '/mask.png'))"
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--loads", action="store_true")
    options = parser.parse_args()
    if options.loads:
        for name, program in PROGRAMS.items():
            print(f"{name}: {', '.join(loaded(program)) or 'none'}")
        return
    sizes = part_sizes()
    for part, size in sorted(sizes.items(), key=lambda item: -item[1]):
        print(f"{size / 2**20:8.1f} MB  {part}")
    print(f"{sum(sizes.values()) / 2**20:8.1f} MB  together")


def part_sizes() -> dict[str, int]:
    """Bytes by direct dependency; what several need counts for the first of them that is listed."""
    seen = {"objpose"}
    sizes: dict[str, int] = defaultdict(int)
    for name in _needed(distribution("objpose")):
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            try:
                found = distribution(current)
            except PackageNotFoundError:
                continue  # of another platform
            part = f"{name}: CUDA" if current.startswith(("nvidia", "triton", "cuda")) else name
            sizes[part] += _size(found)
            waiting += _needed(found)
    return sizes


def _needed(found: Distribution) -> list[str]:
    """Names of what a package requires, without its extras."""
    wanted = [one for one in found.requires or [] if "extra ==" not in one]
    return [re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", one)[0]).lower() for one in wanted]  # type: ignore[index]


def _size(found: Distribution) -> int:
    places = (Path(str(found.locate_file(file))) for file in found.files or [])
    return sum(place.stat().st_size for place in places if place.is_file())


def loaded(program: str) -> list[str]:
    """Which of the large parts a program has imported when it ends."""
    told = f"{program}; import sys; print('loaded', *[n for n in {LARGE!r} if n in sys.modules])"
    command = [sys.executable, "-W", "ignore", "-c", told]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1].split()[1:]


if __name__ == "__main__":
    main()
