"""Score result files and write the page."""

import platform
import time
from collections.abc import Sequence
from html import escape
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from bop_eval.bootstrap import MANY_SCENES
from bop_eval.datasets import EvaluationSet
from bop_eval.evaluation import evaluate
from bop_eval.page.sections import Submission, bars, compared, curves, summary, worst
from bop_eval.page.worst import worst_cases
from objpose.errors import InputError
from objpose.io import atomic_path, read_bop_table

PAGE_NAME = "index.html"


def write_page(results: Sequence[Path], test_set: EvaluationSet, out: Path) -> Path:
    """Score each result file on every task that the set has, and write OUT/index.html; returns its path.

    Raises:
        InputError: an unusable result file or set, or a set without any list of targets.
    """
    tasks = _tasks(test_set)
    named = zip(results, _names(results), strict=True)
    submissions = [_submission(path, name, test_set, tasks) for path, name in named]
    page = out / PAGE_NAME
    with atomic_path(page) as temporary:
        temporary.write_text(_html(submissions, test_set, tasks), encoding="utf-8")
    return page


def _tasks(test_set: EvaluationSet) -> list[str]:
    present = {"localization": test_set.has_localization, "detection": test_set.has_detection}
    tasks = [task for task, is_present in present.items() if is_present]
    if not tasks:
        raise InputError(
            test_set.root, "neither test_targets_bop19.json nor test_targets_bop24.json", "one of them",
            "get the set's base archive again",
        )  # fmt: skip
    return tasks


def _names(results: Sequence[Path]) -> list[str]:
    """The method's name from each file, or the path where two have the same."""
    methods = [path.stem.split("_")[0] for path in results]
    return [
        method if methods.count(method) == 1 else str(path)
        for method, path in zip(methods, results, strict=True)
    ]


def _submission(path: Path, name: str, test_set: EvaluationSet, tasks: list[str]) -> Submission:
    start = time.perf_counter()
    table = read_bop_table(path)
    reports = {task: evaluate(table, test_set, task, bootstrap=_drawn(test_set, task)) for task in tasks}
    scoring_s = time.perf_counter() - start
    cases = worst_cases(reports["localization"], table, test_set) if "localization" in reports else []
    return Submission(name, reports, cases, scoring_s)


def _drawn(test_set: EvaluationSet, task: str) -> str | None:
    """What to draw for the intervals: scenes where there are many, else images; nothing of one."""
    if task == "localization":
        images = {(target.scene_id, target.im_id) for target in test_set.localization_targets}
    else:
        images = set(test_set.detection_images)
    if len({scene_id for scene_id, _ in images}) >= MANY_SCENES:
        return "scene"
    return "image" if len(images) > 1 else None


def _html(submissions: Sequence[Submission], test_set: EvaluationSet, tasks: list[str]) -> str:
    content = [summary(submissions)]
    if len(submissions) > 1 and submissions[0].reports[tasks[0]].drawn:
        content.append(compared(submissions, tasks))
    for task in tasks:
        content += [curves(submissions, task), bars(submissions, task)]
    if "localization" in tasks:
        content.append(worst(submissions))
    report = submissions[0].reports[tasks[0]]
    lead = f"{report.images} images, {sum(report.targets.values())} targets; {', '.join(tasks)}"
    title = f"Scores on {escape(test_set.name)}"
    style = files("bop_eval.page").joinpath("page.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>'
        f'<body><main><h1>{title}</h1><p class="lead">{escape(lead)}</p>{"".join(content)}'
        f"<footer>{_footer(submissions)}</footer></main></body></html>\n"
    )


def _footer(submissions: Sequence[Submission]) -> str:
    times = ", ".join(f"{escape(one.name)} {one.scoring_s:.2f} s" for one in submissions)
    versions = f"objpose {version('objpose')}, torch {version('torch')}, Python {platform.python_version()}"
    return f"Scored by the rules of BOP's toolkit with {versions}. Time to score: {times}."
