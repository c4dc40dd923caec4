"""The one error for unusable input: it names the input, what was found, what was expected and the cure.

Its sibling, `InputWarning`, is for input that is used and may not be what was meant.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class InputError(ValueError):
    """Input that cannot be used as given.

    The message is one line, `"{subject}: found {found}, expected {expected}; {cure}"`. Commands print it on
    stderr after `error: ` and exit with code 2.

    Args:
        subject: the input that is wrong, e.g. a file name, with the line or the key path where there is one.
        found: what is there.
        expected: what should be there.
        cure: what the user can do about it.
    """

    def __init__(self, subject: object, found: object, expected: object, cure: object) -> None:
        self.subject, self.found, self.expected, self.cure = (
            _one_line(part) for part in (subject, found, expected, cure)
        )
        super().__init__(f"{self.subject}: found {self.found}, expected {self.expected}; {self.cure}")

    def __reduce__(self) -> tuple[type["InputError"], tuple[str, str, str, str]]:
        """Keep the four parts through pickle: worker processes hand their errors back that way."""
        return type(self), (self.subject, self.found, self.expected, self.cure)


class InputWarning(UserWarning):
    """Input that is used although something of it is lost, guessed or doubtful; the parts of `InputError`.

    Commands print it on stderr after `warning: `.
    """


def warn_input(subject: object, found: object, expected: object, cure: object) -> None:
    """Warn in the words in which `InputError` would refuse."""
    warnings.warn(InputWarning(str(InputError(subject, found, expected, cure))), stacklevel=3)


@contextmanager
def said_once(say: Callable[[str], None]) -> Iterator[None]:
    """Within it, doubtful input is told to `say`, the same line once; other warnings are shown as ever."""
    with warnings.catch_warnings():
        shown_before, told = warnings.showwarning, set()

        def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if not issubclass(category, InputWarning):
                shown_before(message, category, *place, **more)
            elif str(message) not in told:
                told.add(str(message))
                say(f"warning: {message}")

        warnings.simplefilter("always", InputWarning)
        warnings.showwarning = show
        yield


def _one_line(part: object) -> str:
    return " ".join(str(part).split())
