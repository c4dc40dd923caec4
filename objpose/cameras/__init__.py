"""Where were the cameras: pair hypotheses, the graph, synchronisation, outliers, recovery."""
