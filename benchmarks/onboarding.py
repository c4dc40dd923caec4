"""What onboarding an object for RGB takes: 798 templates, their time split into render, features and words.

    python benchmarks/onboarding.py [MESH ...]

Without a mesh, the watering can of the examples.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from objpose import onboard
from objpose.features import DenseFeatures, PatchDescriptor
from objpose.objects import TemplateSet, build_templates

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "data" / "watering_can.glb"


def main(arguments: list[str] | None = None) -> dict[str, TemplateSet]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("meshes", type=Path, nargs="*", default=[EXAMPLE])
    options = parser.parse_args(arguments)
    features: DenseFeatures = PatchDescriptor()
    print(f"{torch.get_num_threads()} threads, features {features.name}")
    made = {}
    for path in options.meshes:
        start = time.perf_counter()
        model = onboard(path, out=None, progress=False)
        surface = time.perf_counter() - start
        start = time.perf_counter()
        made[path.stem] = templates = build_templates(model.mesh, features, progress=False)
        split = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in templates.seconds.items())
        print(
            f"{path.stem}: {len(model.mesh.faces)} faces, surface and symmetry {surface:.2f} s; "
            f"{len(templates)} templates of {templates.views.size} px, {len(templates.points)} patches in "
            f"{time.perf_counter() - start:.2f} s: {split}"
        )
    return made


if __name__ == "__main__":
    main()
