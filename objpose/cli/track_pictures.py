"""What `objpose track` found, drawn: a video of all frames and a strip of some."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from objpose.cli.track_records import state_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from objpose import ObjectModel
    from objpose.cli.track_run import Run
    from objpose.io.frame_sources import Source

TILES = 12  # of the strip


def write_pictures(run: Run, source: Source, models: list[ObjectModel], step: int) -> list[Path]:
    """OUT/overlay.mp4 and OUT/strip.jpg, drawn in a second pass, which no frame had to wait for.

    source: of the same frames again; each `step` of them one.
    """
    from tqdm import tqdm

    from objpose.io import write_image
    from objpose.io.videos import video_writer
    from objpose.overlay import draw_states, draw_strip
    from objpose.tracking import frame_of

    video, strip = run.folder / "overlay.mp4", run.folder / "strip.jpg"
    statuses = [tuple(state["status"] for state in record["states"]) for record in run.records()]
    if not statuses:
        return []
    chosen, tiles, captions = set(choose_tiles(statuses)), [], []
    first = next(source.shots())
    pairs = zip(source.shots(0, step), run.records(), strict=False)
    with (
        video_writer(video, first.camera.width, first.camera.height) as add,
        tqdm(pairs, "drawing", len(statuses), unit="frame", leave=False, disable=None) as bar,
    ):
        for i, (shot, record) in enumerate(bar):
            states = [state_of(state, record["timestamp"]) for state in record["states"]]
            picture = draw_states(frame_of(shot), states, models)
            add(picture, record["timestamp"])
            if i in chosen:
                tiles.append(picture)
                captions.append(f"frame {record['frame']}")
    write_image(strip, draw_strip(tiles, captions))
    return [strip, video]


def choose_tiles(statuses: Sequence[tuple[str, ...]], count: int = TILES) -> list[int]:
    """Frames that tell the story: first and last, where a status changes, and middles of the longest rests.

    Of more changes than fit, evenly many are left out.
    """
    last = len(statuses) - 1
    changes = [i for i in range(1, last) if statuses[i] != statuses[i - 1]]
    room = min(count, len(statuses)) - len({0, last})
    if len(changes) > room:
        changes = [changes[i * len(changes) // room] for i in range(room)]
    chosen = sorted({0, last, *changes})
    while len(chosen) < min(count, len(statuses)):
        gaps = [after - before for before, after in zip(chosen, chosen[1:], strict=False)]
        widest = gaps.index(max(gaps))
        chosen.insert(widest + 1, chosen[widest] + gaps[widest] // 2)
    return chosen
