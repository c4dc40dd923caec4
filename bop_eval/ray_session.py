"""A connection to Ray: started on this machine, or joined as a cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from objpose.errors import InputError


@dataclass(frozen=True)
class ClusterSettings:
    """Where to work.

    workers: processes; None for one on each CPU of the cluster. address: of a cluster, or None to start Ray
    on this machine. threads: of each worker; None for one, as Ray sets it.
    """

    workers: int | None = None
    address: str | None = None
    threads: int | None = None


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
    try:
        yield ray, settings.workers or int(ray.cluster_resources().get("CPU", 1))
    finally:
        ray.shutdown()
