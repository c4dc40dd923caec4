"""The recovered scene as Gaussian splats, and photos searched again among pictures of it."""
