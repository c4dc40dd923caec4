"""`python -m objpose.ros --ros-args -p objects:="['drill.ply']" -r image:=/camera/color/image_raw`."""

import click

from objpose.cli.failures import one_line_errors
from objpose.ros.main import main

with one_line_errors(lambda line: click.echo(line, err=True)):
    main()
