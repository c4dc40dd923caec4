"""Onboarded objects, as data; kept on disk, and with them what is made of them at first use."""

from objpose.objects.names import TEMPLATES
from objpose.objects.object_model import Keypoints, ObjectModel
from objpose.objects.storage import is_object, is_outdated
from objpose.objects.store import Making, OnDisk, made_of
from objpose.objects.surface import Surface
from objpose.objects.template_storage import object_templates
from objpose.objects.templates import TemplateOptions, TemplateSet, build_templates
from objpose.objects.view_sphere import ViewSphere

__all__ = [
    "TEMPLATES",
    "Keypoints",
    "ObjectModel",
    "OnDisk",
    "Making",
    "Surface",
    "TemplateOptions",
    "TemplateSet",
    "ViewSphere",
    "build_templates",
    "is_object",
    "is_outdated",
    "made_of",
    "object_templates",
]
