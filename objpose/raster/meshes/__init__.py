"""Meshes to images: the stages as torch ops, and `render_mesh`, which composes them."""
