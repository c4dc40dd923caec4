"""Printed markers in the photos: squares of known ids, and perhaps of known size."""
