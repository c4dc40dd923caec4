"""What was found, in the browser: estimates and their rivals, tracks, cameras, splats."""

from objpose.viewing.result import show_result
from objpose.viewing.server import start_server, wait

__all__ = ["show_result", "start_server", "wait"]
