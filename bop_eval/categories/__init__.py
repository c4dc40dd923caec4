"""Evaluation of categories: pose and size of instances never seen, by 3D IoU and degrees and centimetres."""
