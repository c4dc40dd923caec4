"""What is allowed in a result file but seldom meant: estimates that no task counts, targets without one."""

from collections import Counter

from bop_eval.datasets import EvaluationSet
from bop_eval.report import Report
from objpose.io import BopResultTable

LITTLE = 0.05  # recall or precision below which the estimates are rather of another convention than bad


def remarks_on(report: Report, table: BopResultTable, test_set: EvaluationSet) -> list[str]:
    """Why the figures of a scored file may be lower than its estimates are good."""
    of_task = target_remarks if report.task == "localization" else image_remarks
    overall = next(iter(report.figures.values()))
    if len(table) and overall < LITTLE:
        diagnosed = "next to nothing is right: `bop-eval diagnose` names a wrong unit, frame or number"
        return [*of_task(table, test_set), diagnosed]
    return of_task(table, test_set)


def time_remarks(table: BopResultTable) -> list[str]:
    unknown = int((table.times_s < 0).sum())
    return [f"{unknown} estimates without a time: no mean time will be given"] if unknown else []


def target_remarks(table: BopResultTable, test_set: EvaluationSet) -> list[str]:
    """What the localization task does with the estimates."""
    if not test_set.has_localization:
        return []
    wanted = {(t.scene_id, t.im_id, t.obj_id): t.inst_count for t in test_set.localization_targets}
    columns = (table.scene_ids.tolist(), table.im_ids.tolist(), table.obj_ids.tolist())
    found = Counter(zip(*columns, strict=True))
    beyond = sum(max(0, count - wanted[key]) for key, count in found.items() if key in wanted)
    astray = sum(count for key, count in found.items() if key not in wanted)
    missing = sum(max(0, count - found[key]) for key, count in wanted.items())
    remarks = [
        (beyond, "estimates beyond the instances asked for: the localization task takes the best"),
        (astray, "estimates that are no target of the localization task, which leaves them out"),
        (missing, f"of {sum(wanted.values())} targets of the localization task without an estimate"),
    ]
    return [f"{count} {meaning}" for count, meaning in remarks if count]


def image_remarks(table: BopResultTable, test_set: EvaluationSet) -> list[str]:
    """What the detection task does with the estimates."""
    if not test_set.has_detection:
        return []
    most = test_set.rules.most_estimates
    counts = Counter(zip(table.scene_ids.tolist(), table.im_ids.tolist(), strict=True))
    beyond = sum(max(0, count - most) for count in counts.values())
    unseen = len(set(test_set.detection_images) - set(counts))
    remarks = [
        (beyond, f"estimates beyond the {most} an image that the detection task takes"),
        (unseen, f"of {len(test_set.detection_images)} images of the detection task without an estimate"),
    ]
    return [f"{count} {meaning}" for count, meaning in remarks if count]
