"""A saved state of the map on paper: its address becomes extent, layers, filter, opacity, area, shades of a sheet."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely
from conftest import FIELDS, WELLS, properties, wells
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import BadParameter
from gis.feature import Bbox, Feature
from gis.frozen import FrozenMapping
from gis.layer import Catalog, Field, Geometry, Layer, Theme, Type, Value
from gis.symbol import ByValue, Fill, Marker, Stroke
from tests.sheet_reader import needs_fonts
from webmap.paper import compose, display, shades, state
from webmap.paper.content import Content
from webmap.paper.sheet import Sheet

RINGS = Layer(
    id="rings",
    title="圈层",
    title_en="Rings",
    geometry=Geometry.POLYGON,
    theme=Theme.STRUCTURE,
    symbol=Fill("#cc8844", 0.4, Stroke("#aa4400")),
)
CITIES = Layer(
    id="towns", title="市", geometry=Geometry.POLYGON, theme=Theme.BASE, symbol=Fill("#ffffff", 0), order=4
)
FIGURES = Layer(
    id="aims",
    title="指标",
    geometry=Geometry.POINT,
    shown=False,
    figures=True,
    kinds=(Value("level", "目标值"),),
    symbol=Marker("#666666"),
    fields=(
        Field("indicator", Type.TEXT, "指标"),
        Field("unit", Type.TEXT, "单位"),
        Field("base_year", Type.INTEGER, "现状年"),
        Field("base_value", Type.NUMBER, "现状值"),
        Field("target_year", Type.INTEGER, "目标年"),
        Field("target_value", Type.NUMBER, "目标值"),
    ),
)
HIDDEN = replace(WELLS, id="springs", title="泉", shown=False)


def content() -> Content:
    ring = Feature(1, shapely.box(113.9, 29.9, 114.15, 30.15), properties(RINGS, "west", name="西圈"))
    vague = Feature(
        8,
        shapely.Point(114.05, 30.05),
        properties(WELLS, "well-8", precision="district", kind="dug", city=420100),
    )
    features = {WELLS.id: (*wells(), vague), RINGS.id: (ring,), HIDDEN.id: (), FIELDS.id: ()}
    return Content(
        Catalog([WELLS, RINGS, HIDDEN, FIELDS]), FrozenMapping(features), FrozenMapping({"tests": "试验文件"})
    )


def with_figures(held: Content) -> Content:
    """The same with three cities, of two of which there is a figure."""
    cities = [(1, "甲市", 420100), (2, "乙市", 420200), (3, "丙市", 420700)]
    areas = tuple(
        Feature(n, shapely.box(114 + n, 30, 115 + n, 31), properties(CITIES, f"c{n}", name=name, city=code))
        for n, name, code in cities
    )
    told = [(420100, 2025, 20.0), (420200, 2025, 1300.5), (420200, 2025, 7.0), (None, 2025, 9.0)]
    rows = tuple(
        Feature(
            n,
            None,
            properties(
                FIGURES,
                f"f{n}",
                city=city,
                indicator="产值",
                unit="亿元",
                kind="level",
                target_year=year,
                target_value=value,
            ),
        )
        for n, (city, year, value) in enumerate(told, start=1)
    )
    catalog = Catalog([*held.catalog.values(), CITIES, FIGURES])
    return replace(
        held, catalog=catalog, features=FrozenMapping({**held.features, CITIES.id: areas, FIGURES.id: rows})
    )


def applied(address: str, *, cities: bool = False, **asked: object) -> tuple[Sheet, Content]:
    held = with_figures(content()) if cities else content()
    return state.applied(replace(Sheet("print", "水井", state=address), **asked), held)  # type: ignore[arg-type]


def drawn(address: str) -> list[str]:
    _sheet, found = applied(address)
    return [str(one.properties["key"]) for one in found.features[WELLS.id]]


def test_without_a_state_a_sheet_stays_as_it_is() -> None:
    asked, held = Sheet("print", "水井"), content()
    assert state.applied(asked, held) == (asked, held)


@pytest.mark.parametrize(
    "address",
    [
        "#9/30.1/114.1&layers=wells&kind=dug",
        "9/30.1/114.1&layers=wells&kind=dug",
        "https://example.org/map?embed=1#9/30.1/114.1&layers=wells&kind=dug",
        "/?lang=zh#9/30.1/114.1&layers=wells&kind=dug&tab=list&open=wells/well-1&coords=gcj02",
    ],
)
def test_an_address_is_read_whole_or_from_its_hash_on(address: str) -> None:
    found = state.read(address, content().catalog)
    assert (found.view, found.layers, found.chosen) == ((9.0, 30.1, 114.1), ("wells",), {"kind": ("dug",)})


def test_the_view_becomes_the_extent_and_the_sheet_s_own_goes_before_it() -> None:
    sheet, _found = applied("#10/30.1/114.1")
    assert isinstance(sheet.extent, Bbox)
    assert sheet.extent.west < 114.1 < sheet.extent.east and sheet.extent.south < 30.1 < sheet.extent.north
    assert sheet.extent.east - sheet.extent.west == pytest.approx(1180 / 256 / 1024 * 360)
    own = Bbox(114, 30, 115, 31)
    assert applied("#10/30.1/114.1", extent=own)[0].extent == own


def test_at_a_fixed_scale_the_view_gives_its_middle() -> None:
    sheet, _found = applied("#6/30.1/114.1", scale=50_000)
    assert isinstance(sheet.extent, Bbox) and sheet.extent.east - sheet.extent.west < 0.1
    assert (sheet.extent.west + sheet.extent.east) / 2 == pytest.approx(114.1)
    assert (sheet.extent.south + sheet.extent.north) / 2 == pytest.approx(30.1, abs=1e-5)


def test_the_shown_layers_are_those_of_the_state_or_those_declared_so() -> None:
    assert applied("#layers=springs")[0].layers == ("springs",)
    assert set(applied("#9/30/114")[0].layers) == {"wells", "rings", "plots"}


def test_features_are_sifted_as_on_the_map() -> None:
    assert drawn("#kind=dug&city=420100") == ["well-1", "well-3", "well-5", "well-8"]
    assert drawn("#kind=dug,drilled&status=built") == [f"well-{n}" for n in range(1, 6)]
    assert drawn("#document=tests") == drawn("#")


def test_what_is_known_only_to_its_district_lies_in_no_part_of_the_plan() -> None:
    assert drawn("#rings=west") == ["well-1", "well-2"]


def test_the_plan_is_the_ground_and_is_not_sifted() -> None:
    _sheet, found = applied("#kind=dug")
    assert len(found.features[RINGS.id]) == 1


def test_the_filter_is_said_in_words_of_the_language() -> None:
    assert (
        applied("#kind=dug&rings=west&document=tests")[0].sifted == "类别为人工井；圈层为西圈；文件为试验文件"
    )
    english, _found = applied("http://127.0.0.1/?lang=en#kind=dug,drilled")
    assert (english.language, english.sifted) == ("en", "Kind: dug, drilled")


def test_opacity_pales_symbols_and_their_legend() -> None:
    _sheet, found = applied("#opacity=rings:0.5,wells:0.2")
    fill, by_value = found.catalog[RINGS.id].symbol, found.catalog[WELLS.id].symbol
    assert fill == Fill("#cc8844", 0.2, Stroke("#d4a280"))
    assert isinstance(by_value, ByValue) and isinstance(by_value.cases["dug"], Marker)
    assert by_value.cases["dug"].color == "#d6dde4"


def test_layers_on_top_are_drawn_above_those_of_their_plane() -> None:
    def stacked(address: str) -> list[str]:
        layers = applied(address)[1].catalog.values()
        return [layer.id for layer in sorted(layers, key=lambda layer: layer.order)]

    planes = [{RINGS.id, FIELDS.id}, {WELLS.id, HIDDEN.id}]
    for top in (["rings", "wells"], ["plots", "springs"], ["springs", "wells", "rings", "plots"]):
        found = stacked(f"#top={','.join(top)}")
        for plane in planes:
            raised = [name for name in top if name in plane]
            assert [name for name in found if name in plane][-len(raised) :] == raised
    assert stacked("#top=wells,rings") != stacked("#top=springs,plots")
    assert list(applied("#top=")[1].catalog.values()) == list(content().catalog.values())


@pytest.mark.parametrize(
    ("area", "bounds"),
    [
        ("polygon:114,30,114.2,30,114.2,30.3", (114, 30, 114.2, 30.3)),
        ("rings/west", (113.9, 29.9, 114.15, 30.15)),
        ("circle:114,30,5000", (113.948, 29.955, 114.052, 30.045)),
    ],
)
def test_the_selected_area_is_drawn(area: str, bounds: tuple[float, ...]) -> None:
    sheet, found = applied(f"#area={area}")
    (one,) = found.features[state.SELECTION.id]
    assert sheet.layers[-1] == state.SELECTION.id and one.geometry is not None
    assert one.geometry.bounds == pytest.approx(bounds, abs=1e-3)


def test_an_indicator_shades_the_cities_by_classes_and_tells_the_values() -> None:
    sheet, found = applied("#indicator=产值|亿元|level/target/quantile", cities=True)
    layer = found.catalog["shown_indicator"]
    titles = {value.code: value.title for value in layer.field("class").values}
    classes = {one.properties["name"]: one.properties["class"] for one in found.features[layer.id]}
    assert classes == {"甲市": "0", "乙市": "1", "丙市": "none"}
    assert titles == {"0": "20 亿元（1）", "1": "> 20–1 300.5 亿元（1）", "none": "文件未给数"}
    assert [one.properties["name"] for one in found.features[CITIES.id]] == [
        "甲市 20 亿元",
        "乙市 1 300.5 亿元",
        "丙市",
    ]
    assert sheet.subtitle == "产值（亿元）2025年目标" and sheet.note.endswith("分位数分级")
    assert layer.id in sheet.layers


@pytest.mark.parametrize("method", ["jenks", "quantile", "equal"])
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=9))
def test_every_value_is_in_exactly_one_class_and_no_class_is_empty(method: str, values: list[int]) -> None:
    classes = shades.classes_of(values, method)
    held = [[v for v in values if (one.low < v or n == 0) and v <= one.high] for n, one in enumerate(classes)]
    assert all(held) and sorted(sum(held, [])) == sorted(values)
    assert len({one.fill for one in classes}) == len(classes) <= 4


def test_natural_breaks_part_what_lies_apart() -> None:
    classes = shades.classes_of([1, 2, 3, 50, 51, 52, 100, 101, 200, 201], "jenks")
    assert [one.high for one in classes] == [3, 52, 101, 201]


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("#layers=wells,no_such", "no_such"),
        ("#layers=none", "none"),
        ("#99/30/114", "99/30/114"),
        ("#10/89/114", "10/89/114"),
        ("#north", "north"),
        ("#city=999999", "999999"),
        ("#rings=nowhere", "nowhere"),
        ("#document=no-such", "no-such"),
        ("#opacity=wells:7", "wells:7"),
        ("#opacity=no_such:0.5", "no_such:0.5"),
        ("#top=wells,no_such", "no_such"),
        ("#area=circle:114,30", "circle:114,30"),
        ("#area=circle:114,30,nan", "nan"),
        ("#area=polygon:0,0,1", "polygon:0,0,1"),
        ("#area=wells/well-1", "wells/well-1"),
        ("#area=../../etc/passwd", "passwd"),
        ("#indicator=产值/target/jenks", "产值/target/jenks"),
        ("#indicator=产值|亿元|level/target/magic", "magic"),
        ("#wheel=1", "wheel=1"),
        ("#<script>", "script"),
    ],
)
def test_a_part_that_means_nothing_is_refused_by_name(address: str, word: str) -> None:
    with pytest.raises(BadParameter, match="state=") as refused:
        applied(address)
    assert word in str(refused.value)


@needs_fonts
def test_a_map_of_more_than_can_be_named_is_printed_and_says_how_many_have_no_name() -> None:
    held = content()
    crowd = tuple(
        Feature(
            n,
            shapely.Point(114 + n % 25 / 500, 30 + n // 25 / 500),
            properties(
                WELLS, f"w{n}", name=f"第{n}号观测井", kind="dug", precision="site" if n > 9 else "district"
            ),
        )
        for n in range(1, 140)
    )
    held = replace(held, features=FrozenMapping({**held.features, WELLS.id: crowd}))
    asked = Sheet("print", "水井", state="#12/30.02/114.03&layers=wells", paper="A4")
    made = compose.compose(asked, held)
    told = "".join(one.text for one in display.texts(made.page.groups))
    unnamed = made.report.facilities - made.report.named
    assert unnamed > 0 and f"另有 {unnamed} 处限于图幅只绘符号" in told
    assert made.report.numbered == 0 and made.report.unsited == 9
