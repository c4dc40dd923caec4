"""The benchmark of novel views runs on photos of a corner, and splats beat what they start as."""

from __future__ import annotations

from pathlib import Path

import pytest

from objpose.cameras.answer.recovered import se3
from objpose.io import PhotoCamera, write_image, write_photo_cameras
from tests.cameras.corner_scene import corner_camera, drawn
from tests.cameras.photo_sets import look_at_origin

WIDTH = 320


@pytest.mark.slow("fits a scene to photos three times")
def test_novel_views_run(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    import novel_views

    cameras = []
    for index, azimuth in enumerate([36.0, 40.0, 45.0, 50.0, 55.0]):
        name, camera = f"{index}.png", corner_camera(WIDTH)
        write_image(tmp_path / name, drawn(azimuth, WIDTH))
        cameras.append(PhotoCamera(name, camera, se3(look_at_origin(azimuth))))
    write_photo_cameras(tmp_path / "cameras.json", cameras)
    novel_views.main([str(tmp_path), "--every", "3", "--steps", "20", "--size", "160", "--all-cameras"])
    rows = capsys.readouterr().out.splitlines()
    fitted, start, points, warped = (float(number) for number in rows[1].split()[2:6])
    assert fitted > max(start, points, warped)
    assert len(rows) == 4 and all("off" in row for row in rows[2:])
