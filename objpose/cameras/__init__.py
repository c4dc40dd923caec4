"""Where were the cameras: pair hypotheses, the graph, synchronisation, outliers, recovery."""

from objpose.cameras.files import write_scene
from objpose.cameras.photos import Photo, load_photos
from objpose.cameras.recover import RecoverOptions, recover_cameras
from objpose.cameras.recovered import RecoveredPhoto, RecoveredScene
from objpose.features.local import local_extractor

__all__ = [
    "Photo",
    "RecoverOptions",
    "RecoveredPhoto",
    "RecoveredScene",
    "load_photos",
    "local_extractor",
    "recover_cameras",
    "write_scene",
]
