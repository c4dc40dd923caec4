"""Tracks of keypoints and the points they are of."""

from __future__ import annotations

import numpy as np

from objpose.cameras.scene.tracks import join_matches, reprojection_error, triangulate
from tests.cameras.photo_sets import RING, make_views, match_views


def test_a_track_has_one_keypoint_a_photo():
    views = make_views(RING, seed=0)
    tracks = join_matches(views, match_views(views))
    pairs = np.stack([tracks.track, tracks.view], axis=1)
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    assert (tracks.lengths() >= 2).all()


def test_triangulated_points_project_where_they_were_seen():
    views = make_views(RING, seed=0, noise_px=0.0, clutter=0)
    tracks = join_matches(views, match_views(views))
    rays = np.array([views[v].rays[k] for v, k in zip(tracks.view, tracks.keypoint, strict=True)])
    cams = np.array(RING)
    error = reprojection_error(cams, rays, tracks, triangulate(cams, rays, tracks))
    assert np.quantile(error, 0.95) < 1e-4
