"""Every shipped sheet read back: text, fonts, overlaps, scale, legend, place on the earth, bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from itertools import combinations
from pathlib import Path

import pikepdf
import pytest
from pyproj import CRS

from gis.layer import Catalog
from gis.symbol import Marker
from tests.sheet_maker import (
    ATLAS,
    MAPS,
    PICTURED,
    Again,
    Made,
    Printed,
    bound,
    by_gdal,
    digest,
    faults,
    legend_faults,
    pictured,
    pictures,
    place_faults,
    shipped_atlas,
    standing_faults,
)
from tests.sheet_reader import Run, Sheets, lightness, missing, named, needs_fonts, page_faults
from webmap.legend import entries
from webmap.paper import display, pdf, press, sheet, svg
from webmap.paper.compose import compose
from webmap.paper.content import Content
from webmap.paper.display import Group, Item, Page, Reference, Shape, Text
from webmap.paper.furniture import scale_bar
from webmap.paper.sheet import Marginalia, Sheet

pytestmark = needs_fonts


@pytest.mark.parametrize("name", MAPS)
def test_a_shipped_map_has_no_fault(
    name: str, made: Made, shipped_content: Content, again: Callable[[str], Again], tmp_path: Path
) -> None:
    printed = made(name)
    assert faults(printed, shipped_content, by_gdal(printed.data, tmp_path)) == []
    assert again("maps")(name) == digest(printed.data), "other bytes in another process"


def test_a_picture_and_an_svg_have_the_same_bytes_each_time(
    made: Made, again: Callable[[str], Again]
) -> None:
    assert again("maps")(pictured(PICTURED)) == digest(pictures(made(PICTURED).composed))


def test_the_overview_names_nearly_all_of_its_many_facilities(made: Made) -> None:
    names = [place.name for place in made("corridor").composed.places]
    assert made("corridor").asked.paper == "A3" and len(names) >= 150
    assert len(named(made("corridor").page, names)) >= 0.95 * len(names)
    assert len(made("corridor").data) < 1_500_000


def test_the_english_overview_says_nothing_in_chinese(made: Made) -> None:
    assert re.findall(r"[\u2e80-\u9fff\uff00-\uffef]", made("corridor-en").page.text) == []


def test_the_shipped_atlas_has_its_contents_its_sheets_and_its_index(
    made: Made, shipped_content: Content, again: Callable[[str], Again]
) -> None:
    whole = shipped_atlas(shipped_content)
    composed = [made(one.name).composed for one in whole.sheets]
    data = bound(whole, lambda name: made(name).composed, shipped_content)
    assert again("maps")(ATLAS) == digest(data), "other bytes in another process"
    found = Sheets(data)
    assert found.faults() == []
    assert len(data) < 9_000_000
    assert missing(found.pages[0], ["目录", *(one.title for one in whole.sheets)]) == []
    index = "".join(page.text for page in found.pages[len(composed) + 1 :])
    places = {place.name for one in composed for place in one.places}
    assert "地名索引" in index and [name for name in places if "".join(name.split())[:8] not in index] == []


def test_an_svg_is_whole_in_itself(made: Made) -> None:
    text = svg.write(made(PICTURED).composed.page)
    assert set(re.findall(r'(?:href|src)="([^"]*)"', text)) == set()
    assert re.findall(r"url\(\"?+(?!data:|#)", text) == []
    assert "@font-face" in text and "黄冈特色产业组团" in text


def test_a_picture_has_the_resolution_that_was_asked(made: Made) -> None:
    data = pdf.png(made(PICTURED).composed.page, 100)
    assert data.startswith(b"\x89PNG")
    width = int.from_bytes(data[16:20])
    assert width == pytest.approx(420 / 25.4 * 100, abs=1)


# --- the reader finds what is wrong ---------------------------------------------------------------


@pytest.fixture(scope="module")
def page(made: Made) -> Page:
    return made(PICTURED).composed.page


def read(page: Page) -> Sheets:
    return Sheets(pdf.write([page], pdf.About("t")))


def label(page: Page) -> Text:
    names = next(group for group in page.groups if group.name == "labels")
    return next(item for item in names.items if isinstance(item, Text))


def test_the_reader_finds_a_label_on_a_label(page: Page) -> None:
    there = label(page)
    on_top = Text(there.x + 1, there.y + 0.5, "压字", there.size)
    assert any(
        "overlaps" in one for one in read(replace(page, groups=(*page.groups, Group("x", [on_top])))).faults()
    )


def test_the_reader_finds_text_beyond_the_page_and_text_too_small(page: Page) -> None:
    beyond = Text(page.width - 2, 2, "出界", 4)
    tiny = Text(2, 5, "小字", 1)
    found = read(replace(page, groups=(*page.groups, Group("x", [beyond, tiny])))).faults()
    assert any("leaves the page" in one for one in found) and any("points" in one for one in found)


def test_the_reader_finds_a_bar_that_is_not_to_scale(page: Page, made: Made) -> None:
    scale = made(PICTURED).composed.scale
    assert any("scale bar" in one for one in read(_with_bar(page, scale * 1.004)).faults())
    assert not any("scale bar" in one for one in read(_with_bar(page, scale)).faults())


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
    found = read(replace(page, references=(replace(there, corners=corners),))).faults()
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


def _broken(page: Page, made: Made) -> Printed:
    """The sheet of that page instead of its own."""
    once = made(PICTURED)
    data = pdf.write([page], press.about(once.asked, Content(Catalog([]), {}, {})))
    return replace(once, data=data, read=Sheets(data))


def _changed(page: Page, name: str, change: Callable[[Item], Item | None]) -> Page:
    """A page on which every item of one group is changed, or taken away."""
    groups = (
        Group(g.name, [new for item in g.items if (new := change(item))], g.clip) if g.name == name else g
        for g in page.groups
    )
    return replace(page, groups=tuple(groups))


def test_the_reader_finds_a_legend_that_counts_wrong(
    page: Page, made: Made, shipped_content: Content
) -> None:
    def miscounted(item: Item) -> Item:
        return replace(item, text=re.sub(r"（\d+）", "（77）", item.text)) if isinstance(item, Text) else item

    found = list(legend_faults(_broken(_changed(page, "legend", miscounted), made), shipped_content))
    assert any("77" in one for one in found)


def test_the_reader_finds_a_layer_in_the_legend_that_is_not_in_the_map_and_one_that_is_missing(
    page: Page, made: Made, shipped_content: Content
) -> None:
    more = Text(100, 100, "水井（3）", 3)
    added = replace(page, groups=(*page.groups, Group("x", [more])))
    assert "legend: 水井 3, not 0" in legend_faults(_broken(added, made), shipped_content)
    less = _changed(
        page, "legend", lambda item: None if isinstance(item, Text) and "区县" in item.text else item
    )
    assert "legend: no 区县" in legend_faults(_broken(less, made), shipped_content)


def test_the_reader_finds_text_across_a_frame(page: Page) -> None:
    edge = page.references[0].frame
    across = Text(edge.right - 3, edge.bottom - 20, "压在图框上", 3)
    found = read(replace(page, groups=(*page.groups, Group("x", [across])))).faults()
    assert any("across a frame" in one for one in found)


def test_the_reader_finds_what_a_sheet_does_not_say_of_itself(page: Page, made: Made) -> None:
    bare = _changed(page, "foot", lambda item: None if isinstance(item, Text) else item)
    found = list(standing_faults(_broken(bare, made)))
    assert "坐标系： is not told" in found and "编制单位： is not told" in found
    assert "the file has another title" in standing_faults(
        replace(_broken(page, made), asked=replace(made(PICTURED).asked, title="别的图"))
    )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda there: replace(there, wkt=CRS.from_epsg(4549).to_wkt("WKT1_GDAL"), epsg=4549), "120E"),
        (lambda there: replace(there, corners=tuple((x + 0.01, y) for x, y in there.corners)), "begins at"),
        (
            lambda there: replace(there, corners=tuple((x * 1.001 - 0.115, y) for x, y in there.corners)),
            "across",
        ),
    ],
    ids=["another CRS", "another place", "another scale"],
)
def test_what_gdal_says_is_held_against_what_was_asked(
    page: Page, made: Made, change: Callable[[Reference], Reference], fault: str, tmp_path: Path
) -> None:
    wrong = _broken(replace(page, references=(change(page.references[0]),)), made)
    found = list(place_faults(made(PICTURED), by_gdal(wrong.data, tmp_path)))
    assert any(fault in one for one in found)


def test_another_order_of_the_features_would_give_other_bytes(page: Page, made: Made) -> None:
    turned = replace(page, groups=tuple(reversed(page.groups)))
    assert digest(_broken(turned, made).data) != digest(_broken(page, made).data)


@pytest.mark.parametrize("character", ["\u2f42", "\ue000", "\ufffd"])
def test_the_reader_finds_characters_that_are_no_text(character: str, made: Made) -> None:
    read = made(PICTURED).page
    more = (*read.runs, Run(character, 1, 1, 3, 3, 8))
    assert f"character U+{ord(character):04X}" in list(page_faults(replace(read, runs=more)))


def test_the_reader_finds_a_page_without_text_and_one_that_is_a_picture(page: Page, made: Made) -> None:
    bare = replace(page, groups=(), references=())
    assert "page 1: no text" in read(bare).faults()
    assert "1 pictures" in list(page_faults(replace(made(PICTURED).page, images=1)))


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


# --- in English ---------------------------------------------------------------------------------

OF_THE_SHEET = ("title", "foot", "legend", "north", "degrees", "heading", "figures-key", "figures-table")


@pytest.mark.parametrize(
    "name", ["cluster-huanggang", "indicator-high-tech-share", "indicator-high-tech-firms"]
)
def test_an_english_sheet_has_english_words_around_the_names(name: str, shipped_content: Content) -> None:
    asked = sheet.load(name, shipped_content.catalog)
    assert isinstance(asked, Sheet)
    told = Marginalia(unit="A Bureau", sources="Plans")
    english = replace(asked, language="en", title="A Map", subtitle="", number="1", note="", marginalia=told)
    page = compose(english, replace(shipped_content, sources={})).page
    groups = [group for group in page.groups if group.name in OF_THE_SHEET]
    words = [text.text for text in display.texts(groups)]
    asked_of = english.figures
    given = ("湖北省", *asked_of.wordings, *asked_of.units) if asked_of else ()
    cited = [word for word in words if "《" in word or "》" in word]
    left = [re.sub("|".join(map(re.escape, given)) or "$", "", word) for word in words if word not in cited]
    assert {"Legend", "N"} <= set(words)
    assert [word for word in left if re.search("[\u3400-\u9fff（）：，。]", word)] == []
    assert Sheets(pdf.write([page], pdf.About("A Map"))).faults() == []


# --- in grey --------------------------------------------------------------------------------------


def test_symbols_of_facilities_are_told_apart_without_colour(shipped_content: Content) -> None:
    """By their shape, or where two layers share one by lightness or size."""
    shown = [layer for layer in shipped_content.catalog.values() if layer.shown]
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


def test_every_sheet_stays_legible_in_grey(made: Made) -> None:
    """What carries text is light, what is text is dark, by lightness alone."""
    texts = [
        text
        for name in ("corridor", "science-city")
        for text in display.texts(made(name).composed.page.groups)
    ]
    assert max(lightness(text.color) for text in texts) < 62
