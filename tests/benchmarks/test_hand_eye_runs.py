"""The benchmark of hand-eye calibration runs, at its smallest size."""

from __future__ import annotations


def test_hand_eye_runs(capsys):
    import hand_eye

    results = hand_eye.main(["--seeds", "1", "--noise", "board"])
    assert set(results) == {("in-hand", "board"), ("to-hand", "board")}
    assert all(errors[hand_eye.OURS][0][0] < 10.0 for errors in results.values())
    assert "objpose" in capsys.readouterr().out
