"""Make the example object and scene. Needs Mitsuba: `pip install objpose[examples]`.

Mitsuba renders the photo and the exact depth, so the demo never checks our renderer against itself.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import trimesh
from PIL import Image

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT.parent))

from examples.studio.sensor import rough_mask, sensor_depth  # noqa: E402
from examples.studio.shoot import shoot  # noqa: E402
from examples.studio.stage import HEIGHT, WIDTH, Actor, K, actors, cam_from_world  # noqa: E402

DEPTH_SCALE = 0.001  # metres per stored unit
SEED = 20


def write_object(actor: Actor, path: Path) -> None:
    """The mesh with its texture, in metres, as one GLB file."""
    packed = io.BytesIO()
    actor.texture.save(packed, "JPEG", quality=88)
    material = trimesh.visual.material.PBRMaterial(
        baseColorTexture=Image.open(packed), metallicFactor=0.0, roughnessFactor=0.6
    )
    mesh = trimesh.Trimesh(actor.part.vertices, actor.part.faces, process=False)
    mesh.visual = trimesh.visual.TextureVisuals(uv=actor.part.uvs, material=material)
    mesh.export(path)


def main(folder: Path = ROOT / "data", samples: int = 484) -> None:
    """Write watering_can.glb, rgb.png, depth.png, mask.png, camera.json and truth.json."""
    folder.mkdir(exist_ok=True)
    cast, rng = actors(), np.random.default_rng(SEED)
    rgb, depth, ids = shoot(cast, samples)
    measured = sensor_depth(depth, K[0, 0], rng)
    write_object(cast[0], folder / "watering_can.glb")
    pictures = {
        "rgb": rgb,
        "depth": np.round(measured / DEPTH_SCALE).astype(np.uint16),
        "mask": rough_mask(ids == 0, rng).astype(np.uint8) * 255,
    }
    for name, picture in pictures.items():
        Image.fromarray(picture).save(folder / f"{name}.png", optimize=True)
    camera = {"K": K.tolist(), "width": WIDTH, "height": HEIGHT}
    truth = {"object": cast[0].name, "cam_from_obj": (cam_from_world() @ cast[0].world_from_obj()).tolist()}
    (folder / "camera.json").write_text(json.dumps(camera, indent=1) + "\n")
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")


if __name__ == "__main__":
    main()
