"""`objpose`, and `python -m objpose`: Ctrl-C while the first libraries load is no traceback either."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Entry point."""
    try:
        from objpose.cli import main as commands
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    commands()


if __name__ == "__main__":
    main()
