"""The objects that commands are told to look for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from objpose.errors import InputError

if TYPE_CHECKING:
    from objpose import ObjectModel
    from objpose.onboarding.units import Units


def load_objects(names: tuple[str, ...], units: Units, seen: float | None = None) -> list[ObjectModel]:
    """The objects, in the order of their options; two of one name cannot be told apart in the answer.

    seen: metres, how large the object looks in the frame, where that is known.
    """
    import objpose

    models = [objpose.load_object(name, units, seen) for name in names]
    for i, model in enumerate(models):
        same = [name for name, other in zip(names[:i], models[:i], strict=True) if other.name == model.name]
        if same:
            found = f"{names[i]}, named {model.name} as {same[0]} is"
            cure = "onboard them first, each with a --name of its own"
            raise InputError("--object", found, "objects of different names", cure)
    return models
