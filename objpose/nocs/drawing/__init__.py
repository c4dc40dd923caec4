"""Crops to learn from, drawn on any device: light, surroundings, occluders, rough masks, faults."""
