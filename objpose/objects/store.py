"""What is made of objects at first use: by content, once for all threads and processes, and kept on disk."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary

from torch import Tensor

from objpose.errors import InputError, warn_input
from objpose.geometry import on_device
from objpose.objects.kept_arrays import keep, read_kept
from objpose.objects.locks import locked
from objpose.objects.object_model import ObjectModel
from objpose.objects.storage import arrays_name, content_of

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class OnDisk(Generic[Thing]):
    """How a thing becomes arrays and comes back from them, to the last bit."""

    arrays: Callable[[Thing], dict[str, Tensor]]
    thing: Callable[[dict[str, Tensor]], Thing]


@dataclass(frozen=True)
class Making(Generic[Thing]):
    kind: str  # of thing; on disk the file's name
    made_with: str  # whatever it depends on besides the object: the maker, its version and settings
    make: Callable[[], Thing]
    on_disk: OnDisk[Thing] | None = None  # None: made in a moment, held in memory alone


def made_of(model: ObjectModel, making: Making[Thing]) -> Thing:
    """What is made of an object, as `making` says.

    Made when first asked for, by one thread while the others wait; held while a model of that content and
    folder lives; and kept in the object's folder, where it has one. A file is read only if it says that it
    was made of this very content with this very making, and written only while the folder still holds the
    object: one that is onboarded again meanwhile is another. Processes wait for the one that makes it; that
    one's end, however it comes, ends the wait. What cannot be kept is used all the same, with a warning.
    For a model on a device, what `making` makes of the one on the host is sent there, once.
    """
    return _STORE.made_of(model, making)


@dataclass(eq=False)
class _Shelf:
    """The things of one object."""

    things: dict[tuple[str, str], Any] = field(default_factory=dict)
    locks: dict[tuple[str, str], threading.Lock] = field(default_factory=dict)


class Store:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        # A shelf lives as long as a model that uses it, whichever of those of one content it is.
        self._of_model: WeakKeyDictionary[ObjectModel, _Shelf] = WeakKeyDictionary()
        self._of_content: WeakValueDictionary[tuple[object, ...], _Shelf] = WeakValueDictionary()

    def made_of(self, model: ObjectModel, making: Making[Thing]) -> Thing:
        """See the function of the same name."""
        key = (making.kind, making.made_with)
        with self._lock:
            shelf = self._shelf(model)
            lock = shelf.locks.setdefault(key, threading.Lock())
        with lock:
            if key not in shelf.things:
                shelf.things[key] = _found_or_made(model, making)
            return shelf.things[key]

    def _shelf(self, model: ObjectModel) -> _Shelf:
        if model not in self._of_model:
            shelf = self._of_content.setdefault((model.content, model.folder, model.device), _Shelf())
            self._of_model[model] = shelf
        return self._of_model[model]


_STORE = Store()


def _found_or_made(model: ObjectModel, making: Making[Thing]) -> Thing:
    if model.original is not None:
        return on_device(made_of(model.original, making), model.device)
    if model.folder is None or making.on_disk is None:
        return making.make()
    path = model.folder / f"{re.sub(r'[^A-Za-z0-9._-]', '_', making.kind)}.safetensors"
    found = read_kept(path, model.content, making.made_with)
    if found is None:
        with locked(model.folder / arrays_name(model)):
            found = read_kept(path, model.content, making.made_with)  # made while this one waited
            if found is None:
                made = making.make()
                _keep(path, model, making, making.on_disk.arrays(made))
                return made
    return making.on_disk.thing(found)


def _keep(path: Path, model: ObjectModel, making: Making, arrays: dict[str, Tensor]) -> None:
    assert model.folder is not None
    with locked(model.folder):
        if content_of(model.folder) != model.content:
            return  # onboarded again, or gone: this process goes on with its own
        try:
            keep(path, model.content, making.made_with, arrays)
        except InputError as error:
            expected = f"a place to keep {making.kind} of {model.name}"
            warn_input(model.folder, error.found, expected, "make room, or let it be written to")
