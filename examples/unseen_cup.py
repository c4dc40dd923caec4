"""A cup that nobody has a mesh of: its category, an RGB-D image and a box in; pose, size and shape out.

The shape, with what is not in view, is an object from then on: onboarded, it can be found again and tracked.
"""

from pathlib import Path

import objpose
from objpose.io import read_camera, read_depth, read_image, write_image
from objpose.segmentation import mask_from_box

DATA = Path(__file__).resolve().parent / "data"
OUT = Path("demo_output")
CUP = (52, 165, 112, 108)  # x, y, width, height in pixels: the striped mug on the left


def main() -> objpose.CategoryEstimate:
    camera, _ = read_camera(DATA / "camera.json")
    depth = read_depth(DATA / "depth.png", scale_m=0.001)
    frame = objpose.Frame(read_image(DATA / "rgb.png"), depth=depth, camera=camera)
    mask = mask_from_box(frame, CUP)

    cup = objpose.estimate_category(frame, mask, "cup")
    print(f"confidence {cup.confidence:.2f}, cam_from_obj (metres):")
    print(cup.cam_from_obj.matrix())
    sides = zip("xyz", cup.size.tolist(), cup.size_sigma.tolist(), strict=True)
    for axis, side, sigma in sides:
        print(f"{axis}: {100 * side:.1f} +- {100 * sigma:.1f} cm")
    print(f"cannot be told: {cup.ambiguity or 'nothing'}")
    write_image(OUT / "unseen_cup.png", objpose.draw_boxes(frame, [cup]))

    known = objpose.onboard(cup.shape, "my_cup", units="m", out=None, progress=False)
    [again, *_] = objpose.PoseEstimator([known]).estimate(frame, mask)
    print(f"found again as an object of its own: confidence {again.confidence:.2f}")
    return cup


if __name__ == "__main__":
    main()
