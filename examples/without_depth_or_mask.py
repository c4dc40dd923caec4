"""What the estimator does with less: no depth, no mask, a click in place of a mask.

Depth fixes the distance; without it the outline and the picture must, and the covariance says so. Without a
mask the object is looked for.
"""

from pathlib import Path

import objpose
from objpose.io import read_camera, read_depth, read_image, read_mask, write_image
from objpose.segmentation import mask_from_points

DATA = Path(__file__).resolve().parent / "data"
OUT = Path("demo_output")


def main() -> None:
    can = objpose.onboard(DATA / "watering_can.glb", units="m", out=None)
    camera, _ = read_camera(DATA / "camera.json")
    rgb, mask = read_image(DATA / "rgb.png"), read_mask(DATA / "mask.png")
    with_depth = objpose.Frame(rgb, depth=read_depth(DATA / "depth.png", scale_m=0.001), camera=camera)
    colour_alone = objpose.Frame(rgb, camera=camera)

    estimator = objpose.PoseEstimator([can])  # method="auto": it takes what the frame holds
    clicked = mask_from_points(with_depth, [[340, 250]], can)
    ways = {
        "depth and mask": estimator.estimate(with_depth, mask),
        "depth and a click": estimator.estimate(with_depth, clicked),
        "depth alone": estimator.estimate(with_depth),
        "mask, no depth": estimator.estimate(colour_alone, mask),
    }
    for way, estimates in ways.items():
        best = estimates[0]
        x, y, z = best.cam_from_obj.translation.tolist()
        depth_std = 1000 * float(best.covariance[2, 2]) ** 0.5
        where = f"at ({x:.3f}, {y:.3f}, {z:.3f}) m"
        print(f"{way:18s} {where}, z known to {depth_std:.1f} mm, confidence {best.confidence:.2f}")

    picture = objpose.draw_overlay(colour_alone, ways["mask, no depth"][:1], [can])
    write_image(OUT / "without_depth.png", picture)
    print(f"overlay in {OUT / 'without_depth.png'}")


if __name__ == "__main__":
    main()
