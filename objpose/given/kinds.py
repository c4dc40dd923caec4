"""Lists, options, names and folders as callers give them; what is no such thing in words."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from numbers import Integral, Real
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from torch import Tensor

from objpose.errors import InputError

ARRAYS = (np.ndarray, Tensor)
PLAIN = {"int": Integral, "float": Real, "bool": bool, "str": str, "None": type(None)}  # as annotated
Options = TypeVar("Options")
Kind = TypeVar("Kind")


def described(value: object) -> str:
    """A few words on a value of the wrong kind."""
    if value is None:
        return "nothing"
    if isinstance(value, ARRAYS):
        return f"an array of shape {tuple(value.shape)}"
    if isinstance(value, str | os.PathLike | int | float):
        return repr(value) if not isinstance(value, os.PathLike) else f"the path {os.fspath(value)!r}"
    if isinstance(value, list | tuple) and 0 < len(value) < 10 and all(isinstance(n, Real) for n in value):
        return str(list(value))
    article = "an" if type(value).__name__[0].lower() in "aeiou" else "a"
    size = f" of {len(value)}" if isinstance(value, list | tuple | dict) else ""
    return f"{article} {type(value).__name__}{size}"


def as_list(value: object, argument: str, one: type | tuple[type, ...], what: str, cure: str) -> list[Any]:
    """A list of what was given alone, in any sequence, or as the values of a dict.

    what, cure: in messages, what the members are and where they come from.
    """
    if isinstance(value, one):
        return [value]
    if isinstance(value, Mapping):
        value = value.values()
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes, os.PathLike, *ARRAYS)):
        raise InputError(argument, described(value), f"a list of {what}", cure)
    found = list(value)
    for index, member in enumerate(found):
        if not isinstance(member, one):
            raise InputError(f"{argument}[{index}]", described(member), what, cure)
    return found


def as_options(value: object, kind: type[Options], argument: str = "options") -> Options:
    """Options of options, or of a dict of them; numbers must be numbers and unknown names are refused."""
    if value is None:
        return kind()
    if isinstance(value, Mapping):
        names = [field.name for field in fields(cast(Any, kind))]
        unknown = [str(name) for name in value if name not in names]
        if unknown:
            raise InputError(argument, ", ".join(unknown), f"some of {', '.join(names)}", "check the name")
        value = kind(**value)
    if not isinstance(value, kind):
        raise InputError(argument, described(value), kind.__name__, f"objpose.{kind.__name__}(...)")
    _check_kinds(value, argument)
    return value


def checked_kind(value: object, kind: type[Kind], argument: str, cure: str) -> Kind | None:
    """The value if it is of its kind or None."""
    if value is None or isinstance(value, kind):
        return value
    raise InputError(argument, described(value), f"{kind.__name__} or None", cure)


def as_folder(value: object, argument: str) -> Path:
    """The path of a folder, as text or path."""
    if isinstance(value, str | os.PathLike):
        return Path(value)
    raise InputError(argument, described(value), "the path of a folder", f"give {argument}= a path")


def as_name(value: object, argument: str = "name") -> str:
    """A name, which is not empty."""
    if isinstance(value, str) and value.strip():
        return value
    raise InputError(argument, described(value), "a name, as text", f"give it one with {argument}=")


def _check_kinds(options: Any, argument: str) -> None:
    """Raises InputError for a text in place of a number, and for the like of it."""
    for field in fields(options):
        value, names = getattr(options, field.name), [name.strip() for name in str(field.type).split("|")]
        if all(name in PLAIN for name in names):
            is_right = isinstance(value, tuple(PLAIN[name] for name in names))
        else:
            is_right = not isinstance(value, str) or "str" in names
        if not is_right:
            cure = f"see {type(options).__name__}"
            raise InputError(f"{argument}: {field.name}", described(value), " or ".join(names), cure)
