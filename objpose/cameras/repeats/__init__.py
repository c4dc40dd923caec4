"""Whether what the photos show repeats itself as a whole: points with a like, and motions between the two."""
