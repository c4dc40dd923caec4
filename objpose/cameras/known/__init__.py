"""What the user knows beside the photos: cameras, lengths, how the photos were taken."""
