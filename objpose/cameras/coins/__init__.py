"""A coin beside the object, or another flat disc of known size: it says how long a metre is."""
