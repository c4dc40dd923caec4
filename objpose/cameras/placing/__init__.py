"""From pair hypotheses to placed cameras: starts, growth, adjustment, merging, review."""
