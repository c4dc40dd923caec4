"""Examples, one idea a file; each runs with no arguments on the data beside it."""
