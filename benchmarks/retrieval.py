"""Template retrieval over all viewing directions and lights: the rank of the first right template, as a plot.

    python benchmarks/retrieval.py [--directions 40] [--lights 2] [--plot docs/images/retrieval.png]

Each object of objects.py is drawn from an even sweep of directions, turned at random about the optical axis,
off the image's centre, under lights, exposures, casts and noise as in scenes.py, in half of the views a third
of it hidden. A template is right when its view is within 25 degrees of the true one, symmetries counted.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from bodies import BenchmarkObject
from objects import object_set
from PIL import Image, ImageDraw
from sensing import Difficulty, seen_color
from torch import Tensor
from tqdm import tqdm

from objpose import Camera, Frame, ObjectModel, onboard
from objpose.features import PatchDescriptor
from objpose.geometry import SE3, SO3, view_rotations
from objpose.objects import object_templates
from objpose.poses.propose.retrieval import retrieve, words_cosine
from objpose.poses.query import describe, query_view
from objpose.raster import render_mesh

RIGHT_DEG = 25.0
RANKS = (1, 5, 20, 50)
CAMERA = Camera.from_K([[600.0, 0, 319.5], [0, 600.0, 239.5], [0, 0, 1]], 640, 480)
BACKGROUND = 0.35
COLORS = {"words alone": (213, 94, 0), "all evidence": (0, 114, 178)}


class View(NamedTuple):
    frame: Frame
    mask: Tensor  # (H, W) bool
    cam_from_obj: SE3


def main(arguments: list[str] | None = None) -> dict[str, Tensor]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--directions", type=int, default=40)
    parser.add_argument("--lights", type=int, default=2)
    parser.add_argument("--objects", type=int, default=10)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args(arguments)
    ranks = {name: [] for name in COLORS}
    for thing in tqdm(object_set(0)[: options.objects], desc="objects", disable=None):
        for name, found in sweep(thing, options.directions, options.lights).items():
            ranks[name].append(found)
    ranks = {name: torch.cat(found) for name, found in ranks.items()}
    print(f"{len(ranks['all evidence'])} views; share whose first right template ranks within")
    print(f"{'':14s}" + "".join(f"{f'top {rank}':>8s}" for rank in RANKS))
    for name, found in ranks.items():
        print(f"{name:14s}" + "".join(f"{float((found <= rank).float().mean()):8.2f}" for rank in RANKS))
    if options.plot is not None:
        draw(ranks, options.plot)
    return ranks


def sweep(thing: BenchmarkObject, directions: int, lights: int) -> dict[str, Tensor]:
    """(directions * lights,) ranks, from 1, by each kind of evidence."""
    features = PatchDescriptor()
    model = onboard(thing.mesh, thing.name, "m", out=None, symmetry=thing.symmetry, progress=False)
    templates = object_templates(model, features, progress=False)
    ranks: dict[str, list[int]] = {name: [] for name in COLORS}
    rng = np.random.default_rng(len(thing.name))
    for rotation in view_rotations(directions, 1).wxyz:
        for light in range(lights):
            view = make_view(model, SO3(rotation), rng, hidden=light % 2 == 1)
            query = query_view(view.frame, view.mask, templates.views.size, templates.views.fill)
            patches = describe(query, features, templates)
            scores = {
                "words alone": words_cosine(templates, patches),
                "all evidence": retrieve(templates, words_cosine(templates, patches), query),
            }
            turn = query.query_from_cam @ view.cam_from_obj.rotation
            right = angles(templates.views.cam_from_obj.rotation, turn, model) < RIGHT_DEG
            for name, score in scores.items():
                order = score.sort(descending=True, stable=True).indices
                ranks[name].append(int(right[order].nonzero()[0, 0]) + 1)
    return {name: torch.tensor(found) for name, found in ranks.items()}


def make_view(model: ObjectModel, rotation: SO3, rng: np.random.Generator, hidden: bool) -> View:
    """The object alone before a plain background, off the centre; hidden: a third of it, from one side."""
    roll = SO3.exp(torch.tensor([0.0, 0.0, rng.uniform(0, 2 * np.pi)], dtype=torch.float32))
    distance = rng.uniform(4.0, 8.0) * model.diameter
    pixel = torch.tensor([rng.uniform(200, 440), rng.uniform(150, 330)], dtype=torch.float32)
    centre = CAMERA.unproject(pixel, torch.tensor(distance, dtype=torch.float32))
    rotation = roll @ rotation
    offset = centre - rotation.apply(model.mesh.bounds().mean(0))
    cam_from_obj = SE3.from_rotation_translation(rotation, offset)
    drawn = render_mesh(
        model.mesh, cam_from_obj[None], CAMERA.K.float(), 640, 480, outputs=("color", "normals")
    )
    color = torch.where(drawn.mask[0][..., None], drawn.color[0], BACKGROUND)
    rgb = seen_color(color.double().numpy(), drawn.normals[0].double().numpy(), rng, Difficulty())
    mask = drawn.mask[0]
    if hidden:
        rows, columns = mask.nonzero().unbind(-1)
        direction = torch.tensor(rng.normal(size=2), dtype=torch.float32)
        across = rows * direction[0] + columns * direction[1]
        gone = across > across.quantile(2 / 3)
        mask = mask.clone()
        mask[rows[gone], columns[gone]] = False
    return View(Frame(rgb, CAMERA), mask, cam_from_obj)


def angles(views: SO3, truth: SO3, model: ObjectModel) -> Tensor:
    """(T,) degrees between rotations (T,) and the nearest equal by symmetry of the true one."""
    equals = truth.matrix() @ model.symmetry.transforms(model.diameter, 0.1).rotation.matrix()
    trace = torch.einsum("tij,sij->ts", views.matrix(), equals)
    return ((trace - 1) / 2).clamp(-1, 1).acos().amin(1).rad2deg()


def draw(ranks: dict[str, Tensor], path: Path) -> None:
    """Share of the views against the rank, on a logarithmic axis."""
    width, height, left, bottom = 640, 400, 60, 50
    picture = Image.new("RGB", (width, height), "white")
    canvas = ImageDraw.Draw(picture)
    most = 798

    def across(rank: int) -> float:
        return left + (width - left - 20) * np.log(rank) / np.log(most)

    def up(share: float) -> float:
        return height - bottom - (height - bottom - 40) * share

    for share in np.arange(0, 1.01, 0.25):
        canvas.line([(left, up(share)), (width - 20, up(share))], fill=(220, 220, 220))
        canvas.text((left - 35, up(share) - 6), f"{share:.2f}", fill="black")
    for rank in (1, 2, 5, 10, 20, 50, 100, 200, 500):
        canvas.line([(across(rank), up(0)), (across(rank), up(1))], fill=(235, 235, 235))
        canvas.text((across(rank) - 6, up(0) + 8), str(rank), fill="black")
    for row, (name, found) in enumerate(ranks.items()):
        steps = [(rank, float((found <= rank).float().mean())) for rank in range(1, most + 1)]
        canvas.line([(across(rank), up(share)) for rank, share in steps], fill=COLORS[name], width=3)
        canvas.text((width - 150, up(0.25) + 18 * row), name, fill=COLORS[name])
    canvas.text(
        (left, 12), "share of views whose first template within 25 degrees has this rank", fill="black"
    )
    canvas.text((width // 2 - 40, height - 22), "rank, of 798 templates", fill="black")
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)


if __name__ == "__main__":
    main()
