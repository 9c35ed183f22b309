"""The chain of geocoders: the best-known answer counts, and answers that contradict each other are told."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from etl_world import EAST, WEST, areas

import layers
from etl import geocode, read, run
from etl.areas import Areas
from etl.geocode import Chain
from etl.geocoders.base import Placed, Sought, beyond_m
from etl.geocoders.offline import LOCALITIES as LOCALITIES_FILE
from etl.geocoders.offline import LOCALITY_COLUMNS
from etl.records import Row
from gis.config import Settings
from gis.errors import BadData
from gis.feature import Feature, Precision

WUHAN = 420100
ADDRESSES = {
    "湖北省武汉市洪山区珞喻路1037号华中科技大学某楼": ("campus", "华中科技大学"),
    "武汉市江夏区光谷大道77号光谷金融港B5栋": ("street", "光谷金融港"),
    "鄂州市葛店开发区创业大道": ("town", "葛店开发区"),
    "湖北省黄石市大冶市还地桥镇某村": ("town", "还地桥"),
    "黄冈市黄州区赤壁街道": ("town", "黄州城区"),
    "咸宁市咸安区永安街道": ("town", "永安街道"),
    "武汉市江岸区黄石路": ("district", "江岸区"),
    "黄石市某处": ("city", "黄石市"),
    "长沙市某处": None,
}
LOCALITIES = "name_zh,aliases,district,lon,lat,precision,radius_m,evidence\n"
TEACHERS = "东湖师范大学"


def place(name: str, lon: float, lat: float, precision: str = "campus", **told: object) -> Feature:
    known = {"key": name, "name": name, "aliases": None, "city": WUHAN, "visibility": "public"}
    basis = {"precision": precision, "radius_m": 500.0, "position_source": "考证"}
    return Feature(1, shapely.Point(lon, lat), {**known, **basis, **told})


PLACES = (
    place(TEACHERS, 114.3, 30.3, aliases="东师"),
    place("江口研究所", 114.9, 30.1, precision="site", radius_m=100.0),
    place("无名研究所", 114.6, 30.4, precision="district", radius_m=20000.0),
    place("机密研究所", 114.6, 30.4, visibility="internal"),
)


@pytest.fixture
def gazetteer(tmp_path: Path) -> Path:
    """A folder of sources with a gazetteer beside it."""
    (tmp_path / "gazetteer").mkdir()
    (tmp_path / "gazetteer" / "seats.csv").write_text("name_zh,district,lon,lat,evidence\n", "utf-8")
    (tmp_path / "gazetteer" / "towns.csv").write_text(
        f"geonameid,name_zh,aliases,lon,lat,district,suspect\n7,东岭,,114.8,30.3,{EAST},\n"
        f"8,和平,和平街道,114.2,30.2,{WEST},\n9,西坪,,114.2,30.1,{WEST},经纬度为整分\n",
        "utf-8",
    )
    (tmp_path / "gazetteer" / "localities.csv").write_text(
        f"{LOCALITIES}软件新城,软件谷,{EAST},114.7,30.2,street,900,一般地理知识\n", "utf-8"
    )
    return tmp_path / "sources"


@pytest.fixture
def chain(gazetteer: Path) -> Chain:
    return geocode.chain(Settings(), areas(), PLACES, folder=gazetteer)


def told(answer: Placed | None) -> tuple[str, float, float, str, float] | None:
    """What matters of an answer: who gave it, where, how well it is known."""
    return answer and (
        answer.by,
        round(answer.geometry.x, 4),
        round(answer.geometry.y, 4),
        answer.precision.value,
        answer.radius_m,
    )


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        (TEACHERS, {}, ("curated", 114.3, 30.3, "campus", 500)),
        ("东师", {"city": WUHAN}, ("curated", 114.3, 30.3, "campus", 500)),
        ("江口 研究所", {}, ("curated", 114.9, 30.1, "site", 100)),
        ("量子实验室", {"host": TEACHERS}, ("campus", 114.3, 30.3, "campus", 500)),
        ("量子实验室", {"host": "江口研究所"}, ("campus", 114.9, 30.1, "campus", 300)),
        (f"{TEACHERS}附属实验室", {}, ("campus", 114.3, 30.3, "campus", 500)),
        ("武汉市洪山区某路3号东湖师范大学", {}, ("campus", 114.3, 30.3, "campus", 500)),
        ("武汉市江夏区东岭镇某厂", {}, ("locality", 114.8, 30.3, "town", 4000)),
        ("软件谷某厂", {"city": WUHAN}, ("locality", 114.7, 30.2, "street", 900)),
        ("西坪乡某厂", {"district": WEST}, ("locality", 114.2, 30.1, "town", 8000)),
    ],
)
def test_the_best_known_place_is_found(
    chain: Chain, text: str, given: dict[str, object], expected: tuple[object, ...]
) -> None:
    assert told(chain.find(text, **given)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "given", "by", "name"),
    [
        ("某厂", {"district": EAST}, "district", "江夏区"),
        ("某厂", {"city": WUHAN}, "city", "武汉市"),
        ("武汉市江夏区某厂", {}, "district", "江夏区"),
        ("武汉某厂", {}, "city", "武汉市"),
        # known no better than its district, or secret
        ("无名研究所", {"city": WUHAN}, "city", "武汉市"),
        ("机密研究所", {"city": WUHAN}, "city", "武汉市"),
        # the name of a road, a station, a bridge
        ("东湖师范大学站", {"city": WUHAN}, "city", "武汉市"),
        ("武汉市江夏路某厂", {}, "city", "武汉市"),
        # a word that is also a town's name, without 镇 or 街道
        ("和平中学", {"city": WUHAN}, "city", "武汉市"),
        # a town that lies elsewhere
        ("东岭镇某厂", {"district": WEST}, "district", "洪山区"),
    ],
)
def test_what_is_not_known_better_is_placed_at_its_area(
    chain: Chain, text: str, given: dict[str, object], by: str, name: str
) -> None:
    found = chain.find(text, **given)  # type: ignore[arg-type]
    assert found and (found.by, found.name) == (by, name)


@pytest.mark.parametrize("text", ["", "某厂", "<b>某厂</b>", "%'\"\\\x00", "上海市浦东新区"])
def test_what_no_member_knows_has_no_place(chain: Chain, text: str) -> None:
    assert chain.find(text) is None


def test_a_text_too_long_to_be_an_address_tells_nothing(chain: Chain) -> None:
    assert chain.find(TEACHERS * 1000) is None
    found = chain.find(TEACHERS * 1000, city=WUHAN, host=TEACHERS)
    assert found and found.by == "campus"


def test_a_namesake_in_another_city_is_not_taken(chain: Chain) -> None:
    assert chain.find(TEACHERS, city=420700) is None  # a city without boundaries in this world


def test_two_of_one_name_are_none(gazetteer: Path) -> None:
    twins = (place("东院", 114.3, 30.3), place("东院", 114.8, 30.3))
    found = geocode.chain(Settings(), areas(), twins, folder=gazetteer).find("东院", city=WUHAN)
    assert found and found.by == "city"


def test_hosts_that_lie_apart_place_nothing(chain: Chain) -> None:
    found = chain.find("联合中心", city=WUHAN, host=f"{TEACHERS}、江口研究所")
    assert found and found.by == "city"


def test_a_branch_elsewhere_is_not_put_on_the_campus(chain: Chain) -> None:
    found = chain.find("东湖师范大学鄂州研究院")
    assert found is None or found.by != "campus"


def test_every_answer_says_how_it_is_known(chain: Chain) -> None:
    answers = chain.ask(Sought(f"软件谷{TEACHERS}分部", WUHAN, EAST)).answers
    assert [one.by for one in answers] == ["campus", "locality", "district", "city"]
    assert all(one.source and one.radius_m > 0 for one in answers)


def test_members_that_contradict_each_other_are_told(chain: Chain) -> None:
    found = chain.ask(Sought("软件谷实验室", WUHAN, host=TEACHERS))
    (one,) = found.disagreements
    assert {one.first.by, one.second.by} == {"campus", "locality"}
    assert one.metres == pytest.approx(38_500 + 11_100 - 1400, rel=0.2)
    assert "campus 东湖师范大学" in str(one) and "km farther apart" in str(one)


def test_an_answer_outside_the_area_asked_for_is_told_and_not_taken(chain: Chain) -> None:
    found = chain.ask(Sought("实验室", WUHAN, EAST, TEACHERS))
    assert found.best and found.best.by == "district"
    assert [(one.first.by, one.second.by) for one in found.disagreements] == [("campus", "district")]


def test_answers_whose_circles_touch_agree() -> None:
    def at(lon: float, radius: float) -> Placed:
        return Placed("x", "x", shapely.Point(lon, 30.0), Precision.CAMPUS, radius, "x")

    assert beyond_m(at(114.0, 500), at(114.01, 500)) == 0  # 965 m apart
    assert beyond_m(at(114.0, 400), at(114.01, 500)) == pytest.approx(65, abs=5)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"园,,{EAST},东,30.2,street,900,考证", "lon='东'"),
        ("园,,420999,114.7,30.2,street,900,考证", "district='420999'"),
        (f"园,,{EAST},114.7,30.2,site,900,考证", "precision='site'"),
    ],
)
def test_a_broken_gazetteer_is_refused_with_its_line(gazetteer: Path, row: str, expected: str) -> None:
    (gazetteer.parent / "gazetteer" / "localities.csv").write_text(f"{LOCALITIES}{row}\n", "utf-8")
    with pytest.raises(BadData, match=f"localities.csv, line 2: {expected}"):
        geocode.chain(Settings(), areas(), PLACES, folder=gazetteer)


def test_every_shipped_locality_lies_in_its_district_and_is_named_once() -> None:
    file = read.SOURCES.parent / "gazetteer" / LOCALITIES_FILE
    rows = list(read.table(file, LOCALITY_COLUMNS))
    known = Areas.from_rows(read.boundaries(read.SOURCES / "base" / "districts.geojson"))
    points = [shapely.Point(float(str(row.values["lon"])), float(str(row.values["lat"]))) for row in rows]
    wrong = [
        str(row.values["name_zh"])
        for row, district in zip(rows, known.districts_of(points), strict=True)
        if str(district) != row.values["district"]
    ]
    assert wrong == []
    names = [(name, row.values["district"]) for row in rows for name in _names(row)]
    assert len(names) == len(set(names)) > 40


def _names(row: Row) -> list[str]:
    return [str(row.values["name_zh"]), *filter(None, str(row.values["aliases"]).split("|"))]


def test_the_shipped_chain_places_addresses_of_all_five_cities() -> None:
    gathered = run.gather(layers.catalog())
    features = [feature for many in gathered.features.values() for feature in many]
    chain = geocode.chain(Settings(), gathered.areas, features)
    found = {address: chain.find(address) for address in ADDRESSES}
    assert {
        address: (one.precision.value, one.name) if one else None for address, one in found.items()
    } == ADDRESSES
