"""Points of a scene on the surface of an object under many poses: ICP, and how well they lie there."""
