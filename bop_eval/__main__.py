"""`python -m bop_eval`."""

from bop_eval.cli import main

if __name__ == "__main__":
    main()
