"""Where hypotheses come from. A new source is a new file: something that `pipeline.Propose` describes."""
