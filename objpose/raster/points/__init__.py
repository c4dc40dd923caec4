"""Surface points of an object against what a frame measures: depth near them, and the grey they had."""
