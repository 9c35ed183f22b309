"""Every shipped sheet read back: text, fonts, overlaps, scale, legend, place on the earth, bytes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from sheet_reader import Read, Sheets, legend_counts, missing

import layers
from etl import indicators, run
from gis.frozen import FrozenMapping
from gis.layer import Geometry
from webmap.legend import entries
from webmap.paper import figures, glyphs, pdf, press, sheet, svg
from webmap.paper.compose import Composed, compose
from webmap.paper.content import Content
from webmap.paper.display import Group, Page, Shape, Text
from webmap.paper.furniture import NOT_BINDING, NOT_REVIEWED, scale_bar
from webmap.paper.sheet import Figures, Sheet

pytestmark = pytest.mark.skipif(
    not (glyphs.FOLDER / "manifest.json").is_file(), reason="no fonts: run `make assets`"
)

NAMES = sorted(path.stem for path in sheet.SHIPPED.glob("*.toml"))
SHEETS = [name for name in NAMES if name != "atlas"]


@pytest.fixture(scope="module")
def content() -> Content:
    """The shipped data."""
    catalog = layers.catalog()
    gathered = run.gather(catalog)
    titles = {name: document.title for name, document in gathered.documents.items()}
    days = [one.properties["as_of"] for found in gathered.features.values() for one in found]
    return Content(catalog, gathered.features, FrozenMapping(titles), max(day for day in days if day))


@dataclass(frozen=True)
class Printed:
    """A sheet that was composed, written and read back."""

    asked: Sheet
    composed: Composed
    data: bytes
    read: Sheets

    @property
    def page(self) -> Read:
        return self.read.pages[0]


Made = Callable[[str], Printed]


@pytest.fixture(scope="module")
def made(content: Content) -> Made:
    """Each sheet, once."""

    @cache
    def make(name: str) -> Printed:
        asked = sheet.load(name, content.catalog)
        assert isinstance(asked, Sheet)
        composed = compose(asked, content)
        data = pdf.write([composed.page], press.about(asked, content))
        return Printed(asked, composed, data, Sheets(data))

    return make


@pytest.mark.parametrize("name", SHEETS)
def test_a_shipped_sheet_has_no_fault_that_a_reader_of_the_file_finds(name: str, made: Made) -> None:
    assert made(name).read.faults() == []


@pytest.mark.parametrize("name", SHEETS)
def test_a_shipped_sheet_says_who_made_it_from_what_and_how_it_stands(name: str, made: Made) -> None:
    asked, page = made(name).asked, made(name).page
    standing = [NOT_REVIEWED.replace(" ", ""), NOT_BINDING, asked.title.replace(" ", ""), asked.number]
    assert missing(page, [*standing, "编制单位", "编制日期", "资料来源", "坐标系", "图例", "北"]) == []
    assert "CGCS2000" in page.text


@pytest.mark.parametrize("name", SHEETS)
def test_every_facility_of_a_sheet_stands_on_it_by_name(name: str, made: Made) -> None:
    composed, page = made(name).composed, made(name).page
    lost = missing(page, (place.name for place in composed.places))
    assert [one for one in lost if one[:8] not in page.text] == []
    assert composed.report.facilities >= len(composed.places)


@pytest.mark.parametrize("name", SHEETS)
def test_the_legend_lists_what_is_in_the_frame_and_how_many_of_each(
    name: str, made: Made, content: Content
) -> None:
    found = legend_counts(made(name).page)
    for title, count in _expected(made(name).asked, made(name).composed, content).items():
        assert found.get(title) == count, f"{title}: {found.get(title)} where {count} are in the frame"


def _expected(asked: Sheet, composed: Composed, content: Content) -> Counter[str]:
    """The counts of the point layers of one symbol, by what is in the frame's corners."""
    wanted = set(asked.layers or content.catalog)
    drawn = Counter(place.key.partition("/")[0] for place in composed.places)
    point = {
        layer.id: layer
        for layer in content.catalog.values()
        if layer.id in wanted and layer.geometry is Geometry.POINT and len(entries(layer)) == 1
    }
    return Counter({point[name].title: count for name, count in drawn.items() if name in point})


