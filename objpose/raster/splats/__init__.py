"""Splats to images, and to normal equations of cameras: the stages as torch ops, and what composes them."""
