"""What a header claims is not believed: nothing is allocated for it, under a limit that the kernel holds."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import traceback
from pathlib import Path

from objpose.errors import InputError
from tests.conftest import REPOSITORY
from tests.io.claims import Claim, claims

ROOM = 300 * 2**20  # bytes that a reader may take at most


def test_files_that_claim_gigabytes_are_refused_by_name(tmp_path: Path) -> None:
    """In a process of its own, whose memory ends there."""
    command = [sys.executable, "-m", "tests.io.test_declared_size", str(tmp_path)]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert done.stdout.count(": refused\n") == len(claims())


def refused(claim: Claim, folder: Path) -> str:
    path = folder / claim.name
    with path.open("wb") as file:
        file.write(claim.content)
        file.truncate(len(claim.content) + claim.hole)
    try:
        claim.read(path)
        return "taken"
    except InputError as error:
        return "refused" if claim.name in str(error) else f"not named: {error}"
    except BaseException:
        return traceback.format_exc()


def main(folder: Path) -> int:
    import trimesh  # noqa: F401  what readers load at first use is loaded before memory ends

    mapped = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmSize" in line)
    limit = 1024 * int(mapped.split()[1]) + ROOM
    made = claims()
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    found = {claim.name: refused(claim, folder) for claim in made}
    for name, what in found.items():
        print(f"{name}: {what}")
    return int(set(found.values()) != {"refused"})


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