@pytest.mark.parametrize("name", ["corridor", "region"])
def test_gdal_reads_the_reference_system_and_the_extent(name: str, made: Made, tmp_path: Path) -> None:
    if shutil.which("gdalinfo") is None:
        pytest.skip("no gdalinfo")
    asked, composed = made(name).asked, made(name).composed
    path = tmp_path / "sheet.pdf"
    path.write_bytes(made(name).data)
    told = subprocess.run(["gdalinfo", "-json", str(path)], capture_output=True, text=True, check=True)
    info = json.loads(told.stdout)
    assert ("4547" if asked.crs == "EPSG:4547" else "Lambert") in info["coordinateSystem"]["wkt"]
    (x0, width, _r1, y0, _r2, height) = info["geoTransform"]
    corners = [info["size"][0] * width, info["size"][1] * -height]
    assert corners[0] / composed.page.width == pytest.approx(composed.scale / 1000, rel=0.001)


@pytest.mark.parametrize("name", [name for name in SHEETS if name.startswith("indicator-")])
def test_the_figures_that_stand_on_a_sheet_are_those_of_the_documents(
    name: str, made: Made, content: Content
) -> None:
    asked, page = made(name).asked.figures, made(name).page
    assert asked is not None
    found = [one for one in figures.read(asked, content) if one.wording]
    codes = {str(one.properties["key"]): one.properties["city"] for one in content.features[asked.layer]}
    known = {(one.area, one.indicator, one.base_value) for one in indicators.indicators()}
    aims = {(one.area, one.indicator, one.target_value) for one in indicators.indicators()}
    assert len([one for one in found if one.key]) >= 2
    for one in found:
        area = codes.get(one.key, indicators.PROVINCE)
        assert one.base is None or (area, one.wording, one.base) in known
        assert one.target is None or (area, one.wording, one.target) in aims
        numbers = [figures.number(value) for value in (one.base, one.target) if value is not None]
        assert missing(page, [one.name, one.wording, *numbers]) == []


def test_every_indicator_of_two_cities_has_a_sheet(content: Content) -> None:
    asked = [found for name in SHEETS if (found := _figures(name, content))]
    cities: dict[tuple[str, str, str], set[int]] = {}
    for one in indicators.indicators():
        if one.area != indicators.PROVINCE:
            cities.setdefault((one.indicator, one.unit, one.kind.value), set()).add(one.area)
    shared = {key for key, areas in cities.items() if len(areas) > 1}
    assert len(shared) > 4
    for indicator, unit, kind in shared:
        assert any(indicator in one.wordings and unit in one.units and one.kind == kind for one in asked), (
            indicator
        )


def _figures(name: str, content: Content) -> Figures | None:
    one = sheet.load(name, content.catalog)
    return one.figures if isinstance(one, Sheet) else None


@pytest.mark.parametrize("name", [name for name in SHEETS if name.startswith("indicator-")])
def test_each_map_of_a_sheet_of_figures_is_a_sheet_of_its_own_too(name: str, made: Made) -> None:
    for end in ("2020", "2025", "gap"):
        one = made(f"{name}-{end}")
        assert one.asked.figures is not None and len(one.asked.figures.show) == 1
        assert one.read.faults() == []
        assert one.asked.number in one.page.text


def test_the_same_sheet_gives_the_same_bytes_in_every_format(made: Made, content: Content) -> None:
    once = made("cluster-huanggang")
    asked, composed, data = once.asked, once.composed, once.data
    again = compose(asked, content)
    assert again == composed
    assert pdf.write([again.page], press.about(asked, content)) == data
    assert svg.write(again.page) == svg.write(composed.page)
    assert pdf.png(again.page, 60) == pdf.png(composed.page, 60)


