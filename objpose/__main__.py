"""`objpose`, and `python -m objpose`: Ctrl-C while the first libraries load is no traceback either."""

import sys

INTERRUPTED = 130  # as everywhere else: objpose.cli.failures, which is not there yet


def main() -> None:
    """Entry point."""
    try:
        from objpose.cli import main as commands
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    commands()


if __name__ == "__main__":
    main()
