"""How the weights that the package carries came about: data that the core draws, and training programs."""
