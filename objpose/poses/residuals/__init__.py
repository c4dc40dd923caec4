"""What a pose is aligned by: each kind of residual in a file of its own, all under one contract."""

from objpose.poses.residuals.anchor import Anchor
from objpose.poses.residuals.contact import Body, Contact, GroundPlane
from objpose.poses.residuals.depth import DepthResidual
from objpose.poses.residuals.edges import Edges
from objpose.poses.residuals.featuremetric import Featuremetric
from objpose.poses.residuals.outline import Outline
from objpose.poses.residuals.photometric import Photometric
from objpose.poses.residuals.posed import Posed, Residual
from objpose.poses.residuals.splats import SplatResidual, SplatResidualOptions

__all__ = [
    "Anchor",
    "Body",
    "Contact",
    "DepthResidual",
    "Edges",
    "Featuremetric",
    "GroundPlane",
    "Outline",
    "Photometric",
    "Posed",
    "Residual",
    "SplatResidual",
    "SplatResidualOptions",
]
