"""Run a method over every target of a BOP set, to a result file."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from bop_eval.cluster import run_on_ray
from bop_eval.coverage import check_coverage
from bop_eval.image_run import run_image
from bop_eval.input_check import check_inputs
from bop_eval.journal import ImageRecord, Journal, JournalEstimate, journal_path
from bop_eval.methods import WITHOUT_DEPTH, Method, MethodSettings, find_method
from bop_eval.ray_session import ClusterSettings
from bop_eval.tasks import ImageTask, image_tasks
from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.io import BopDataset, BopResult, read_detections, write_bop_csv
from objpose.raster.devices import chosen_device
from objpose.work import within


@dataclass(frozen=True)
class RunSettings:
    """What `bop-eval run` was asked for."""

    dataset_dir: Path
    method: str
    detections: Path | None  # None: the objects are looked for
    out: Path
    split: str = "test"
    models: str | None = None  # name of the models folder; None: the set's best
    templates: Path | None = None  # onboarded objects; None: templates/<name of the set>
    seed: int = 0
    threads: int | None = None  # of this process, or of each worker; None: as many as torch may take
    device: str = "cpu"  # as of `EstimatorOptions`; workers that use GPUs share those of the cluster
    resume: bool = False
    workers: int | None = (
        None  # processes, Ray's actors; None: this process alone, or with `ray` one for each GPU or CPU there
    )
    ray: str | None = None  # address of a Ray cluster; None: this machine


@dataclass(frozen=True)
class RunSummary:
    """What a finished run wrote."""

    images: int
    estimates: int
    mean_time_s: float
    problems: tuple[str, ...]  # images that the method refused, and why


def run(settings: RunSettings) -> RunSummary:
    """Estimate every target and write the result file; a journal beside it makes the run resumable.

    Times are those of `run_image`, without the segmenter's. Images without an estimate have no line.

    Raises:
        InputError: unusable input or device, an unfinished journal without `resume`, or every image refused.
    """
    make_method = find_method(settings.method)
    place = _place(settings)
    dataset = BopDataset(settings.dataset_dir, settings.split, settings.models)
    detections = None if settings.detections is None else read_detections(settings.detections)
    tasks = image_tasks(dataset.targets(), detections)
    if settings.detections is not None and detections is not None:
        check_coverage(settings.detections, tasks, detections)
    method_settings = _method_settings(settings, dataset, tasks)
    check_inputs(tasks, method_settings)
    open_journal = Journal.resume if settings.resume else Journal.start
    journal = open_journal(journal_path(settings.out), _fingerprint(settings, dataset))
    try:
        with within(settings.threads):
            _finish_tasks(journal, tasks, place, make_method, method_settings)
        summary = _write_results(settings.out, journal.records, tasks)
    except BaseException:
        _leave(journal)
        raise
    journal.remove()
    return summary


def _place(settings: RunSettings) -> ClusterSettings | None:
    """Where on Ray; None for this process, whose device is made sure of before anything is read."""
    if settings.workers is not None or settings.ray is not None:
        return ClusterSettings(settings.workers, settings.ray, settings.threads, settings.device)
    chosen_device(settings.device)
    return None


def _finish_tasks(
    journal: Journal,
    tasks: list[ImageTask],
    place: ClusterSettings | None,
    make_method: Callable[[MethodSettings], Method],
    method_settings: MethodSettings,
) -> None:
    done = {(record.scene_id, record.im_id) for record in journal.records}
    left = [task for task in tasks if (task.scene_id, task.im_id) not in done]
    if not left:
        return
    if place is None:
        records = _here(left, make_method, method_settings)
    else:
        records = run_on_ray(left, make_method, method_settings, place)
    for record in tqdm(records, desc="estimating", unit="image", total=len(tasks), initial=len(done)):
        journal.add(record)


def _here(
    tasks: list[ImageTask], make_method: Callable[[MethodSettings], Method], method_settings: MethodSettings
) -> Iterator[ImageRecord]:
    """One image after the other, in this process."""
    method = make_method(method_settings)
    for task in tasks:
        yield run_image(method, method_settings.image(task.scene_id, task.im_id), task)


def _write_results(out: Path, records: list[ImageRecord], tasks: list[ImageTask]) -> RunSummary:
    """Write the result file in the order of the targets."""
    record_of = {(record.scene_id, record.im_id): record for record in records}
    ordered = [record_of[task.scene_id, task.im_id] for task in tasks]
    problems = tuple(f"scene {r.scene_id} image {r.im_id}: {r.problem}" for r in ordered if r.problem)
    if problems and len(problems) == len(ordered):
        raise InputError(
            "all images", f"none that the method takes ({problems[0]})", "usable ones", "see the reason"
        )
    rows = [
        BopResult(record.scene_id, record.im_id, best.obj_id, best.score, _pose(best), record.time_s)
        for record in ordered
        for best in record.estimates
    ]
    write_bop_csv(out, rows)
    mean_time_s = float(np.mean([record.time_s for record in ordered])) if ordered else 0.0
    return RunSummary(len(ordered), len(rows), mean_time_s, problems)


def _leave(journal: Journal) -> None:
    """Keep the journal of a run that broke off for `--resume`, unless no image came out right yet."""
    if any(record.problem is None for record in journal.records):
        journal.close()
    else:
        journal.remove()


def _pose(estimate: JournalEstimate) -> SE3:
    return SE3(torch.tensor(estimate.wxyz_xyz, dtype=torch.float64))


def _method_settings(settings: RunSettings, dataset: BopDataset, tasks: list[ImageTask]) -> MethodSettings:
    obj_ids = tuple(sorted({wanted.obj_id for task in tasks for wanted in task.objects}))
    templates = settings.templates or Path("templates") / dataset.name
    with_depth = settings.method not in WITHOUT_DEPTH
    return MethodSettings(dataset, obj_ids, templates, settings.seed, with_depth, settings.device)


def _fingerprint(settings: RunSettings, dataset: BopDataset) -> dict[str, object]:
    """What must be the same for two halves of a run to make one result."""
    return {
        "dataset": dataset.name,
        "targets": _sha256(dataset.targets_path),
        "split": dataset.split_dir.name,
        "models": dataset.models_dir.name,
        "method": settings.method,
        "detections": None if settings.detections is None else _sha256(settings.detections),
        "seed": settings.seed,
        "device": settings.device,
        "version": version("objpose"),
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
