"""Forked children of a process that used threads work as their parent did, instead of waiting for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from objpose import Camera, Frame
from objpose.tracking.finding import Finder, Found

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def test_a_child_answers_as_its_parent() -> None:
    """Within seconds: it is much less than a minute, or never."""
    command = [sys.executable, "-m", "tests.forked", "fork", "pool", "held"]
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == ["fork same", "pool same", "held same"]


class Quick(Finder):
    def look(self, frame: Frame, names: object) -> Found:
        return Found(refused="looked")


def wait_for_answer(finder: Finder) -> Found | None:
    """For ten seconds at most."""
    for _ in range(1000):
        found = finder.answer()
        if found is not None:
            return found
        time.sleep(0.01)
    return None


def test_a_tracker_looks_for_what_is_lost_in_a_child_too() -> None:
    finder, picture = Quick([], seed=0), torch.zeros(8, 8, 3, dtype=torch.uint8)
    frame = Frame(picture, Camera.from_K(torch.tensor([[9.0, 0, 4], [0, 9, 4], [0, 0, 1]]), 8, 8))
    finder.ask(frame, ())
    assert wait_for_answer(finder) is not None
    finder.ask(frame, ())  # the child must not wait for this one
    child = os.fork()
    if child == 0:
        finder.ask(frame, ())
        os._exit(0 if wait_for_answer(finder) == Found(refused="looked") else 1)
    assert os.waitpid(child, 0)[1] == 0
    finder.close()