def test_an_svg_is_whole_in_itself(made: Made) -> None:
    text = svg.write(made("cluster-huanggang").composed.page)
    assert set(re.findall(r'(?:href|src)="([^"]*)"', text)) == set()
    assert re.findall(r"url\(\"?+(?!data:|#)", text) == []
    assert "@font-face" in text and "黄冈特色产业组团" in text


def test_a_picture_has_the_resolution_that_was_asked(made: Made) -> None:
    data = pdf.png(made("cluster-huanggang").composed.page, 100)
    assert data.startswith(b"\x89PNG")
    width = int.from_bytes(data[16:20])
    assert width == pytest.approx(420 / 25.4 * 100, abs=1)


# --- the reader finds what is wrong ---------------------------------------------------------------


@pytest.fixture(scope="module")
def page(made: Made) -> Page:
    return made("cluster-huanggang").composed.page


def faults(page: Page) -> list[str]:
    return Sheets(pdf.write([page], pdf.About("t"))).faults()


def label(page: Page) -> Text:
    names = next(group for group in page.groups if group.name == "labels")
    return next(item for item in names.items if isinstance(item, Text))


def test_the_reader_finds_a_label_on_a_label(page: Page) -> None:
    there = label(page)
    on_top = Text(there.x + 1, there.y + 0.5, "压字", there.size)
    assert any(
        "overlaps" in one for one in faults(replace(page, groups=(*page.groups, Group("x", [on_top]))))
    )


def test_the_reader_finds_text_beyond_the_page_and_text_too_small(page: Page) -> None:
    beyond = Text(page.width - 2, 2, "出界", 4)
    tiny = Text(2, 5, "小字", 1)
    found = faults(replace(page, groups=(*page.groups, Group("x", [beyond, tiny]))))
    assert any("leaves the page" in one for one in found) and any("points" in one for one in found)


def test_the_reader_finds_a_bar_that_is_not_to_scale(page: Page, made: Made) -> None:
    scale = made("cluster-huanggang").composed.scale
    assert any("scale bar" in one for one in faults(_with_bar(page, scale * 1.004)))
    assert not any("scale bar" in one for one in faults(_with_bar(page, scale)))


def _with_bar(page: Page, scale: float) -> Page:
    def changed(group: Group) -> Group:
        return Group(
            group.name, [_bar(item, scale) if isinstance(item, Group) else item for item in group.items]
        )

    return replace(page, groups=tuple(changed(g) if g.name == "foot" else g for g in page.groups))


def _bar(old: Group, scale: float) -> Group:
    first = old.items[0]
    assert isinstance(first, Shape)
    left, top, _right, _bottom = first.geometry.bounds
    return scale_bar(scale, left, top, 1)


def test_the_reader_finds_a_map_that_lies_elsewhere(page: Page) -> None:
    (there,) = page.references
    corners = tuple((lon * 1.0001, lat) for lon, lat in there.corners[:2]) + there.corners[2:]
    found = faults(replace(page, references=(replace(there, corners=corners),)))
    assert any("georeference" in one for one in found)


def test_the_reader_misses_a_name_that_was_taken_away(page: Page) -> None:
    there = label(page)
    groups = tuple(
        Group(g.name, [item for item in g.items if item is not there], g.clip) if g.name == "labels" else g
        for g in page.groups
    )
    whole, less = (
        Sheets(pdf.write([p], pdf.About("t"))).pages[0] for p in (page, replace(page, groups=groups))
    )
    assert len(less.runs) < len(whole.runs)


def test_the_reader_finds_a_file_without_language_or_title(page: Page) -> None:
    import io

    import pikepdf

    with pikepdf.Pdf.open(io.BytesIO(pdf.write([page], pdf.About("t")))) as opened:
        del opened.Root.Lang
        del opened.docinfo[pikepdf.Name.Title]
        written = io.BytesIO()
        opened.save(written)
    found = Sheets(written.getvalue()).faults()
    assert "no language" in found and "no title" in found
