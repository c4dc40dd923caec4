"""JSON and camera files: every complaint names the file and the key path; atomic writing."""

import json
from pathlib import Path

import pytest
import torch

from objpose.errors import InputError
from objpose.io import atomic_path, read_camera, read_json, write_json

K = [[600.0, 0.0, 319.5], [0.0, 610.0, 239.5], [0.0, 0.0, 1.0]]
SIZE = {"width": 640, "height": 480}
BOP = {"fx": 600.0, "fy": 610.0, "cx": 319.5, "cy": 239.5, **SIZE}


def put(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize("content", [BOP, {"K": K, **SIZE}, {"K": sum(K, []), **SIZE}])
def test_both_forms_of_a_camera(tmp_path: Path, content: dict) -> None:
    camera, depth_scale = read_camera(put(tmp_path / "cam.json", content))
    assert camera.K.tolist() == K and (camera.width, camera.height) == (640, 480)
    assert depth_scale is None and camera.distortion is None


def test_depth_scale_becomes_meters(tmp_path: Path) -> None:
    assert read_camera(put(tmp_path / "cam.json", {**BOP, "depth_scale": 0.1}))[1] == pytest.approx(0.0001)


@pytest.mark.parametrize("count", [4, 5])
def test_distortion(tmp_path: Path, count: int) -> None:
    distortion = [0.1, -0.2, 0.001, 0.002, 0.05][:count]
    camera, _ = read_camera(put(tmp_path / "cam.json", {"K": K, **SIZE, "distortion": distortion}))
    assert camera.distortion == pytest.approx(tuple(distortion))


BAD_CAMERAS = {
    "no camera": ({"a": 1}, "cam.json: found members a"),
    "list": ([1], "cam.json"),
    "fy missing": ({k: v for k, v in BOP.items() if k != "fy"}, "'fy'"),
    "8 numbers": ({"K": [1.0] * 8, **SIZE}, "cam.json: K: found 8 numbers"),
    "ragged": ({"K": [[1, 2, 3], [4, 5], [7, 8, 9]], **SIZE}, "cam.json: K[1]"),
    "text": ({**BOP, "fx": "600"}, 'cam.json: fx: found "600"'),
    "width missing": ({"K": K, "height": 480}, "'width'"),
    "half a pixel": ({**BOP, "width": 640.5}, "cam.json: width: found 640.5"),
    "true": ({**BOP, "width": True}, "cam.json: width: found true"),
    "3 distortions": ({"K": K, **SIZE, "distortion": [0.1, 0, 0]}, "cam.json: distortion"),
    "depth scale 0": ({**BOP, "depth_scale": 0}, "cam.json: depth_scale"),
    "nan": ('{"fx": NaN, "fy": 1, "cx": 1, "cy": 1, "width": 4, "height": 4}', "cam.json: fx: found NaN"),
    "cut off": ('{"fx": 600.0, "fy"', "cam.json: found"),
    "empty": ("", "cam.json: found"),
    "deep": ("[" * 100_000, "cam.json: found"),
    "negative focal length": ({**BOP, "fx": -600.0}, "found"),
}


@pytest.mark.parametrize("name", BAD_CAMERAS)
def test_bad_cameras_are_named_with_the_place(tmp_path: Path, name: str) -> None:
    content, message = BAD_CAMERAS[name]
    with pytest.raises(InputError) as caught:
        read_camera(put(tmp_path / "cam.json", content))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_missing_and_binary_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gone.json: found no such file"):
        read_camera(tmp_path / "gone.json")
    (tmp_path / "binary.json").write_bytes(b"\x89PNG\x00\x80")
    with pytest.raises(InputError, match="binary.json: found bytes that are not text"):
        read_camera(tmp_path / "binary.json")


def test_real_camera(shared_data: Path) -> None:
    camera, depth_scale = read_camera(shared_data / "desk" / "camera.json")
    assert (camera.width, camera.height, depth_scale) == (640, 480, pytest.approx(0.0001))


def test_key_paths_of_nested_values(tmp_path: Path) -> None:
    value = read_json(put(tmp_path / "a.json", {"3": [{"R": [1, "x"]}]}))
    with pytest.raises(InputError, match=r"a.json: 3\[0\].R: found a list of 2 items"):
        value["3"][0]["R"].numbers(2)
    with pytest.raises(InputError, match=r"a.json: 3: found a list of 1 items.*an item 1"):
        value["3"][1]


def test_json_reads_back_and_nan_is_not_written(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"x": [1.5, None]})
    assert read_json(tmp_path / "a.json").value == {"x": [1.5, None]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert read_json(tmp_path / "a.json").value == {"x": [1.5, None]}


def test_a_failed_write_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("old")
        assert temporary.parent == path.parent and temporary.suffix == ".txt" and not path.exists()
    with pytest.raises(RuntimeError, match="in the middle"), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("in the middle")
    assert path.read_text() == "old" and list(path.parent.iterdir()) == [path]


def test_a_folder_is_no_place_for_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder"), atomic_path(tmp_path):
        pass
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match="a.txt: found .*, expected a folder to write into"),
        atomic_path(tmp_path / "file" / "a.txt"),
    ):
        pass


def test_errors_survive_worker_processes() -> None:
    import pickle

    error = InputError("a\nb", 1, torch.zeros(1), "do")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) == "a b: found 1, expected tensor([0.]); do"
    assert isinstance(error, ValueError) and again.cure == "do"
