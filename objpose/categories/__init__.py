"""Pose and size of instances of a category, that nobody has seen before."""

from objpose.categories.answer import CategoryEstimate, OtherInstance
from objpose.categories.estimate import estimate_category
from objpose.categories.options import CategoryOptions
from objpose.categories.shape_model import ShapeModel, categories, shape_model

__all__ = [
    "CategoryEstimate",
    "CategoryOptions",
    "OtherInstance",
    "ShapeModel",
    "categories",
    "estimate_category",
    "shape_model",
]
