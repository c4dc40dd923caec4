"""The examples and what they ship with."""
