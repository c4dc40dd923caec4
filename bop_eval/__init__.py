"""Evaluation on BOP data sets: run a method over every target of a set, to a result file."""
