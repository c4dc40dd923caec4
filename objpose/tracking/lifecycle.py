"""From the chances of the frames to a status: when a track is trusted, lost, and found again."""

from __future__ import annotations

from dataclasses import dataclass

from objpose.tracking.state import Status

SURE = 0.7  # chance of being right from which a pose is trusted
GONE = 0.15  # chance below which the object is not where the pose has it
LOST_AFTER = 2  # frames in a row below it
FOUND_AFTER = 3  # frames in a row that must agree before a place found anew is trusted
DOUBTED_FOR = 15  # frames in a row without a sure one after which it is looked for elsewhere, too


@dataclass
class Lifecycle:
    """Of one object; `followed` is told each frame in which a pose was followed, `missed` the others."""

    status: Status = Status.SEARCHING
    seen: bool = False  # ever trusted
    weak: int = 0  # frames in a row at a chance below GONE
    doubted: int = 0  # frames in a row below SURE
    agreed: int = 0  # frames in a row in which a place found anew was sure

    @property
    def is_followed(self) -> bool:
        """Whether the object counts as seen: not searched, not lost."""
        return self.status not in (Status.SEARCHING, Status.LOST)

    @property
    def is_long_doubted(self) -> bool:
        """Whether it has been followed in doubt for so long that it may as well be elsewhere."""
        return self.is_followed and self.doubted > DOUBTED_FOR

    @property
    def is_trusted(self) -> bool:
        """Whether the pose may be acted on, and learned from."""
        return self.status in (Status.TRACKING, Status.REACQUIRED)

    def begin(self) -> None:
        """The user says where the object is."""
        self.status, self.seen = Status.TRACKING, True
        self.weak = self.doubted = self.agreed = 0

    def followed(self, chance: float, there: float) -> None:
        """A frame in which its pose, or a place found anew, has this chance of being right.

        there: that of its being about there, no smaller: what is turned a little is not lost.
        """
        self.weak = self.weak + 1 if there < GONE else 0
        self.doubted = self.doubted + 1 if chance < SURE else 0
        if self.is_followed:
            self._go_on(chance)
        else:
            self._confirm(chance)

    def _go_on(self, chance: float) -> None:
        if self.weak >= LOST_AFTER:
            self.status, self.agreed = Status.LOST, 0
        else:
            self.status = Status.TRACKING if chance >= SURE else Status.UNCERTAIN

    def _confirm(self, chance: float) -> None:
        self.agreed = self.agreed + 1 if chance >= SURE else 0
        if self.agreed >= FOUND_AFTER:
            self.status = Status.REACQUIRED if self.seen else Status.TRACKING
            self.seen, self.agreed = True, 0

    def missed(self) -> None:
        """A frame in which nothing was followed."""
        self.agreed = 0
