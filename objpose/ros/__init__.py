"""A node of ROS 2: pictures in, detections, poses and transforms out. `python -m objpose.ros`.

ROS is imported by `main` alone; all else works on any messages of the same fields.
"""
