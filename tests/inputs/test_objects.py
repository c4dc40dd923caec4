"""Names of objects: taken, looked up, and never another object's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from objpose import PoseEstimator, load_object, onboard
from objpose.errors import InputError, InputWarning
from objpose.features import PatchDescriptor
from objpose.geometry import Symmetry
from objpose.io import write_mesh
from objpose.objects import ObjectModel, object_templates
from objpose.objects.template_views import ViewOptions
from objpose.objects.templates import TemplateOptions
from objpose.onboarding import OnboardOptions
from tests.geometry.shapes import box
from tests.inputs.habits import habit
from tests.synthetic import onboarded

KIND = "Objects and their names"
QUICK = OnboardOptions(surface_points=400, views=12)
FEW = TemplateOptions(ViewOptions(directions=16, turns=1), components=8, words=16)
BRICK, TILE = box(0.1, 0.06, 0.04), box(0.12, 0.1, 0.01)


@pytest.fixture(autouse=True)
def without_symmetries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which take most of onboarding, and no part in names."""
    for detect in ("detect_symmetry", "detect_near_symmetry"):
        monkeypatch.setattr(f"objpose.onboarding.mesh.{detect}", lambda *_: Symmetry.none())


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OBJPOSE_TEMPLATES", raising=False)
    return tmp_path


def onboard_quickly(mesh: object, **options: object) -> ObjectModel:
    return onboard(mesh, units="m", options=QUICK, progress=False, **options)


def ycb(folder: str, mesh: object) -> Path:
    path = Path(folder) / "textured_simple.ply"
    write_mesh(path, mesh)
    return path


def reach(model: ObjectModel) -> torch.Tensor:
    """Of its templates' points: the largest coordinates, which tell the shapes apart."""
    return object_templates(model, PatchDescriptor(), FEW, progress=False).points.abs().amax(0)


@habit(
    KIND,
    "Two meshes of one file name, as all of YCB (`textured_simple.obj`)",
    "the second is refused, with a name to give it; `replace=True` or `--replace` takes the place",
    "the second took the place in silence; RGB used the first one's templates: 412 mm and 118 degrees off",
)
def test_two_meshes_of_one_file_name() -> None:
    onboard_quickly(ycb("003_cracker_box", BRICK))
    with pytest.raises(
        InputError, match=r"another object \(of textured_simple.ply, 123.3 mm across\).*name='004_sugar_box'"
    ):
        onboard_quickly(ycb("004_sugar_box", TILE))
    assert load_object("textured_simple").diameter == pytest.approx(BRICK.diameter())
    onboard_quickly(ycb("004_sugar_box", TILE), replace=True)
    assert load_object("textured_simple").diameter == pytest.approx(TILE.diameter())
    assert onboard_quickly(ycb("003_cracker_box", BRICK), name="cracker_box").name == "cracker_box"


@habit(KIND, "The same mesh onboarded again, from any folder", "is fine; what was made of it stays")
def test_the_same_mesh_again() -> None:
    model = onboard_quickly(ycb("one", BRICK))
    reach(model)
    kept = set(model.folder.iterdir())
    assert onboard_quickly(ycb("other", BRICK)).content == model.content
    assert set(model.folder.iterdir()) == kept and len(kept) == 3


@habit(
    KIND,
    "An object onboarded anew under a name that a running program holds",
    "the program keeps its own object, and neither reads nor writes the other's templates",
    "the program wrote its templates into the new object's folder, where they were used",
)
def test_onboarded_anew_while_held() -> None:
    held = onboard_quickly(ycb("one", BRICK))
    onboard_quickly(ycb("other", TILE), replace=True)
    torch.testing.assert_close(reach(held), torch.tensor([0.05, 0.03, 0.02]), atol=2.5e-3, rtol=0)
    assert list(held.folder.glob("templates-*")) == []
    new = load_object("textured_simple")
    torch.testing.assert_close(reach(new), torch.tensor([0.06, 0.05, 0.005]), atol=2.5e-3, rtol=0)


@habit(
    KIND,
    "A mesh file whose name is also that of another onboarded object",
    "the file is used",
    "the same where the file is named with its suffix",
)
def test_a_mesh_file_named_like_a_stored_object() -> None:
    onboarded("can").save(Path("templates/textured_simple"))
    path = ycb("somewhere", BRICK)
    assert load_object(path).diameter == pytest.approx(BRICK.diameter())
    path.rename("textured_simple.ply")
    assert load_object("textured_simple.ply").diameter == pytest.approx(BRICK.diameter())
    assert load_object("textured_simple").diameter == onboarded("can").diameter


