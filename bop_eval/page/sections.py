"""The sections of the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bop_eval.bootstrap import Interval
from bop_eval.comparison import differences
from bop_eval.page.charts import Series, bar_chart, color, line_chart
from bop_eval.page.worst import WorstCase
from bop_eval.report import Report

AXES = {
    "VSD": "share of the surface that is wrong",
    "MSSD": "distance in diameters",
    "MSPD": "pixels of an image 640 wide",
    "MSSD_MM": "distance in mm",
}


FIGURE = {"localization": "AR", "detection": "AP"}
SURPRISING = 0.05


@dataclass(frozen=True)
class Submission:
    """One result file: its name, its report for each task that the set has, its worst estimates."""

    name: str
    reports: dict[str, Report]
    worst: list[WorstCase]
    scoring_s: float


def summary(submissions: Sequence[Submission]) -> str:
    """A table of all figures, the best of each in bold."""
    figures = [
        {name: value for report in one.reports.values() for name, value in report.figures.items()}
        for one in submissions
    ]
    ranges = [
        {name: one for report in one.reports.values() for name, one in report.intervals.items()}
        for one in submissions
    ]
    names = list(figures[0])
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in names)
    rows = []
    for index, one in enumerate(submissions):
        of = ranges[index]
        cells = "".join(
            f"<td{_best(value, [other[name] for other in figures])}>{value:.4f}{_range(of, name)}</td>"
            for name, value in figures[index].items()
        )
        report = next(iter(one.reports.values()))
        time = "unknown" if report.mean_time_s < 0 else f"{report.mean_time_s:.3f} s"
        rows.append(f"<tr><td>{_key(index)}{escape(one.name)}</td>{cells}<td>{time}</td></tr>")
    table = f"<table><tr><th>submission</th>{head}<th>time / image</th></tr>{''.join(rows)}</table>"
    note = "AR: localization (BOP19). AP: detection (BOP24; BOP25 takes AP MSSD)."
    drawn = next(iter(submissions[0].reports.values())).drawn
    if drawn:
        note += f" Below each figure where it lies in 95 % of the draws of {drawn}."
    return _section("Scores", note, table)


def compared(submissions: Sequence[Submission], tasks: Sequence[str]) -> str:
    """Every pair of submissions: is the difference more than the choice of images makes?"""
    rows = []
    for task in tasks:
        figure = FIGURE[task]
        for one in differences([submission.reports[task] for submission in submissions], figure):
            names = [f"{_key(place)}{escape(submissions[place].name)}" for place in (one.first, one.second)]
            verdict = "told apart" if one.p < SURPRISING else "not told apart"
            rows.append(
                f"<tr><td>{names[0]} less {names[1]}</td><td>{figure}</td><td>{one.value:+.4f}</td>"
                f"<td>{one.interval.low:+.4f} to {one.interval.high:+.4f}</td><td>{one.p:.3f}</td>"
                f"<td>{verdict}</td></tr>"
            )
    head = "<tr><th>submissions</th><th>figure</th><th>difference</th><th>95 %</th><th>p</th><th></th></tr>"
    note = (
        f"The same draws of {submissions[0].reports[tasks[0]].drawn} score both (paired bootstrap). p: how "
        f"surprising the difference would be if there were none, corrected for the number of pairs (Holm); "
        f"told apart below {SURPRISING}."
    )
    return _section("Differences", note, f"<table>{head}{''.join(rows)}</table>")


def curves(submissions: Sequence[Submission], task: str) -> str:
    """Recall or average precision over the threshold, a chart for each error."""
    meaning = "Recall" if task == "localization" else "Average precision"
    first = submissions[0].reports[task]
    charts = [
        line_chart(
            f"{meaning}, {name.replace('_', ' ')}", AXES[name], error.thresholds.tolist(),
            [Series(one.name, one.reports[task].errors[name].scores.tolist()) for one in submissions],
        )
        for name, error in first.errors.items()
    ]  # fmt: skip
    note = f"{meaning} when an estimate counts as correct below the threshold on the horizontal axis."
    title = f"{meaning} by threshold ({task})"
    return _section(title, note, _legend(submissions) + f'<div class="row">{"".join(charts)}</div>')


def bars(submissions: Sequence[Submission], task: str) -> str:
    """The figure of each object, and of each scene."""
    figure = FIGURE[task]
    reports = [(one.name, one.reports[task]) for one in submissions]
    first = reports[0][1]
    by_object = [
        Series(name, [report.per_object[key][figure] for key in first.per_object]) for name, report in reports
    ]
    by_scene = [
        Series(name, [report.per_scene[key][figure] for key in first.per_scene]) for name, report in reports
    ]
    charts = bar_chart([f"object {key} ({first.targets[key]})" for key in first.per_object], by_object)
    charts += bar_chart([f"scene {key}" for key in first.per_scene], by_scene)
    note = f"{figure} of each object (number of targets in brackets) and of each scene."
    title = f"{figure} by object and scene ({task})"
    return _section(title, note, _legend(submissions) + f'<div class="row">{charts}</div>')


def worst(submissions: Sequence[Submission]) -> str:
    """Pictures of the worst estimates of each submission."""
    note = (
        "Of each estimate the instance that it comes nearest to. Difference: green where only the truth is, "
        "orange where only the estimate is; where both are, white to black with the distance in depth."
    )
    parts = []
    for index, one in enumerate(submissions):
        cases = "".join(_case(case) for case in one.worst) or "<p>Every estimate is perfect.</p>"
        parts.append(f'<h3>{_key(index)}{escape(one.name)}</h3><div class="cases">{cases}</div>')
    return _section("Worst estimates", note, "".join(parts))


def _case(case: WorstCase) -> str:
    mssd = f"{case.mssd:.2f} d" if case.mssd < float("inf") else "over 1 d"
    text = (
        f"<b>object {case.obj_id}</b> &middot; scene {case.scene_id} image {case.im_id} "
        f"&middot; line {case.line} &middot; MSSD {mssd} &middot; MSPD {case.mspd:.0f} px "
        f"&middot; passes {case.quality:.0%}"
    )
    figures = "".join(
        f'<figure><img src="{uri}" alt="{name}"><figcaption>{name}</figcaption></figure>'
        for uri, name in zip(case.pictures, ("truth", "estimate", "difference"), strict=True)
    )
    return f'<div class="case"><p>{text}</p><div class="trio">{figures}</div></div>'


def _section(title: str, note: str, content: str) -> str:
    return (
        f'<section><h2>{escape(title)}</h2><p class="note">{escape(note)}</p>'
        f'<div class="scroll">{content}</div></section>'
    )


def _legend(submissions: Sequence[Submission]) -> str:
    entries = (f"<span>{_key(index)}{escape(one.name)}</span>" for index, one in enumerate(submissions))
    return f'<div class="legend">{"".join(entries)}</div>'


def _key(index: int) -> str:
    return f'<span class="key" style="background:{color(index)}"></span>'


def _range(ranges: dict[str, Interval], name: str) -> str:
    if name not in ranges:
        return ""
    return f'<div class="range">{ranges[name].low:.2f} to {ranges[name].high:.2f}</div>'


def _best(value: float, others: list[float]) -> str:
    return ' class="best"' if len(others) > 1 and value == max(others) else ""
