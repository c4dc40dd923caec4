"""Three doors by which something becomes an ObjectModel: a mesh, posed views, plain photos; found again.

That for photos, `onboarding.photos`, is imported where it is used: it brings the recovery of cameras along.
"""

from objpose.onboarding.lookup import load_object
from objpose.onboarding.mesh import OnboardOptions, onboard
from objpose.onboarding.posed_folder import PosedViews, read_posed_views
from objpose.onboarding.views import onboard_views

__all__ = [
    "OnboardOptions",
    "PosedViews",
    "load_object",
    "onboard",
    "onboard_views",
    "read_posed_views",
]
