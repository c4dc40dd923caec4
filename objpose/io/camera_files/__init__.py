"""Camera files of any program, read whole: a member is used, known to change nothing, or refused by name."""
