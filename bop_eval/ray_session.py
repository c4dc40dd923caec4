"""A connection to Ray: started on this machine, or joined as a cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from objpose.errors import InputError

DEVICES = ("auto", "cpu", "cuda")
RAY_PARTS = 10_000  # of a GPU: Ray counts in whole ones


@dataclass(frozen=True)
class ClusterSettings:
    """Where to work.

    workers: processes; None for one on each GPU of the cluster that they are to use, or on each CPU. address:
    of a cluster, or None to start Ray on this machine. threads: of each worker; None for one, as Ray sets it.
    device: "cpu", "cuda", or "auto" for GPUs where the cluster has some.

    Raises:
        InputError: another device; Ray gives each worker its own GPU, which it sees as "cuda".
    """

    workers: int | None = None
    address: str | None = None
    threads: int | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.device not in DEVICES:
            cure = "choose one of them; Ray gives each worker its own GPU"
            raise InputError("--device", repr(self.device), f"one of {', '.join(DEVICES)}", cure)


@contextmanager
def ray_session(settings: ClusterSettings) -> Iterator[tuple[Any, int]]:
    """The package ray, connected for the length of the block, and the number of workers to use.

    Raises:
        InputError: Ray is not installed, or there is no cluster at the address.
    """
    try:
        import ray
    except ImportError as error:
        raise InputError(
            "--workers", "no Ray", "the package ray", "install it with: pip install 'objpose[cluster]'"
        ) from error
    place: dict[str, Any] = {"address": settings.address}
    if settings.address is None:
        place = {"address": "local", "num_cpus": settings.workers, "include_dashboard": False}
    try:
        ray.init(**place, log_to_driver=False)
    except ConnectionError as error:
        raise InputError("--ray", settings.address, "the address of a Ray cluster", error) from error
    except Exception as error:  # Ray has no class of its own for it
        if "timed out" not in str(error):
            raise
        found = f"none that was up in time ({error})"
        cure = "set RAY_raylet_start_wait_time_s=300, wait for a less busy machine, or leave --workers out"
        raise InputError("--workers", found, "Ray's processes", cure) from error
    try:
        yield ray, settings.workers or _one_on_each(ray, settings.device)
    finally:
        ray.shutdown()


def gpu_share(ray: Any, workers: int, device: str) -> float:
    """What each worker asks for of a GPU, so that all of them have a place; 0 where they work on the CPU.

    Raises:
        InputError: "cuda", and the cluster has no GPU.
    """
    gpus = _gpus(ray, device)
    if gpus == 0 and device == "cuda":
        raise InputError("--device", "no GPU in Ray's cluster", "one for cuda", "choose auto or cpu")
    return RAY_PARTS // -(-workers // gpus) / RAY_PARTS if gpus else 0.0


def _one_on_each(ray: Any, device: str) -> int:
    return _gpus(ray, device) or int(ray.cluster_resources().get("CPU", 1))


def _gpus(ray: Any, device: str) -> int:
    return 0 if device == "cpu" else int(ray.cluster_resources().get("GPU", 0))
