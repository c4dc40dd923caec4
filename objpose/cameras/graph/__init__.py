"""One hypothesis an edge, or none, and all rotations and centres, chosen jointly by consistency."""
