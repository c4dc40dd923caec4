"""Drawn input for the C++ core: drivers in C++, and what builds and runs them."""
