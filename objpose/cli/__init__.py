"""The `objpose` command. Nothing heavy is imported here: `objpose --help` answers at once."""

from __future__ import annotations

import click

from objpose.cli.cameras import cameras
from objpose.cli.category import category
from objpose.cli.check import check
from objpose.cli.demo import demo
from objpose.cli.doctor import doctor
from objpose.cli.estimate import estimate
from objpose.cli.failures import OneLineErrors
from objpose.cli.hand_eye import hand_eye
from objpose.cli.onboard import onboard
from objpose.cli.onboard_photos import onboard_photos
from objpose.cli.onboard_views import onboard_views
from objpose.cli.reference import reference
from objpose.cli.symmetries import symmetries
from objpose.cli.track import track
from objpose.cli.train_nocs import train_nocs
from objpose.cli.view import view


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="objpose", prog_name="objpose")
def main() -> None:
    """Where is this object? A mesh and an image in, with depth or without; its pose out.

    Lengths are metres, poses are cam_from_obj in OpenCV camera axes.
    """


COMMANDS = (
    *(onboard, onboard_views, onboard_photos, symmetries, train_nocs, reference, estimate, category, track),
    *(check, cameras, hand_eye, view, demo, doctor),
)
for command in COMMANDS:
    main.add_command(command)
