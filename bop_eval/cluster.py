"""The images of a run on Ray: one actor a worker, which holds the method; lost images are done again.

The same code serves a laptop and a cluster. An image whose worker dies goes to another one, so nothing is
lost with a process or a node; a replacement is started, and gets work once it is ready.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import Any

from bop_eval.image_run import run_image
from bop_eval.journal import ImageRecord
from bop_eval.methods import Method, MethodSettings
from bop_eval.ray_session import ClusterSettings, gpu_share, ray_session
from bop_eval.tasks import ImageTask
from objpose.errors import InputError
from objpose.work import within

AHEAD = 2  # images handed to a worker at a time: it never waits for the next one, and little is lost with it
MOST_DEATHS = 3  # workers that may die over one image before the image is taken to be the cause
_DEAD = object()


def run_on_ray(
    tasks: list[ImageTask],
    make_method: Callable[[MethodSettings], Method],
    method_settings: MethodSettings,
    settings: ClusterSettings,
) -> Iterator[ImageRecord]:
    """The records of all tasks, in the order in which they are done.

    Raises:
        InputError: Ray is not installed, no cluster at the address, no GPU there for "cuda", or what the
            method raises.
        RuntimeError: an image over which several workers died.
    """
    with ray_session(settings) as (ray, workers):
        share = gpu_share(ray, workers, settings.device)
        actor = ray.remote(num_cpus=1, num_gpus=share, max_restarts=0)(_Worker)
        arguments = (make_method, method_settings, settings.threads)
        yield from _Schedule(ray, lambda: actor.remote(*arguments), deque(tasks)).records(workers)


class _Worker:
    """The method, in a process of its own."""

    def __init__(
        self, make_method: Callable[[MethodSettings], Method], settings: MethodSettings, threads: int | None
    ) -> None:
        self._make_method, self._settings, self._threads = make_method, settings, threads
        self._method: Method | None = None

    def make(self) -> None:
        """Make the method. Not when the actor is made: Ray would not hand on what is raised there."""
        with within(self._threads):
            self._method = self._make_method(self._settings)

    def run(self, task: ImageTask) -> ImageRecord:
        assert self._method is not None, "make() comes first"
        with within(self._threads):
            return run_image(self._method, self._settings.image(task.scene_id, task.im_id), task)


class _Schedule:
    """Which worker has which image in hand."""

    def __init__(self, ray: Any, start: Callable[[], Any], waiting: deque[ImageTask]) -> None:
        self._ray, self._start, self._waiting = ray, start, waiting
        self._making: dict[Any, Any] = {}  # call of `make` -> worker
        self._ready: list[Any] = []
        self._in_hand: dict[Any, tuple[Any, ImageTask]] = {}  # call of `run` -> worker, image
        self._deaths: Counter[tuple[int, int] | str] = Counter()

    def records(self, workers: int) -> Iterator[ImageRecord]:
        """Every image's record, as it comes."""
        self._start_worker()
        while self._waiting or self._in_hand:
            [call], _ = self._ray.wait([*self._making, *self._in_hand], num_returns=1)
            if call in self._making:
                is_first = not self._ready and not self._deaths
                self._welcome(call)
                # The first worker keeps the onboarded objects on the disk, where the others find them.
                for _ in range(workers - 1 if is_first else 0):
                    self._start_worker()
            else:
                yield from self._finished(call)
            self._hand_out()

    def _start_worker(self) -> None:
        worker = self._start()
        self._making[worker.make.remote()] = worker

    def _welcome(self, call: Any) -> None:
        worker = self._making.pop(call)
        if self._result(call, "onboarding") is _DEAD:
            self._start_worker()
        else:
            self._ready.append(worker)

    def _hand_out(self) -> None:
        """Fill the workers' hands, evenly."""
        for most in range(1, AHEAD + 1):
            for worker in self._ready:
                held = sum(holder is worker for holder, _ in self._in_hand.values())
                if held < most and self._waiting:
                    task = self._waiting.popleft()
                    self._in_hand[worker.run.remote(task)] = (worker, task)

    def _finished(self, call: Any) -> Iterator[ImageRecord]:
        """The record of a call that has ended; none where its worker died, whose images wait again."""
        worker, task = self._in_hand.pop(call)
        record = self._result(call, (task.scene_id, task.im_id))
        if record is not _DEAD:
            yield record
            return
        calls = [other for other, (holder, _) in self._in_hand.items() if holder is worker]
        self._waiting.extendleft(reversed([task, *(self._in_hand.pop(other)[1] for other in calls)]))
        self._ready = [other for other in self._ready if other is not worker]
        self._start_worker()

    def _result(self, call: Any, work: tuple[int, int] | str) -> Any:
        """What a call gave, or _DEAD where its worker died; what the method raised is raised as it was."""
        try:
            return self._ray.get(call)
        except self._ray.exceptions.RayTaskError as error:
            raise (error.cause if isinstance(error.cause, InputError) else error) from None
        except self._ray.exceptions.RayActorError as error:
            self._deaths[work] += 1
            if self._deaths[work] == MOST_DEATHS:
                name = work if isinstance(work, str) else "scene {} image {}".format(*work)
                raise RuntimeError(f"{MOST_DEATHS} workers died over {name}") from error
            return _DEAD
