"""Every shipped sheet read back: text, fonts, overlaps, scale, legend, place on the earth, bytes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from itertools import combinations, pairwise
from pathlib import Path

import pikepdf
import pytest
import shapely
from shapely.geometry.base import BaseGeometry
from sheet_reader import (
    Read,
    Run,
    Sheets,
    corners,
    legend_counts,
    missing,
    named,
    needs_fonts,
    page_faults,
    projection,
)

import layers
from etl import indicators, run
from gis.frozen import FrozenMapping
from gis.layer import Geometry
from gis.symbol import Marker
from webmap.legend import entries
from webmap.paper import display, figures, pdf, press, sheet, svg
from webmap.paper.compose import Composed, compose
from webmap.paper.content import Content
from webmap.paper.display import Group, Item, Page, Shape, Text
from webmap.paper.furniture import NOT_BINDING, NOT_REVIEWED, scale_bar
from webmap.paper.sheet import Around, Figures, Sheet

pytestmark = needs_fonts

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
    asked, page = made(name).asked, made(name).page
    assert _legend_faults(page, asked, content) == []


def _legend_faults(page: Read, asked: Sheet, content: Content) -> list[str]:
    found, expected = legend_counts(page), dict(_expected(page, asked, content))
    return [
        f"{title}: {found.get(title, 0)}, not {count}"
        for title, count in expected.items()
        if found.get(title, 0) != count
    ]


def test_the_overview_names_nearly_all_of_its_many_facilities_and_numbers_the_rest(made: Made) -> None:
    composed, page = made("corridor").composed, made("corridor").page
    names = [place.name for place in composed.places]
    on_map = named(page, names)
    assert made("corridor").asked.paper == "A3" and len(names) >= 150
    assert len(on_map) >= 0.95 * len(names)
    assert missing(page, names) == []
    assert made("corridor").read.faults() == []


def _expected(page: Read, asked: Sheet, content: Content) -> Iterator[tuple[str, int]]:
    """How many features of each point layer of one symbol lie in the map, by the place that the file gives it."""
    view = page.viewports[0]
    east, north = corners(view)
    window = shapely.box(min(east), min(north), max(east), max(north))
    kept = _kept(asked, content)
    for layer in content.catalog.values():
        is_drawn = layer.id in asked.layers if asked.layers else layer.shown
        if not is_drawn or layer.geometry is not Geometry.POINT or len(entries(layer)) > 1:
            continue
        sited = [
            one
            for one in content.features[layer.id]
            if one.geometry and one.properties["precision"] not in VAGUE
        ]
        inside = [one.geometry for one in sited if kept is None or kept.intersects(one.geometry)]
        places = [shapely.Point(*projection(view).transform(point.x, point.y)) for point in inside]
        yield layer.title, sum(window.contains(place) for place in places)


VAGUE = ("district", "city")


def _kept(asked: Sheet, content: Content) -> BaseGeometry | None:
    """The area to which a sheet keeps."""
    around = asked.extent
    if not isinstance(around, Around) or not around.only:
        return None
    return next(one.geometry for one in content.features[around.layer] if one.properties["key"] == around.key)


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
    less = Sheets(pdf.write([replace(page, groups=groups)], pdf.About("t")))
    assert missing(less.pages[0], [there.text]) == [there.text]
    assert named(less.pages[0], [there.text]) == []


def test_the_reader_finds_a_legend_that_counts_wrong(page: Page, made: Made, content: Content) -> None:
    def miscounted(item: Item) -> Item:
        return replace(item, text=re.sub(r"（\d+）", "（77）", item.text)) if isinstance(item, Text) else item

    groups = tuple(
        Group(g.name, map(miscounted, g.items), g.clip) if g.name == "legend" else g for g in page.groups
    )
    read = Sheets(pdf.write([replace(page, groups=groups)], pdf.About("t")))
    assert _legend_faults(read.pages[0], made("cluster-huanggang").asked, content) != []


@pytest.mark.parametrize("character", ["\u2f42", "\ue000", "\ufffd"])
def test_the_reader_finds_characters_that_are_no_text(character: str, made: Made) -> None:
    read = made("cluster-huanggang").page
    more = (*read.runs, Run(character, 1, 1, 3, 3, 8))
    assert f"character U+{ord(character):04X}" in list(page_faults(replace(read, runs=more)))


def test_the_reader_finds_a_page_without_text_and_one_that_is_a_picture(page: Page, made: Made) -> None:
    bare = replace(page, groups=(), references=())
    assert "page 1: no text" in faults(bare)
    assert "1 pictures" in list(page_faults(replace(made("cluster-huanggang").page, images=1)))


def _spoilt(page: Page, spoil: Callable[[pikepdf.Pdf], None]) -> list[str]:
    """What the reader says of a file after a change to its objects."""
    with pikepdf.Pdf.open(BytesIO(pdf.write([page], pdf.About("t")))) as opened:
        spoil(opened)
        written = BytesIO()
        opened.save(written)
    return Sheets(written.getvalue()).faults()


def _without_language(file: pikepdf.Pdf) -> None:
    del file.Root.Lang


def _without_title(file: pikepdf.Pdf) -> None:
    del file.docinfo[pikepdf.Name.Title]


def _without_bookmarks(file: pikepdf.Pdf) -> None:
    with file.open_outline() as outline:
        outline.root.clear()


def _font(file: pikepdf.Pdf) -> pikepdf.Dictionary:
    found = [
        one for one in file.objects if isinstance(one, pikepdf.Dictionary) and one.get("/Subtype") == "/Type0"
    ]
    assert isinstance(found[0], pikepdf.Dictionary)
    return found[0]


def _not_embedded(file: pikepdf.Pdf) -> None:
    descriptor = _font(file).DescendantFonts[0].FontDescriptor
    for key in ("/FontFile2", "/FontFile3"):
        if key in descriptor:
            del descriptor[key]


def _whole_font(file: pikepdf.Pdf) -> None:
    _font(file).BaseFont = pikepdf.Name("/NotoSansSC-Regular")


def _without_unicode(file: pikepdf.Pdf) -> None:
    del _font(file)["/ToUnicode"]


def _type_3(file: pikepdf.Pdf) -> None:
    file.Root.Spoilt = file.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type3)
    )


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (_without_language, "no language"),
        (_without_title, "no title"),
        (_without_bookmarks, "bookmarks"),
        (_not_embedded, "not embedded"),
        (_whole_font, "not a subset"),
        (_without_unicode, "no ToUnicode"),
        (_type_3, "Type 3"),
    ],
)
def test_the_reader_finds_what_is_wrong_with_a_file(
    page: Page, spoil: Callable[[pikepdf.Pdf], None], fault: str
) -> None:
    assert any(fault in one for one in _spoilt(page, spoil))


# --- in grey --------------------------------------------------------------------------------------


def lightness(color: str) -> float:
    """CIE L* of a colour."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    y = sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def test_symbols_of_facilities_are_told_apart_without_colour(content: Content) -> None:
    """By their shape, or where two layers share one by lightness or size."""
    shown = [layer for layer in content.catalog.values() if layer.shown]
    marks = {
        (layer.id, symbol)
        for layer in shown
        for entry in entries(layer)
        if isinstance(symbol := entry.symbol, Marker)
    }
    assert len(marks) > 10
    for (name, one), (other_name, other) in combinations(sorted(marks, key=str), 2):
        is_apart = abs(lightness(one.color) - lightness(other.color)) > 5 or abs(one.size - other.size) >= 1
        assert one.shape is not other.shape or is_apart, f"{name}, {other_name}"


def test_classes_get_darker_by_steps_that_grey_keeps() -> None:
    steps = [lightness(color) for color in ("#ffffff", *figures.RAMP)]
    assert all(paler - darker > 7 for paler, darker in pairwise(steps))


def test_every_sheet_stays_legible_in_grey(made: Made) -> None:
    """What carries text is light, what is text is dark, by lightness alone."""
    texts = [
        text
        for name in ("corridor", "science-city")
        for text in display.texts(made(name).composed.page.groups)
    ]
    assert max(lightness(text.color) for text in texts) < 62
