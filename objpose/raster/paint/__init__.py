"""An object's paint drawn under a light and compared with what is seen, for trackers."""
