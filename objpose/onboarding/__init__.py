"""From a mesh to an ObjectModel: units, surface, view sphere, symmetry, descriptors; saved and loaded."""

from objpose.onboarding.lookup import load_object
from objpose.onboarding.object_model import Keypoints, ObjectModel
from objpose.onboarding.onboard import OnboardOptions, onboard
from objpose.onboarding.storage import is_object
from objpose.onboarding.surface import Surface
from objpose.onboarding.template_storage import object_templates
from objpose.onboarding.templates import TemplateOptions, TemplateSet, build_templates
from objpose.onboarding.view_sphere import ViewSphere

__all__ = [
    "Keypoints",
    "ObjectModel",
    "OnboardOptions",
    "Surface",
    "TemplateOptions",
    "TemplateSet",
    "ViewSphere",
    "build_templates",
    "is_object",
    "load_object",
    "object_templates",
    "onboard",
]
