"""`objpose hand-eye`: where the camera sits on the gripper, or stands beside the robot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from objpose.calibration.samples import Eye

FILE = click.Path(path_type=Path)


@click.command("hand-eye")
@click.argument("samples", type=FILE)
@click.option(
    "--eye",
    type=click.Choice(["in-hand", "to-hand"]),
    required=True,
    help="in-hand: the camera moves with the gripper, the board stands still; to-hand: the camera stands "
    "still, the board moves with the gripper.",
)
@click.option(
    "--board",
    help="What the photos show: chessboard:9x6:0.025 (inner corners, metres of a square), "
    "charuco:7x5:0.04:0.03:aruco_4x4_50 (squares, metres of a square and a marker) or tag:36h11:7:0.12. "
    "Needs pip install 'objpose[tags]'.",
)
@click.option("--camera", type=FILE, help="Camera file, as for objpose estimate, of photos and corners.")
@click.option("--out", type=FILE, default=Path("hand_eye.json"), show_default=True, help="File to write.")
def hand_eye(samples: Path, eye: Eye, board: str | None, camera: Path | None, out: Path) -> None:
    """Where the camera is, from SAMPLES: stops of the robot, and what the camera saw of a board at each.

    SAMPLES is a JSON or CSV file of base_from_gripper with cam_from_board, or with corners in pixels; or a
    folder of photos with robot_poses.json or robot_poses.csv, whose names are those of the photos. 12 to 15
    stops, the hand tilted by 30 degrees and more about two axes. Prints gripper_from_cam (eye in hand) or
    base_from_cam (eye to hand) with its sigma, and how far off each sample is from where all others foretell
    it. Inverted or mirrored frames and other units are recognised and refused.
    """
    from objpose.calibration import calibrate_hand_eye, parse_board
    from objpose.calibration.from_files import read_samples
    from objpose.calibration.told import record_of, words_of
    from objpose.io import read_camera, write_json
    from objpose.io.atomic import check_writable

    check_writable(out)
    lens = None if camera is None else read_camera(camera)[0]
    given = read_samples(samples, None if board is None else parse_board(board), lens)
    answer = calibrate_hand_eye(given, eye)
    for line in words_of(answer):
        click.echo(line)
    write_json(out, record_of(answer))
    click.echo(f"written to {out}")
