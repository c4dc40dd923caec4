"""A report as text for the terminal."""

from bop_eval.categories.evaluation import CategoryReport
from bop_eval.tables import aligned


def category_text(report: CategoryReport) -> str:
    """The variant and what it means, then the figures of all classes and of each, in percent."""
    head = f"{report.variant.name}: {report.variant.meaning}"
    counts = f"{report.predictions} predictions of {report.truths} boxes in {report.images} images"
    if report.without_pose:
        counts += f"; {report.without_pose} hold no pose (zeros, NaN or a mirrored frame) and count as wrong"
    rows = [["mean AP, %", *(f"{value:.1f}" for value in report.figures.values())]]
    if report.intervals:
        ranges = [f"{one.low:.1f}..{one.high:.1f}" for one in report.intervals.values()]
        rows.append(["95 % of draws", *ranges])
        counts += f"; intervals by drawing {report.clusters}"
    rows += [[name, *(f"{value:.1f}" for value in of.values())] for name, of in report.per_class.items()]
    return "\n".join([head, counts, *aligned([["", *report.figures], *rows])])
