"""Where is this object, and where were these cameras? From RGB or RGB-D, on a CPU or a GPU."""
