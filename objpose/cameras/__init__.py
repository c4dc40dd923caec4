"""Where were the cameras: pair hypotheses, the graph, synchronisation, outliers, recovery."""

from objpose.cameras.answer.files import write_scene
from objpose.cameras.answer.motions import Motion
from objpose.cameras.answer.recovered import RecoveredPhoto
from objpose.cameras.known.contradiction import Contradiction
from objpose.cameras.known.known import Known
from objpose.cameras.options import RecoverOptions
from objpose.cameras.recover import recover_cameras
from objpose.cameras.recovered_scene import RecoveredScene
from objpose.cameras.scene.photos import Photo, load_photos
from objpose.features.local import local_matcher

__all__ = [
    "Contradiction",
    "Known",
    "Motion",
    "Photo",
    "RecoverOptions",
    "RecoveredPhoto",
    "RecoveredScene",
    "load_photos",
    "local_matcher",
    "recover_cameras",
    "write_scene",
]
