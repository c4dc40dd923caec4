"""The pictures of the viewer in these pages: made on the example data and looked at in headless Chromium.

    .venv/bin/python docs/images/screenshots.py [WORK_FOLDER]

Needs `pip install 'objpose[view]'` and Chromium. What is estimated, tracked and recovered stays in
WORK_FOLDER (a temporary folder where none is given), so that a second call only looks again.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import runpy
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
import websockets
from PIL import Image, ImageFilter

from objpose.geometry import SE3, SO3
from objpose.io import read_camera, read_image, read_mesh, write_image, write_mesh
from objpose.raster import render_mesh
from objpose.viewing.result import show_result

IMAGES = Path(__file__).resolve().parent
EXAMPLES = IMAGES.parents[1] / "examples"
DATA = EXAMPLES / "data"
SIZE = 1280, 800
SHOWN = 1000  # pixels across, in the pages
SETTLED = 30.0  # seconds until software rendering has drawn and faded in everything
BROWSER = (
    "chromium", "--headless=new", "--no-sandbox", "--remote-debugging-port=0", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader", "--hide-scrollbars", "about:blank",
)  # fmt: skip
CLOSE_NOTICE = "document.querySelectorAll('.mantine-Notification-closeButton').forEach(b => b.click())"


def main() -> None:
    work = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    results = {
        "estimate": estimated(work),
        "rivals": undecided(work),
        "track": tracked(work),
        "cameras": recovered(work),
    }
    for name, result in results.items():
        server, shown = show_result(result, 8300)
        picture = asyncio.run(looked_at(f"http://127.0.0.1:{server.get_port()}", [CLOSE_NOTICE]))
        server.stop()
        save(picture, IMAGES / f"viewer_{name}.jpg")
        print(f"{name}: {shown}")


def estimated(work: Path) -> Path:
    """The watering can, from its depth."""
    files = [DATA / "rgb.png", "--camera", DATA / "camera.json", "--mask", DATA / "mask.png"]
    return made(work / "estimate", ["estimate", *files, "--depth", DATA / "depth.png", *CAN])


def undecided(work: Path) -> Path:
    """The bottle of examples/symmetry.py, its stripe turned out of sight, before the example table."""
    mesh = runpy.run_path(str(EXAMPLES / "symmetry.py"))["bottle"](stripe=True)
    camera, _ = read_camera(DATA / "camera.json")
    upright = SO3.exp(torch.tensor([1.97, 0.0, 0.0])) @ SO3.exp(torch.tensor([0.0, 0.0, 1.5]))
    cam_from_obj = SE3.from_rotation_translation(upright, torch.tensor([0.0, 0.1, 0.55]))
    drawn = render_mesh(
        mesh,
        cam_from_obj,
        camera.K,
        camera.width,
        camera.height,
        outputs=("color", "normals", "depth"),
        supersample=2,
    )
    assert drawn.color is not None and drawn.normals is not None
    shaded = drawn.color[0] * (0.4 + 0.6 * drawn.normals[0][..., 2:].abs())
    room = Image.fromarray(read_image(DATA / "rgb.png")).filter(ImageFilter.GaussianBlur(12))
    background = torch.from_numpy(np.array(room)) / 255
    seen = drawn.mask[0]
    photo = torch.where(seen[..., None], shaded, background)
    write_image(work / "bottle.png", (255 * photo).round().byte().numpy())
    write_image(work / "bottle_mask.png", np.asarray(255 * seen.byte()))
    write_mesh(work / "bottle.ply", mesh)
    files = [work / "bottle.png", "--camera", DATA / "camera.json", "--mask", work / "bottle_mask.png"]
    return made(work / "rivals", ["estimate", *files, "--object", work / "bottle.ply", "--units", "m"])


def tracked(work: Path) -> Path:
    """The video that examples/track_video.py draws."""
    example = SimpleNamespace(**runpy.run_path(str(EXAMPLES / "track_video.py")))
    video = work / "swing.mp4"
    if not video.is_file():
        example.record(video, [example.at(frame / example.RATE) for frame in range(example.FRAMES)])
    start = estimated(work) / "poses.json"
    files = [video, "--camera", DATA / "camera.json", "--start", start]
    return made(work / "track", ["track", *files, *CAN])


def recovered(work: Path) -> Path:
    """Six photos that examples/recover_cameras.py draws."""
    example = SimpleNamespace(**runpy.run_path(str(EXAMPLES / "recover_cameras.py")))
    can = read_mesh(DATA / "watering_can.glb")
    for index, azimuth in enumerate((-60.0, -36.0, -12.0, 12.0, 36.0, 60.0)):
        photo = example.photo([can, example.printed_cloth(can)], example.camera_at(azimuth, can))
        write_image(work / "photos" / f"{index}.png", photo)
    return made(work / "cameras", ["cameras", work / "photos"])


CAN = ["--object", DATA / "watering_can.glb"]


def made(out: Path, arguments: Sequence[object]) -> Path:
    if not out.is_dir():
        words = [str(argument) for argument in arguments]
        subprocess.run([Path(sys.executable).with_name("objpose"), *words, "--out", str(out)], check=True)
    return out


async def looked_at(address: str, scripts: Sequence[str]) -> Image.Image:
    """The page as it looks when all is drawn and the scripts have been run in it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [*BROWSER[:-1], f"--user-data-dir={profile}", BROWSER[-1]]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as browser:
            try:
                assert browser.stderr is not None
                said = next(line for line in browser.stderr if "DevTools listening" in line)
                port = said.split("127.0.0.1:")[1].split("/")[0]
                tabs = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
                page = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
                return await _driven(page, address, scripts)
            finally:
                browser.terminate()


async def _driven(page: str, address: str, scripts: Sequence[str]) -> Image.Image:
    async with websockets.connect(page, max_size=None) as tab:

        async def call(method: str, **parameters: object) -> dict[str, Any]:
            await tab.send(json.dumps({"id": 1, "method": method, "params": parameters}))
            while True:
                answer = json.loads(await tab.recv())
                if answer.get("id") == 1:
                    return answer["result"]

        width, height = SIZE
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        await call("Emulation.setDeviceMetricsOverride", **metrics)
        await call("Page.navigate", url=address)
        await asyncio.sleep(SETTLED)
        for script in scripts:
            await call("Runtime.evaluate", expression=script)
            await asyncio.sleep(SETTLED / 10)
        shot = await call("Page.captureScreenshot", format="png")
        return Image.open(io.BytesIO(base64.b64decode(shot["data"])))


def save(picture: Image.Image, path: Path) -> None:
    small = picture.convert("RGB").resize((SHOWN, SHOWN * SIZE[1] // SIZE[0]), Image.Resampling.LANCZOS)
    small.save(path, quality=82, optimize=True)


if __name__ == "__main__":
    main()
