"""Check what pip cannot install: the Python version, a C++ compiler, Open3D's system libraries.

Run as root on Debian or Ubuntu, what is missing is installed with apt-get; else the command is printed.
Needs only the standard library.
"""

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys

OLDEST_PYTHON = (3, 10)
OPEN3D_LIBRARIES = {  # what libOpen3D.so is linked with: the Debian package that brings it
    "libusb-1.0.so.0": "libusb-1.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libudev.so.1": "libudev1",
    "libidn2.so.0": "libidn2-0",
}


def main() -> None:
    if sys.version_info < OLDEST_PYTHON:
        found = f"{sys.version_info[0]}.{sys.version_info[1]}"
        sys.exit(f"error: found Python {found}, expected 3.10 or newer; name one: make PYTHON=python3.11")
    missing = missing_packages()
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        cure = "sudo " + " ".join(command) + " (or what these are called on your system)"
        sys.exit("error: found no " + ", ".join(missing) + "; run: " + cure)
    print("installing", ", ".join(missing))
    subprocess.run(["apt-get", "update", "-qq"], check=False)  # without it the packages may still be known
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit("error: apt-get failed (see above); install by hand: " + ", ".join(missing))


def missing_packages() -> list:
    """Names of the Debian packages to install."""
    missing = [package for library, package in OPEN3D_LIBRARIES.items() if not loads(library)]
    if not any(shutil.which(compiler) for compiler in (os.environ.get("CXX", "c++"), "g++", "clang++")):
        missing.append("g++")
    if importlib.util.find_spec("ensurepip") is None:
        missing.append("python3-venv")
    return missing if sys.platform == "linux" else [package for package in missing if package == "g++"]


def loads(library: str) -> bool:
    """Whether the dynamic linker finds a library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
