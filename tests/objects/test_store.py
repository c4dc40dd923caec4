"""The store: each thing of an object made once, read only for the object it was made of, never in the way."""

from __future__ import annotations

import gc
import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from objpose.errors import InputWarning
from objpose.objects import ObjectModel, kept_arrays
from objpose.objects.store import Making, OnDisk, Store, made_of
from tests.synthetic import onboarded

FORK = multiprocessing.get_context("fork")  # starts in milliseconds
FILE = "numbers.safetensors"


class Maker:
    """Makes numbers of an object, and counts how often."""

    def __init__(self, kind: str = "numbers", on_disk: bool = True) -> None:
        self.kind, self.on_disk, self.times = kind, on_disk, 0

    def of(self, model: ObjectModel, made_with: str = "a") -> Tensor:
        on_disk = OnDisk(lambda thing: {"thing": thing}, lambda arrays: arrays["thing"])
        making = Making(self.kind, made_with, lambda: self._make(model), on_disk if self.on_disk else None)
        return made_of(model, making)

    def _make(self, model: ObjectModel) -> Tensor:
        self.times += 1
        time.sleep(0.02)  # long enough to be asked for again meanwhile
        return model.mesh.vertices[:7] * 2


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return onboarded("can").save(tmp_path / "can")


def expected(model: ObjectModel) -> Tensor:
    return model.mesh.vertices[:7] * 2


def test_it_is_made_once_for_threads_and_comes_back_to_the_last_bit(folder: Path, maker: Maker) -> None:
    model = ObjectModel.load(folder)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(maker.of, [model] * 12))
    assert maker.times == 1 and all(thing is found[0] for thing in found)
    del model, found
    gc.collect()
    assert torch.equal(maker.of(ObjectModel.load(folder)), expected(onboarded("can")))
    assert maker.times == 1
    assert (folder / FILE).stat().st_mode & 0o777 == 0o644


def test_models_of_one_content_share_it_and_it_goes_with_the_last() -> None:
    maker, store = Maker(on_disk=False), Store()
    making = Making("numbers", "a", lambda: maker._make(onboarded("can")))
    one, other = (replace(onboarded("can")) for _ in range(2))
    assert store.made_of(one, making) is store.made_of(other, making) and maker.times == 1
    del one, other
    gc.collect()
    store.made_of(replace(onboarded("can")), making)
    assert maker.times == 2


def test_what_was_made_with_something_else_is_made_anew(folder: Path, maker: Maker) -> None:
    for made_with in ("a", "b", "b"):
        maker.of(ObjectModel.load(folder), made_with)
    assert maker.times == 2


SPOILS: dict[str, Callable[[Path], object]] = {
    "cut in half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "cut in its header": lambda path: os.truncate(path, 20),
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("numbers, but not really"),
    "of another object": lambda path: kept_arrays.keep(path, "other", "a", {"thing": torch.zeros(7, 3)}),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_file_that_does_not_fit_is_made_anew(folder: Path, maker: Maker, spoil: str) -> None:
    maker.of(ObjectModel.load(folder))
    SPOILS[spoil](folder / FILE)
    for _ in range(2):
        assert torch.equal(maker.of(ObjectModel.load(folder)), expected(onboarded("can")))
    assert maker.times == 2, "the new file is a good one"


def test_an_object_onboarded_anew_under_a_held_name_is_another(folder: Path, maker: Maker) -> None:
    """A process holds the can while another puts a mug in its place: neither sees the other's."""
    can = ObjectModel.load(folder)
    onboarded("mug").save(folder, replace=True)
    mug = ObjectModel.load(folder)
    assert torch.equal(maker.of(can), expected(onboarded("can")))
    assert not (folder / FILE).exists(), "the can's numbers are not put beside the mug"
    assert torch.equal(maker.of(mug), expected(onboarded("mug")))
    assert torch.equal(maker.of(ObjectModel.load(folder)), expected(onboarded("mug")))
    assert torch.equal(maker.of(can), expected(onboarded("can"))) and maker.times == 2


def test_a_file_copied_from_another_object_is_not_taken(folder: Path, maker: Maker) -> None:
    mug = ObjectModel.load(onboarded("mug").save(folder.parent / "mug"))
    maker.of(mug)
    (folder.parent / "mug" / FILE).rename(folder / FILE)
    assert torch.equal(maker.of(ObjectModel.load(folder)), expected(onboarded("can")))


def test_what_cannot_be_kept_is_used_all_the_same(
    folder: Path, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(arrays: object, path: Path, metadata: object) -> None:
        Path(path).write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept_arrays, "save_file", full_disk)
    before = set(folder.iterdir())
    with pytest.warns(InputWarning, match="No space left on device, expected a place to keep numbers of can"):
        assert torch.equal(maker.of(ObjectModel.load(folder)), expected(onboarded("can")))
    assert set(folder.iterdir()) == before


def test_a_folder_that_cannot_be_written_is_left_alone(
    folder: Path, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("objpose.io.atomic.os.access", lambda *_: False)  # permissions mean nothing to root
    before = set(folder.iterdir())
    with pytest.warns(InputWarning, match="without permission to write"):
        maker.of(ObjectModel.load(folder))
    assert set(folder.iterdir()) == before


def test_a_recipe_may_ask_for_another_thing_of_its_object(folder: Path, maker: Maker) -> None:
    model, other = ObjectModel.load(folder), Maker("others")
    on_disk = OnDisk(lambda thing: {"thing": thing}, lambda arrays: arrays["thing"])
    assert torch.equal(made_of(model, Making("sum", "", lambda: other.of(model) + 1, on_disk)),
                       expected(model) + 1)  # fmt: skip


def _in_processes(work: Callable[..., None], *arguments: tuple) -> None:
    processes = [FORK.Process(target=work, args=each, daemon=True) for each in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def _make_and_note(folder: Path, notes: Path) -> None:
    maker = Maker()
    assert torch.equal(maker.of(ObjectModel.load(folder)), expected(onboarded("can")))
    notes.with_suffix(f".{os.getpid()}").write_text(str(maker.times))


def test_it_is_made_once_for_processes(folder: Path, tmp_path: Path) -> None:
    _in_processes(_make_and_note, *[(folder, tmp_path / "times")] * 4)
    assert sum(int(note.read_text()) for note in tmp_path.glob("times.*")) == 1


def test_a_killed_maker_is_not_waited_for(folder: Path, maker: Maker) -> None:
    def dies(model: ObjectModel) -> None:
        made_of(model, Making("numbers", "a", lambda: os._exit(1), OnDisk(dict, dict)))

    process = FORK.Process(target=dies, args=(ObjectModel.load(folder),))
    process.start()
    process.join(60)
    assert process.exitcode == 1
    assert torch.equal(maker.of(ObjectModel.load(folder)), expected(onboarded("can")))


def _save_often(folder: Path, name: str, times: int) -> None:
    for _ in range(times):
        onboarded(name).save(folder, replace=True)
        assert ObjectModel.load(folder).content in (onboarded("can").content, onboarded("mug").content)


def test_two_processes_save_one_object_at_once(tmp_path: Path) -> None:
    """50 times each: no error, nothing left over, and what stands at any time is whole."""
    folder = tmp_path / "thing"
    for name in ("can", "mug"):
        _ = onboarded(name).content  # before the fork: made once
    _in_processes(_save_often, (folder, "can", 50), (folder, "mug", 50))
    last = ObjectModel.load(folder)
    names = {path.name for path in folder.iterdir()}
    assert names == {"object.json", f"arrays-{last.content[:12]}.safetensors"}
    assert [path.name for path in tmp_path.iterdir()] == ["thing"]
