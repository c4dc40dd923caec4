"""What was found, in the browser: estimates and their rivals, tracks, cameras, splats."""
