"""What all rooms speak of: photos, views, tracks of keypoints, and the geometry of two rays."""
