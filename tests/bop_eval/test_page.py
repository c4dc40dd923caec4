"""The HTML page: well formed, self-contained, and showing what was scored."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bop_eval.cli import main
from bop_eval.datasets import open_test_set
from bop_eval.page import write_page
from bop_eval.page.charts import Series, bar_chart, line_chart
from objpose.errors import InputError
from objpose.io import write_bop_table
from tests.bop_eval.scored_set import PLAIN, TURNING, Guess, Instance, make_scored_set, table

LEFT, RIGHT = (-20.0, 0.0, 400.0), (60.0, 0.0, 400.0)
VOID = {"meta", "img", "br"}


class Outline(HTMLParser):
    """Checks that tags close, and collects sources and links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []
        self.seen: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.sources += [value or "" for name, value in attributes if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = {(1, 0): [Instance(PLAIN, LEFT), Instance(TURNING, RIGHT)]}
    return make_scored_set(tmp_path / "cubes", images, [(1, 0, PLAIN, 1), (1, 0, TURNING, 1)], depth_mm=420)


@pytest.fixture
def results(tmp_path: Path) -> list[Path]:
    """Two submissions: one right and one that is 12 mm off on one object; the first has an odd name."""
    right = Guess(1, 0, TURNING, 0.9, RIGHT)
    paths = [tmp_path / "<b>&mine_cubes-test.csv", tmp_path / "other_cubes-test.csv"]
    write_bop_table(paths[0], table(Guess(1, 0, PLAIN, 0.9, LEFT), right))
    write_bop_table(paths[1], table(Guess(1, 0, PLAIN, 0.9, (LEFT[0] + 12, 0, 400)), right))
    return paths


def test_the_page_is_whole_and_alone(folder: Path, results: list[Path], tmp_path: Path) -> None:
    path = write_page(results, open_test_set(folder), tmp_path / "out")
    assert [entry.name for entry in path.parent.iterdir()] == ["index.html"]
    page = path.read_text()
    outline = Outline(page)
    assert outline.open == [] and "script" not in outline.seen and "link" not in outline.seen
    assert len(outline.sources) == 3 and all(s.startswith("data:image/jpeg;base64,") for s in outline.sources)
    assert outline.seen.count("svg") == 6 + 4  # three curves and two charts of bars for each task
    assert "<b>&mine" not in page and "&lt;b&gt;&amp;mine" in page
    assert 'class="best">1.0000' in page and "object 1" in page and "line 2" in page
    assert "Every estimate is perfect." in page


def test_the_command_names_the_page(
    folder: Path, results: list[Path], tmp_path: Path, capsys, monkeypatch
) -> None:
    arguments = ["report", *results, "--dataset", folder, "--out", tmp_path / "out"]
    monkeypatch.setattr(sys, "argv", ["bop-eval", *map(str, arguments)])
    main()
    assert capsys.readouterr().out == f"{tmp_path / 'out' / 'index.html'}\n"


def test_a_set_without_targets_is_named(folder: Path, results: list[Path], tmp_path: Path) -> None:
    for path in folder.glob("test_targets_*.json"):
        path.unlink()
    with pytest.raises(InputError, match="neither test_targets_bop19.json nor"):
        write_page(results, open_test_set(folder), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_charts_stay_in_their_frames() -> None:
    series = [Series("a <name>", [0.0, 0.5, 1.0]), Series("b", [1.0, 1.0, 0.0])]
    for chart in (line_chart("title", "x", [5, 10, 15], series), bar_chart(["one", "two", "three"], series)):
        svg = ElementTree.fromstring(chart)
        width, height = float(svg.get("width")), float(svg.get("height"))
        for points in svg.iter("polyline"):
            pairs = [pair.split(",") for pair in points.get("points").split()]
            assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in pairs)
        for bar in svg.iter("rect"):
            assert float(bar.get("x")) + float(bar.get("width")) <= width
            assert float(bar.get("y")) + float(bar.get("height")) <= height
        assert len(re.findall("a &lt;name&gt;", chart)) >= 1
