"""What a sheet may say, and what it is told when it says something else; text stays text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from conftest import FIELDS, HOSTILE, REQUIRE_ALL, TRACKS, WELLS, plots, properties, tracks, wells

import layers
from gis.errors import BadData, BadParameter, NotFound
from gis.feature import Bbox, Feature
from gis.frozen import FrozenMapping
from gis.layer import Catalog
from gis.repository import Published, Source
from tests.sheet_reader import Sheets, needs_fonts
from webmap import special
from webmap.paper import figures, glyphs, imprint, pdf, press, sheet, svg, words
from webmap.paper.compose import compose
from webmap.paper.content import Content, read
from webmap.paper.sheet import Around, Atlas, Sheet

fonts = needs_fonts
CATALOG = Catalog([WELLS, TRACKS, FIELDS])
TITLE = {"title": "水井分布图"}
FIGURES = {"layer": "plots", "wordings": ["产量"], "units": ["吨"], "years": [2020, 2025]}


@pytest.fixture
def content() -> Content:
    """The layers of the tests, without the plot, which lies elsewhere."""
    features = {"wells": tuple(wells()), "tracks": tuple(tracks()), "plots": ()}
    return Content(CATALOG, FrozenMapping(features), FrozenMapping({}))


def test_the_shipped_sheets_name_only_layers_and_features_that_there_are() -> None:
    found = [sheet.load(path.stem, layers.catalog()) for path in sheet.SHIPPED.glob("*.toml")]
    assert len(found) == len(sheet.shipped()) > 10
    assert any(isinstance(one, Atlas) for one in found)


def test_a_sheet_is_of_the_day_of_its_newest_source_and_tells_of_that_of_its_newest_plan() -> None:
    sources = {
        "plan": Source("plan", "规划", date=date(2024, 4, 21)),
        "airports": Source("airports", "机场", date=date(2026, 9, 5)),
        "undated": Source("undated", "其他"),
    }
    published = Published(
        "1", date(2024, 4, 21), FrozenMapping(sources), FrozenMapping({}), FrozenMapping({})
    )
    told = imprint.lines(sheet.parse("w", TITLE, CATALOG), read(published, Catalog([]), lambda *_: ()), ())
    assert "编制日期：2026年9月" in told and "资料截至：2024-04-21" in told


def test_a_sheet_has_what_its_table_says() -> None:
    table = {
        **TITLE,
        "paper": "A2",
        "orientation": "portrait",
        "scale": 250000,
        "extent": [113.9, 29.9, 114.6, 30.6],
        "layers": ["wells"],
        "inset": {"times": 2, "title": "附图"},
        "pins": {"well-1": [3, -2]},
        "marginalia": {"unit": "测绘院", "review_no": "鄂S(2026)001号"},
    }
    made = sheet.parse("wells", table, CATALOG)
    assert made.size == (420, 594)
    assert made.extent == Bbox(113.9, 29.9, 114.6, 30.6)
    assert made.pins["well-1"] == (3, -2)
    assert made.marginalia.review_no == "鄂S(2026)001号"


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({}, "title"),
        ({**TITLE, "layers": ["no_such"]}, "layers"),
        ({**TITLE, "layers": "wells"}, "layers"),
        ({**TITLE, "paper": "A00"}, "paper"),
        ({**TITLE, "orientation": "round"}, "orientation"),
        ({**TITLE, "scale": 0}, "scale"),
        ({**TITLE, "scale": True}, "scale"),
        ({**TITLE, "scale": 1e9}, "scale"),
        ({**TITLE, "crs": "+proj=merc"}, "crs"),
        ({**TITLE, "extent": [114, 30, 113, 31]}, "extent"),
        ({**TITLE, "extent": [114, 30, 115]}, "extent"),
        ({**TITLE, "extent": [114, 30, 115, float("nan")]}, "extent"),
        ({**TITLE, "extent": {"layer": "no_such"}}, "extent.layer"),
        ({**TITLE, "extent": {"layer": "wells", "file": "../x"}}, "extent.file"),
        ({**TITLE, "equals": {"wells": {"no_such": 1}}}, "equals.wells"),
        ({**TITLE, "inset": {"times": 100}}, "inset.times"),
        ({**TITLE, "pins": {"a": [1]}}, "pins.a"),
        ({**TITLE, "logo": "../../etc/passwd"}, "logo"),
        ({**TITLE, "title": "x" * 300}, "title"),
        ({**TITLE, "marginalia": {"date": "today"}}, "marginalia.date"),
        ({**TITLE, "language": "fr"}, "language"),
        ({**TITLE, "figures": {"layer": "plots"}}, "figures.years"),
        ({**TITLE, "figures": {**FIGURES, "layer": "no_such"}}, "figures.layer"),
        ({**TITLE, "figures": {**FIGURES, "wordings": []}}, "figures.wordings"),
        ({**TITLE, "figures": {**FIGURES, "show": ["sum"]}}, "figures.show"),
        ({**TITLE, "figures": {**FIGURES, "symbols": "stars"}}, "figures.symbols"),
        ({**TITLE, "figures": FIGURES}, "figures"),
    ],
)
def test_a_sheet_that_cannot_be_is_refused_by_its_key(table: dict[str, Any], key: str) -> None:
    with pytest.raises(BadParameter) as refused:
        sheet.parse("s", table, CATALOG)
    assert refused.value.name == key


def test_a_file_is_named_with_its_fault(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('title = "t"\nscale = "big"\n', encoding="utf-8")
    with pytest.raises(BadData, match=r"bad\.toml: scale='big': expected"):
        sheet.load("bad", CATALOG, tmp_path)
    (tmp_path / "broken.toml").write_text("title = ", encoding="utf-8")
    with pytest.raises(BadData, match=r"broken\.toml"):
        sheet.load("broken", CATALOG, tmp_path)


@pytest.mark.parametrize("name", ["no-such", "../secret", "/etc/passwd", "a/b", ""])
def test_a_sheet_is_named_by_a_name_and_not_by_a_way_out_of_its_folder(name: str) -> None:
    with pytest.raises(NotFound):
        sheet.load(name, CATALOG)


def test_an_atlas_names_only_sheets_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('title = "t"\nsheets = ["../corridor"]\n', encoding="utf-8")
    with pytest.raises(BadData, match=r"a\.toml: sheets="):
        sheet.load("a", CATALOG, tmp_path)


def test_a_name_is_broken_between_words() -> None:
    assert words.lines("湖北光谷实验室", 2) == ("湖北光谷", "实验室")
    assert words.lines("佛祖岭氢能实验室", 2) == ("佛祖岭氢能", "实验室")
    assert words.lines("华中科技大学", 2) == ("华中", "科技大学")
    assert words.lines("东湖", 2) is None
    assert words.lines("华中科技大学鄂州工研院", 2) == ("华中科技大学", "鄂州工研院")
    assert words.lines("武汉光电研究院黄石分院", 2) == ("武汉光电研究院", "黄石分院")


@fonts
def test_what_no_font_has_is_marked_and_what_a_second_font_has_is_drawn() -> None:
    assert glyphs.clean("⼗\u202e㭎\U000f0000") == "十㭎〓"
    assert [font.family for font, _run in glyphs.runs("汉㭎")] == [glyphs.FAMILY, glyphs.REST.family]


@fonts
def test_text_of_any_sort_is_drawn_as_text(content: Content) -> None:
    title = '#set page(fill: red) </text>"\\ ${x} *粗*'
    made = compose(Sheet("s", title, subtitle=HOSTILE, extent=Bbox(113.9, 29.9, 114.6, 30.6)), content)
    page = Sheets(pdf.write([made.page], pdf.About(title))).pages[0]
    assert title.replace(" ", "") in page.text
    assert "<script>" in page.text and "<script" not in svg.write(made.page)


@fonts
def test_a_sheet_of_any_catalog_is_composed(content: Content) -> None:
    made = compose(Sheet("s", "水井", extent=Around("wells", margin=0.2)), content)
    assert made.report.facilities == 6
    assert {place.name for place in made.places} >= {"1号井", "2号井"}
    assert Sheets(pdf.write([made.page], pdf.About("t"))).faults() == []


@fonts
def test_pins_move_a_label_and_equals_choose_features(content: Content) -> None:
    base = Sheet("s", "水井", extent=Bbox(113.9, 29.9, 114.6, 30.6))
    pinned = compose(replace(base, pins={"well-1": (20.0, 10.0)}), content)
    assert pinned.page != compose(base, content).page
    dug = compose(replace(base, equals={"wells": {"kind": "dug"}}), content)
    assert {place.name for place in dug.places} == {"1号井", "3号井"} | {
        place.name for place in dug.places if place.key == "wells/well-5"
    }


@fonts
@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"scale": 2000}, "scale"),
        ({"extent": Bbox(10, 10, 11, 11)}, "extent"),
        ({"extent": Around("wells", "no-such")}, "extent.key"),
        ({"crs": "EPSG:4326"}, "crs"),
        ({"crs": "EPSG:999999"}, "crs"),
        ({"crs": "EPSG:32601"}, "crs"),
        ({"crs": "EPSG:3031"}, "crs"),
    ],
)
def test_a_sheet_that_cannot_be_drawn_is_refused(content: Content, change: dict[str, Any], key: str) -> None:
    asked = replace(Sheet("s", "水井", extent=Bbox(113.9, 29.9, 114.6, 30.6)), **change)
    with pytest.raises(BadParameter) as refused:
        compose(asked, content)
    assert refused.value.name == key


def test_too_many_points_or_pixels_are_refused_before_anything_is_drawn() -> None:
    with pytest.raises(BadParameter, match="dpi"):
        pdf.check_dpi(1189, 841, 600)
    with pytest.raises(BadParameter, match="dpi"):
        pdf.check_dpi(210, 297, 5000)


@fonts
def test_a_file_is_written_whole_or_not_at_all(content: Content, tmp_path: Path) -> None:
    (tmp_path / "w.toml").write_text('title = "水井"\nextent = [10, 10, 11, 11]\n', encoding="utf-8")
    with pytest.raises(BadParameter):
        press.run(["w"], tmp_path / "out.pdf", content, folder=tmp_path)
    (tmp_path / "w.toml").write_text(
        'title = "水井"\nextent = [113.9, 29.9, 114.6, 30.6]\n', encoding="utf-8"
    )
    with pytest.raises(BadParameter, match="output"):
        press.run(["w"], tmp_path / "out.doc", content, folder=tmp_path)
    with pytest.raises(BadParameter, match="output"):
        press.run(["w"], tmp_path / "nowhere" / "out.svg", content, folder=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w.toml"]
    press.run(["w"], tmp_path / "out.pdf", content, folder=tmp_path)
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")


@fonts
def test_an_atlas_has_contents_before_its_sheets_and_an_index_after_them(
    content: Content, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        text = f'title = "{name}"\nnumber = "{name}"\nextent = [113.9, 29.9, 114.6, 30.6]\n'
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    (tmp_path / "all.toml").write_text('title = "图集"\nsheets = ["one", "two"]\n', encoding="utf-8")
    press.run(["all"], tmp_path / "all.pdf", content, folder=tmp_path)
    read = Sheets((tmp_path / "all.pdf").read_bytes())
    assert read.faults() == []
    assert len(read.pages) == 4
    assert "目录" in read.pages[0].text and "1号井" in read.pages[3].text
    assert "oneB" in read.pages[3].text


@fonts
def test_a_schematic_area_and_a_plot_are_drawn_with_their_names(content: Content) -> None:
    plot = next(plots())
    near = shapely.transform(plot.geometry, lambda xy: xy / 10 + (114, 30))
    more = Feature(1, near, properties(FIELDS, "plot-1", name="试验田"))
    both = replace(content, features=FrozenMapping({**content.features, "plots": (more,)}))
    made = compose(Sheet("s", "t", extent=Bbox(113.9, 29.9, 114.6, 30.6)), both)
    assert any(group.name == "plots" for group in made.page.groups)


ODD_NAMES = {
    "right to left": "\u202e\u2067水井\u2069abc",
    "signs": "水井🚰⚡\ufe0f👩🏽\u200d🔬🇨🇳",
    "a form of a character": "葛\U000e0100店",
    "another script": "水井𓀀",
    "an ideograph that hardly any font has": "𠀀𪚥井",
    "one of the second font": "㭎井",
    "accents": "Đường Łódź Ångström",
    "marks that combine": "e\u0301 a\u030a",
    "numbers that look like coordinates": "0.123456789 m 3.1415926535 l 水井",
    "no character at all": "\u200b\u200d",
    "two hundred characters": "湖北省重点实验室与工程研究中心" * 13 + "水井水井水",
}


@fonts
@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES)
def test_a_name_of_any_characters_is_drawn_and_never_as_a_box(name: str, content: Content) -> None:
    odd = Feature(1, shapely.Point(114.3, 30.3), properties(WELLS, "odd", name=name))
    made = compose(
        Sheet("s", name or "t", extent=Bbox(113.9, 29.9, 114.6, 30.6)),
        replace(content, features=FrozenMapping({**content.features, "wells": (odd,)})),
    )
    read = Sheets(pdf.write([made.page], pdf.About(name)))
    assert [
        one for one in read.faults() if "leaves the page" in one or "character" in one or "font" in one
    ] == []
    assert glyphs.clean(name).replace(" ", "") in read.pages[0].text
    assert not {"\u202e", "\u2067", "\ufe0f", "𓀀"} & set(read.pages[0].text)


@fonts
@pytest.mark.skipif(not glyphs.has_rare() and not REQUIRE_ALL, reason="no font of rare ideographs")
def test_an_ideograph_that_hardly_any_font_has_is_drawn_as_itself(content: Content) -> None:
    name = "𠀀𪚥𫝀井"
    odd = Feature(1, shapely.Point(114.3, 30.3), properties(WELLS, "odd", name=name))
    held = replace(content, features=FrozenMapping({**content.features, "wells": (odd,)}))
    page = compose(Sheet("s", name, extent=Bbox(113.9, 29.9, 114.6, 30.6)), held).page
    read = Sheets(pdf.write([page], pdf.About(name)))
    assert read.faults() == [] and read.pages[0].text.count(name) == 2
    assert "Rare Ideographs" in svg.write(page)


@fonts
def test_a_letter_loses_its_accent_and_any_other_character_becomes_a_mark_where_no_font_has_it() -> None:
    assert glyphs.clean("水井𓀀") == "水井〓"
    assert glyphs.clean("👍🏽🇨🇳⚡\ufe0f葛\U000e0100店") == "👍CN⚡葛店"
    assert glyphs.clean("Łódź Đường") == "Lódz Đường"
    assert glyphs.clean("e\u0301 x\u0323") == "é x"


@fonts
def test_a_river_bends_softly_and_passes_through_its_vertices() -> None:
    line = shapely.LineString([(0, 0), (20, 0), (20, 20), (40, 20)])
    curve = special.on_paper(replace(TRACKS, id="rivers"), line, 50_000)
    assert all(curve.distance(shapely.Point(vertex)) < 1e-9 for vertex in line.coords)
    assert curve.hausdorff_distance(line) < 3
    assert len(shapely.get_coordinates(curve)) > 50


def test_classes_are_of_one_width_between_round_limits() -> None:
    found = figures.classes([16.52, 20, 22.56, 25.8, 26, 28])
    assert found is not None and found.limits == (15, 20, 25, 30)
    assert [found.at(value) for value in (16.52, 20, 28, 30)] == [0, 1, 2, 2]
    alone, two = figures.classes([7]), figures.classes([1, 2])
    assert alone is not None and len(alone.fills) == 1
    assert two is not None and two.at(1) != two.at(2)
    assert figures.classes([]) is None
