"""What instances of a class are called, and by which turns they look alike."""

from __future__ import annotations

from dataclasses import dataclass

from objpose.errors import InputError


@dataclass(frozen=True)
class ClassRules:
    """The classes of a set; the defaults are NOCS's.

    names: of the class ids 1, 2, ... in the files. free_turn: alike however turned about their y axis.
    by_handle: the same where the truth says that the handle is not seen. half_turn: alike turned by 180
    degrees about y, by the angle alone: NOCS's script measures their boxes without.
    """

    names: tuple[str, ...] = ("bottle", "bowl", "camera", "can", "laptop", "mug")
    free_turn: tuple[str, ...] = ("bottle", "bowl", "can")
    by_handle: tuple[str, ...] = ("mug",)
    half_turn: tuple[str, ...] = ("phone", "eggbox", "glue")

    def name(self, class_id: int, where: str) -> str:
        """The name of a class; an `InputError` that says where an unknown one was found."""
        if not 1 <= class_id <= len(self.names):
            known = ", ".join(f"{i} {name}" for i, name in enumerate(self.names, start=1))
            cure = "give the names of your classes"
            raise InputError(where, f"class id {class_id}", f"one of {known}", cure)
        return self.names[class_id - 1]


NOCS_CLASSES = ClassRules()
