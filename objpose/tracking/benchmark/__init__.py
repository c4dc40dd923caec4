"""Trackers measured in the field's own terms, on recordings with known poses.

`play` a recording to a tracker, then `score` the runs: RBOT's share of frames within 5 cm and 5 degrees, with
a reset to the truth after each failure and without, the area under the curve of ADD and ADD-S up to 10 cm,
whether the states are honest, and the time of a frame. `gaps_in` a run tells how soon a vanished object was
doubted, and how soon it was had again.
"""

from objpose.tracking.benchmark.errors import PoseErrors, PoseJudge
from objpose.tracking.benchmark.gaps import Gap, gaps_in
from objpose.tracking.benchmark.play import Follower, Run, play
from objpose.tracking.benchmark.recording import Recording
from objpose.tracking.benchmark.score import Score, score
from objpose.tracking.benchmark.table import table

__all__ = [
    "Follower",
    "Gap",
    "PoseErrors",
    "PoseJudge",
    "Recording",
    "Run",
    "Score",
    "gaps_in",
    "play",
    "score",
    "table",
]
