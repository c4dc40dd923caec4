"""Packages of weights as if they were installed: files and their record in a folder of the path."""

from __future__ import annotations

from pathlib import Path

import torch

from objpose.features.published_weights import CARRIED

LICENCE = "\n   Some Licence\n   Version 3, May 2001\n\n   Terms and conditions.\n"


def install(site: Path, networks: dict[str, dict], version: str = "9.1") -> None:
    """Write the contents of the weights' files where their packages have them. Importing these packages
    fails.
    """
    for network, content in networks.items():
        package, place = CARRIED[network]
        record_package(site, package, version)
        file = site / place
        file.parent.mkdir(parents=True, exist_ok=True)
        (site / place.split("/")[0] / "__init__.py").write_text(
            "raise ImportError('this is not to be imported')"
        )
        torch.save(content, file)


def record_package(site: Path, package: str, version: str = "9.1") -> None:
    """The record alone, without any file of weights."""
    record = site / f"{package.replace('-', '_')}-{version}.dist-info"
    (record / "licenses").mkdir(parents=True, exist_ok=True)
    (record / "licenses" / "LICENSE").write_text(LICENCE)
    (record / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: {package}\nVersion: {version}\nLicense-File: LICENSE\n"
    )
