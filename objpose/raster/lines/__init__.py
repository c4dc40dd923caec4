"""Correspondence lines: where along the normals of an outline an image has the border of an object."""
