"""Pose and size of instances of categories."""
