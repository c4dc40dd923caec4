"""`objpose track`: objects followed through a video, pictures, a bag or a camera."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from objpose.cli.onboard import UNITS
from objpose.errors import InputError

if TYPE_CHECKING:
    from objpose import SE3, ObjectModel, TrackerOptions
    from objpose.cli.track_run import Run
    from objpose.io.frame_sources import Source
    from objpose.onboarding.units import Units

FILE = click.Path(path_type=Path)
LIVE = "realsense"


@click.command()
@click.argument("frames", type=FILE, required=False)
@click.option(
    "--object",
    "names",
    required=True,
    multiple=True,
    help="Name of an onboarded object, or a mesh file; repeatable.",
)
@UNITS
@click.option("--out", type=FILE, required=True, help="Folder to write.")
@click.option(
    "--camera",
    help=f"Camera file, as for objpose estimate; {LIVE}: the camera that is plugged in, in place of FRAMES.  "
    "[default: what a BOP scene or a bag says]",
)
@click.option("--depth", help="Folder of the depth maps of pictures, by name; or topic of a bag.")
@click.option("--depth-scale", type=float, help="Metres per stored unit, as for objpose estimate.")
@click.option("--rate", type=float, help="Frames a second of pictures and BOP scenes.  [default: 30]")
@click.option("--topic", help="Topic of a bag's colour pictures.  [default: the only one]")
@click.option(
    "--start", type=FILE, help="poses.json of objpose estimate on the first frame.  [default: looked for]"
)
@click.option(
    "--agility",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="0: smooth, for slow motion and steady poses; 1: fast, for what is thrown.",
)
@click.option(
    "--step", type=click.IntRange(1), default=1, show_default=True, help="Take each STEPth frame only."
)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same answer.")
@click.option("--replace", is_flag=True, help="Take the place of what another run wrote into --out.")
def track(
    frames: Path | None,
    names: tuple[str, ...],
    units: Units,
    out: Path,
    camera: str | None,
    depth: str | None,
    depth_scale: float | None,
    rate: float | None,
    topic: str | None,
    start: Path | None,
    agility: float,
    step: int,
    seed: int,
    replace: bool,
) -> None:
    """Follow objects through FRAMES.

    FRAMES is a folder of numbered pictures, a BOP scene, a video (MP4, MOV, AVI, MKV), or a bag of ROS (.bag,
    .mcap, a folder of ROS 2; needs objpose[bags]). Writes OUT/poses.csv and OUT/states.json (status, pose,
    confidence and reason of every object in every frame; metres, seconds), OUT/strip.jpg and OUT/overlay.mp4.

    A run that is interrupted goes on when the same command is given again, from the frame after the last one
    and the poses trusted then.
    """
    from objpose import TrackerOptions
    from objpose.cli.interrupts import goes_on
    from objpose.cli.objects import load_objects
    from objpose.cli.track_files import summary, write_tables
    from objpose.cli.track_live import recorded
    from objpose.cli.track_pictures import write_pictures
    from objpose.cli.track_run import Run, identity_of, read_start
    from objpose.io.atomic import check_writable
    from objpose.viewing.track_file import track_inputs

    check_writable(out / "poses.csv")
    source = _source(frames, camera, depth, depth_scale, rate, topic)
    models = load_objects(names, units)
    known = [model.name for model in models]
    given = {} if start is None else read_start(start, known)
    settings = {
        "camera": camera, "depth": depth, "depth_scale": depth_scale, "rate": rate, "topic": topic,
        "start": str(start) if start else None, "agility": agility, "step": step, "seed": seed,
    }  # fmt: skip
    run = Run.begin(out, identity_of(frames, known, settings), replace)
    options = TrackerOptions(agility, "background" if source.is_live else "wait", seed)
    with goes_on(lambda: None if source.is_live else "the same command goes on from here"):
        _follow(run, source, models, given, options, step)
        again = recorded(out) if source.is_live else source
        written = write_tables(run, track_inputs(models, names, next(again.shots(), None)))
        written += write_pictures(run, again, models, 1 if source.is_live else step)
    click.echo(summary(run))
    click.echo(f"written to {', '.join(map(str, written))}")
    run.end()


def _follow(
    run: Run,
    source: Source,
    models: list[ObjectModel],
    given: dict[str, SE3],
    options: TrackerOptions,
    step: int,
) -> None:
    """Track through what is left of the source, and keep what is found in the run."""
    from tqdm import tqdm

    import objpose
    from objpose.cli.track_live import recorder
    from objpose.tracking import frame_of

    first, start = run.goes_on_at(step, given)
    count = None if source.count is None else -(-source.count // step)
    with (
        objpose.Tracker(models, start or None, options) as tracker,
        recorder(run.folder) as keep,
        tqdm(total=count, desc="tracking", initial=first // step, unit="frame", disable=None) as bar,
    ):
        try:
            for shot in source.shots(first, step):
                states = tracker.update(frame_of(shot), shot.timestamp)
                run.append(shot, states)
                if source.is_live:
                    keep(shot)
                bar.set_postfix_str(", ".join(f"{one.object} {one.status.value}" for one in states), False)
                bar.update()
        except KeyboardInterrupt:
            if not source.is_live:  # a camera has no other end
                raise


def _source(
    frames: Path | None,
    camera: str | None,
    depth: str | None,
    depth_scale: float | None,
    rate: float | None,
    topic: str | None,
) -> Source:
    from objpose.io.frame_sources import open_source
    from objpose.io.frame_sources.realsense import RealSenseFrames

    if camera == LIVE:
        if frames is not None:
            raise InputError(frames, f"frames beside --camera {LIVE}", "one of them", "leave one out")
        return RealSenseFrames()
    if frames is None:
        cure = f"name a folder, a video or a bag, or give --camera {LIVE}"
        raise InputError("FRAMES", "none", "where the frames are", cure)
    return open_source(frames, camera, depth, depth_scale, rate, topic)
