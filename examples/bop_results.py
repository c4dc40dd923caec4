"""Write poses as a BOP result file and read them back: metres here, millimetres there."""

import json
from pathlib import Path

import torch

from objpose.geometry import SE3
from objpose.io import BopResult, read_bop_csv, write_bop_csv

DATA = Path(__file__).resolve().parent / "data"
OUT = Path("demo_output")


def main() -> None:
    truth = json.loads((DATA / "truth.json").read_text())
    cam_from_obj = SE3.from_matrix(torch.tensor(truth["cam_from_obj"], dtype=torch.float64))
    result = BopResult(scene_id=1, im_id=0, obj_id=1, score=0.9, cam_from_obj=cam_from_obj, time_s=0.8)

    write_bop_csv(OUT / "example-test.csv", [result])
    print((OUT / "example-test.csv").read_text())

    [same] = read_bop_csv(OUT / "example-test.csv")
    shift = (same.cam_from_obj.translation - cam_from_obj.translation).norm()
    print(f"read back: object {same.obj_id}, score {same.score}, moved by {shift:.1e} m")


if __name__ == "__main__":
    main()
