"""The benchmark of pose estimation's kernels runs, at its smallest size, and returns what it prints."""

from __future__ import annotations


def test_pose_kernels_run(capsys) -> None:
    import pose_kernels

    times = pose_kernels.main(["--poses", "3", "--size", "32", "--rounds", "1"])
    printed = capsys.readouterr().out
    assert len(times) == 8 and all(name in printed for name in times)
    assert all(core >= 0 and twin > 0 for core, twin in times.values())