@habit(
    KIND,
    "A folder `./drill` of pictures beside the object `templates/drill` made of it",
    "the object is used: names are looked up among the onboarded objects first",
    "the folder was taken for an object: found no object.json",
)
def test_a_folder_of_pictures_beside_the_object_made_of_it() -> None:
    onboarded("can").save(Path("templates/drill"))
    Path("drill/images").mkdir(parents=True)
    Path("drill/transforms.json").write_text("{}")
    for given in ("drill", "drill/"):
        assert load_object(given).name == "can"


@habit(
    KIND,
    "A name that means two different objects (`./drill` and `templates/drill`, or in two stores)",
    "the stored one is taken, with a warning that names both; `./drill` gives the other",
    "the one beside the caller was taken in silence",
)
def test_a_name_of_two_objects() -> None:
    onboarded("can").save(Path("templates/drill"))
    onboarded("mug").save(Path("drill"))
    with pytest.warns(InputWarning, match="both templates/drill and drill.*give ./drill for the other"):
        assert load_object("drill").name == "can"
    assert load_object("./drill").name == "mug"


@habit(
    KIND,
    "A name that is not known, or with a slip or other capitals",
    "the refusal lists what is onboarded and names the closest: did you mean watering_can?",
    "where it was looked for, and no more",
)
@pytest.mark.parametrize("slip", ["Watering_Can", "watering-can", "wateringcan", "watering_can.ply"])
def test_a_slip_in_a_name(slip: str) -> None:
    for name in ("watering_can", "drill"):
        onboarded("can").save(Path("templates") / name)
    with pytest.raises(InputError, match=r"onboarded \(drill, watering_can\).*did you mean watering_can\?"):
        load_object(slip)


@habit(
    KIND,
    "A folder given as the object",
    "says what it holds and the cure: the mesh in it, or `objpose onboard-views` for posed pictures",
    "found no object.json",
)
def test_a_folder_as_the_object() -> None:
    path = ycb("003_cracker_box", BRICK)
    with pytest.raises(InputError, match=f"a folder of meshes.*give {path}"):
        load_object("003_cracker_box")
    Path("mug").mkdir()
    Path("mug/cameras.json").write_text("{}")
    with pytest.raises(InputError, match="a folder of posed pictures.*onboard-views"):
        load_object("mug")


BAD_NAMES = ["a/b", "a\\b", "..", ".hidden", "../x", " can", "ca\nn", "x" * 101, "\u00fc" * 51, ""]


@habit(
    KIND,
    "A name with `/`, `..`, spaces around it or line breaks, an empty or a very long one",
    "refused before any work, nothing written",
    "`../x` was written outside the folder; a long one failed after the work",
)
@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_is_none(name: str, here: Path) -> None:
    with pytest.raises(InputError, match="^name.*: found .*, expected .*give .* with name=$"):
        onboard_quickly(BRICK, name=name, out="made")
    assert list(here.iterdir()) == []


@habit(KIND, "Names that differ only in capitals", "refused: they are one file on many disks", "two objects")
def test_names_that_differ_in_capitals() -> None:
    onboarded("can").save(Path("made/Can"))
    with pytest.raises(InputError, match="the object Can in made.*or write it Can"):
        onboard_quickly(BRICK, name="can", out="made")


@habit(
    KIND,
    "An `out` folder that cannot be written to, or is a file",
    "refused before the work",
    "an error after it",
)
def test_a_place_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("made").write_text("a file")
    monkeypatch.setattr("objpose.onboarding.mesh._onboarded", lambda *_: pytest.fail("work was done"))
    for out in ("made", "made/deeper", "/proc/objects"):
        with pytest.raises(InputError, match="expected a folder to write into"):
            onboard_quickly(BRICK, name="can", out=out)


@habit(
    KIND,
    "A folder onboarded with an earlier version",
    "read as ever; templates in it are made anew, as they do not say what they were made of",
)
def test_a_folder_of_an_earlier_version() -> None:

    folder = onboarded("can").save(Path("templates/can"))
    [arrays] = folder.glob("arrays-*")
    arrays.rename(folder / "arrays.safetensors")
    meta = json.loads((folder / "object.json").read_text()) | {"format": 1}
    (folder / "object.json").write_text(
        json.dumps({k: meta[k] for k in meta if k not in ("arrays", "content")})
    )
    first = reach(load_object("can"))
    assert torch.equal(reach(load_object("can")), first) and len(list(folder.glob("templates-*"))) == 1


def test_objects_of_one_name_are_refused_together() -> None:
    with pytest.raises(InputError, match="different names"):
        PoseEstimator([onboarded("can"), onboarded("can")])
