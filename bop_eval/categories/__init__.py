"""Evaluation of categories: pose and size of instances never seen, by 3D IoU degrees and centimetres."""

from bop_eval.categories.box_iou import axis_aligned_iou, oriented_iou, published_nocs_iou
from bop_eval.categories.class_rules import NOCS_CLASSES, ClassRules
from bop_eval.categories.evaluation import CategoryReport, evaluate_categories
from bop_eval.categories.records import Boxes, CategoryResults, read_category_results
from bop_eval.categories.tables import category_text
from bop_eval.categories.variants import VARIANTS, Variant

__all__ = [
    "NOCS_CLASSES",
    "VARIANTS",
    "Boxes",
    "CategoryReport",
    "CategoryResults",
    "ClassRules",
    "Variant",
    "axis_aligned_iou",
    "category_text",
    "evaluate_categories",
    "oriented_iou",
    "published_nocs_iou",
    "read_category_results",
]
