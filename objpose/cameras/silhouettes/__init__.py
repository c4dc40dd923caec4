"""The outline of one object in each photo as evidence of where the cameras stood."""
