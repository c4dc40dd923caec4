"""Relative camera motions, proposed and scored by a trained network, after ADen."""
