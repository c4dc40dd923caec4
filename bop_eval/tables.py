"""A report as text for the terminal."""

from bop_eval.report import Report


def report_text(report: Report) -> str:
    """The figures of the set, of each object and of each scene, as aligned columns."""
    names = list(report.figures)
    rows = [["all", str(sum(report.targets.values())), *_values(report.figures, names)]]
    if report.intervals:
        ranges = [f"{one.low:.3f}..{one.high:.3f}" for one in report.intervals.values()]
        rows.append([f"95 % of draws of {report.drawn}", "", *ranges])
    rows += [
        [f"object {key}", str(report.targets[key]), *_values(figures, names)]
        for key, figures in report.per_object.items()
    ]
    rows += [[f"scene {key}", "", *_values(figures, names)] for key, figures in report.per_scene.items()]
    time = "unknown" if report.mean_time_s < 0 else f"{report.mean_time_s:.3f} s"
    head = (
        f"{report.dataset}, {report.task}: {report.estimates} estimates in {report.images} images, "
        f"mean time {time}"
    )
    return "\n".join([head, *aligned([["", "targets", *names], *rows])])


def _values(figures: dict[str, float], names: list[str]) -> list[str]:
    return [f"{figures[name]:.4f}" for name in names]


def aligned(rows: list[list[str]]) -> list[str]:
    """Rows as lines, the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return lines
