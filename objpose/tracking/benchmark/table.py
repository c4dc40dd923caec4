"""Scores as text, one a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from objpose.tracking.benchmark.score import Score

COLUMNS: dict[str, Callable[[Score], str]] = {
    "frames": lambda one: f"{one.frames}",
    "success": lambda one: f"{100 * one.success:.1f}",
    "resets": lambda one: f"{one.resets}",
    "ADD": lambda one: f"{100 * one.auc_add:.1f}",
    "ADD-S": lambda one: f"{100 * one.auc_add_s:.1f}",
    "wrong/trusted": lambda one: f"{100 * one.wrong_trusted:.2f}",
    "worst mm": lambda one: f"{1000 * one.worst_trusted:.1f}",
    "doubted/good": lambda one: f"{100 * one.good_doubted:.2f}",
    "lost/good": lambda one: f"{100 * one.good_lost:.2f}",
    "   Hz": lambda one: f"{1 / one.median:.0f}",
    "p99 ms": lambda one: f"{1000 * one.p99:.1f}",
}


def table(scores: Mapping[str, Score]) -> str:
    """A line for each named score, under a head; shares in per cent."""
    width = max((len(name) for name in scores), default=0)
    head = " " * width + "".join(f"  {title}" for title in COLUMNS)
    return "\n".join([head, *(f"{name:{width}s}{_line(one)}" for name, one in scores.items())])


def _line(one: Score) -> str:
    return "".join(f"  {cell(one):>{len(title)}s}" for title, cell in COLUMNS.items())
