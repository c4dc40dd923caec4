"""Pairs to learn matching from: the patches of a photo's crop and of two templates, and the points they show.

    python -m training.mini_map.pairs FOLDER --shards 12 [--seed 0]

Crops and templates are made by the package's own code. A shard is a safetensors file of 96 crops; shard i of
a seed is always the same, and shards that lie in the folder already are kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from tqdm import tqdm

from objpose.crops import main_part
from objpose.features.mini import PATCHES
from objpose.geometry import SE3, nearest_pixels
from objpose.objects.template_views import TemplateViews, ViewOptions, template_views
from objpose.objects.templates import BACKGROUND, covered
from objpose.poses.query import Query, query_view
from objpose.raster import render_mesh
from training.drawn.photos import Photo, photo_of
from training.drawn.things import Thing, any_thing

SIZE, STRIDE = 160, PATCHES.stride  # pixels of a crop, and between cells
THINGS, PHOTOS = 24, 4  # things of a shard, photos of each
NEAR, FAR = 4, 16  # the first template is one of the nearest few of 798, the second of the nearest many
CELLS = STRIDE * torch.arange(SIZE // STRIDE) + STRIDE // 2  # the pixels nearest to the cells' centres
EQUALS = 4  # rotations kept of a thing that looks the same under some


class Pairs(NamedTuple):
    """B crops, each with two templates: three pictures of 400 cells."""

    patches: Tensor  # (B, 3, 20, 20, D) half, as PatchDescriptor gives them
    owned: Tensor  # (B, 3, 400) bool: cells on the mask, which the package describes
    points: Tensor  # (B, 3, 400, 3) half, of the surface, in diameters; NaN in cells that show none
    equals: (
        Tensor  # (B, 4, 3, 3) rotations that leave the thing looking the same, repeated if there are fewer
    )
    round: Tensor  # (B,) bool: any turn about z does too

    def rows(self, index: Tensor) -> Pairs:
        return Pairs(*(values[index] for values in self))


class Picture(NamedTuple):
    """Of a crop or template."""

    image: Tensor  # (3, S, S), as features are given it
    mask: Tensor  # (S, S) bool
    points: Tensor  # (20, 20, 3)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shards", type=int, nargs="+", default=[12], help="how many, or from and to")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    for shard in tqdm(range(*options.shards), desc="shards", disable=None):
        file = options.folder / f"{options.seed}-{shard:04d}.safetensors"
        if not file.exists():
            partial = file.with_suffix(".partial")
            save_file(draw_shard(options.seed, shard)._asdict(), partial)
            partial.rename(file)


def load_pairs(file: Path) -> Pairs:
    return Pairs(**load_file(file))


def draw_shard(seed: int, shard: int, things: int = THINGS, photos: int = PHOTOS) -> Pairs:
    rng = np.random.default_rng((seed, shard))
    made = [any_thing(rng) for _ in range(things)]
    rows = []
    for thing in made:
        views = template_views(thing.mesh, SIZE, ViewOptions())
        others = [other for other in made if other is not thing]
        for _ in range(photos):
            photo = None
            while photo is None:
                photo = photo_of(thing, others, rng)
            rows.append(_pair(thing, views, photo, rng))
    return Pairs(*(torch.stack(values) for values in zip(*rows, strict=True)))


def _pair(thing: Thing, views: TemplateViews, photo: Photo, rng: np.random.Generator) -> Pairs:
    query = query_view(photo.frame, main_part(photo.mask), SIZE, views.fill)
    crop = _picture(query.rgb, query.mask, _seen_points(thing, photo, query))
    pictures = [crop, *_templates(thing, views, _nearest(thing, views, query, photo, rng))]
    masks = torch.stack([picture.mask for picture in pictures])
    equals = torch.from_numpy(thing.equals).float()
    return Pairs(
        PATCHES(torch.stack([picture.image for picture in pictures])).descriptors.half(),
        covered(masks, 3)[:, CELLS][:, :, CELLS].flatten(1),
        torch.stack([picture.points for picture in pictures]).flatten(1, 2).half(),
        equals[torch.arange(EQUALS) % len(equals)],
        torch.tensor(thing.round),
    )


def _nearest(
    thing: Thing, views: TemplateViews, query: Query, photo: Photo, rng: np.random.Generator
) -> Tensor:
    """(2,) templates turned much as the crop shows the thing, symmetries counted."""
    equals = torch.from_numpy(thing.equals).float()
    turn = (query.query_from_cam @ photo.cam_from_obj.rotation).matrix().float() @ equals
    view = views.cam_from_obj.rotation.matrix()
    if thing.round:  # what is left of a turn is where the axis points
        alike = (view[:, :, 2] @ turn[:, :, 2].mT).amax(1)
    else:
        alike = torch.einsum("tij,sij->ts", view, turn).amax(1)
    order = alike.argsort(descending=True, stable=True)
    return order[torch.tensor([int(rng.integers(NEAR)), int(rng.integers(FAR))])]


def _templates(thing: Thing, views: TemplateViews, chosen: Tensor) -> list[Picture]:
    drawn = render_mesh(
        thing.mesh,
        views.cam_from_obj[chosen],
        views.K[chosen],
        SIZE,
        SIZE,
        outputs=("depth", "coords", "color"),
    )
    assert drawn.coords is not None and drawn.color is not None  # asked for
    points = torch.where(drawn.mask[..., None], drawn.coords / thing.mesh.diameter(), torch.nan)
    cells = points[:, CELLS][:, :, CELLS]
    return [_picture(*parts) for parts in zip(drawn.color, drawn.mask, cells, strict=True)]


def _seen_points(thing: Thing, photo: Photo, query: Query) -> Tensor:
    """(20, 20, 3) surface points at the cells' centres, in diameters; NaN where the thing is not seen."""
    pose = SE3.from_rotation_translation(
        query.query_from_cam @ photo.cam_from_obj.rotation,
        query.query_from_cam.apply(photo.cam_from_obj.translation),
    )
    drawn = render_mesh(thing.mesh, pose, query.K, SIZE, SIZE, outputs=("depth", "coords"))
    assert drawn.coords is not None  # asked for
    row, column = torch.meshgrid(CELLS, CELLS, indexing="ij")
    rays = torch.linalg.solve(
        query.K.double(), torch.stack([column, row, torch.ones_like(row)], -1).double()[..., None]
    )
    in_photo = photo.frame.camera.project(query.query_from_cam.inverse().apply(rays[..., 0].float()))
    x, y, inside = nearest_pixels(in_photo, *photo.frame.size)
    seen = drawn.mask[0, row, column] & inside & photo.visible[y, x]
    return torch.where(seen[..., None], drawn.coords[0, row, column] / thing.mesh.diameter(), torch.nan)


def _picture(color: Tensor, mask: Tensor, points: Tensor) -> Picture:
    """Of colours (S, S, 3) in 8 bits, as pictures come."""
    rounded = (255 * color.clamp(0, 1)).round() / 255
    return Picture(torch.where(mask[..., None], rounded, BACKGROUND).permute(2, 0, 1), mask, points)


if __name__ == "__main__":
    main()
