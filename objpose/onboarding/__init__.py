"""From a mesh to an ObjectModel: units, surface, view sphere, symmetry, descriptors; saved and loaded."""

from objpose.onboarding.object_model import Keypoints, ObjectModel
from objpose.onboarding.onboard import OnboardOptions, load_object, onboard
from objpose.onboarding.surface import Surface
from objpose.onboarding.view_sphere import ViewSphere

__all__ = ["Keypoints", "ObjectModel", "OnboardOptions", "Surface", "ViewSphere", "load_object", "onboard"]
