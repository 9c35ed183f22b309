"""What documents propose beside the reviewed places, decisions that are not lost, and the page that shows it."""

from __future__ import annotations

import difflib
import html.parser
import itertools
import re
from dataclasses import replace
from pathlib import Path

import pytest
import shapely

import layers
from etl import geocode
from etl.areas import Areas
from etl.decisions import Decisions, decisions
from etl.geocoders.online import Online
from etl.lexicon import lexicon
from etl.mentions import Candidate
from etl.namesakes import Namesakes
from etl.proposals import Diff, Extraction, Reviewed, compare, files, find, home, positions, reviewed
from etl.records import Row
from etl.review import page
from etl.text.layout import text_from
from gis.config import Settings
from gis.errors import BadData
from gis.feature import Feature
from gis.geocoding import GeocodingService
from gis.layer import Catalog

CATALOG: Catalog = layers.catalog()
WORDS = lexicon()
NOBODY = Decisions({}, {})
HOSTILE = "<img src=x onerror=alert(1)>"
PLAN = f"""咸宁市创新规划
一、园区布局
建设赤壁砖茶产业园和通山石材科技园{HOSTILE}，支持湖北科技学院发展。
"""


def extraction(raw: str = PLAN, decided: Decisions = NOBODY, document: str = "plan") -> Extraction:
    return find([text_from(document, raw)], CATALOG, WORDS, registry={}, decided=decided)


def feature(key: str, name: str, **given: object) -> Feature:
    layer = CATALOG["parks"]
    empty = dict.fromkeys(field.name for field in layer.all_fields)
    told = {
        "key": key,
        "name": name,
        "precision": "town",
        "source": "plan#一",
        "city": 421200,
        "visibility": "public",
    }
    return Feature(1, shapely.Point(113.9, 29.7), {**empty, **told, **given})


def difference(*features: Feature, found: Extraction | None = None, decided: Decisions = NOBODY) -> Diff:
    places = reviewed({"parks": features}, CATALOG, WORDS)
    return compare(found or extraction(decided=decided), places, decided, WORDS)


def test_a_document_without_reviewed_places_adds_all_that_it_names() -> None:
    assert [one.name for one in difference().adds] == ["赤壁砖茶产业园", "通山石材科技园", "湖北科技学院"]


def test_a_place_that_is_reviewed_under_an_alias_is_found_and_not_added() -> None:
    diff = difference(feature("tea-park", "砖茶小镇园区", aliases="赤壁砖茶产业园"))
    assert [place["key"] for place, _ in diff.found] == ["tea-park"]
    assert "赤壁砖茶产业园" not in [one.name for one in diff.adds]
    assert diff.changes == ()


def test_a_document_that_a_place_does_not_name_yet_proposes_changes() -> None:
    diff = difference(
        feature("tea-park", "赤壁砖茶产业园", source="older#二", kind="science_park", city=421100)
    )
    assert {(one.field, one.reviewed, one.proposed) for one in diff.changes} == {
        ("source", "", "plan#一"),
        ("kind", "science_park", "industrial_park"),
        ("city", "421100", "421200"),
        ("status", "", "planned"),
    }


def test_a_place_that_its_document_names_no_longer_is_told() -> None:
    diff = difference(feature("gone", "赤壁茶油产业园"))
    assert [(place["key"], document) for place, document in diff.gone] == [("gone", "plan")]
    assert "- gone  赤壁茶油产业园: not named in plan" in str(diff)


def test_decisions_are_kept_and_what_was_rejected_does_not_come_up_again(tmp_path: Path) -> None:
    (tmp_path / "rejected.csv").write_text(
        "name,source,reason\n赤壁 砖茶产业园,plan#一,只是设想\n", encoding="utf-8"
    )
    (tmp_path / "decisions.csv").write_text(
        "key,document,field,reason\ngone,plan,named,简称，文中另有写法\n", encoding="utf-8"
    )
    decided = decisions(tmp_path, WORDS)
    found = extraction(decided=decided)
    assert [(one.name, why.reason) for one, why in found.rejected] == [("赤壁砖茶产业园", "只是设想")]
    diff = difference(feature("gone", "赤壁茶油产业园"), found=found, decided=decided)
    assert "赤壁砖茶产业园" not in [one.name for one in diff.adds]
    assert diff.gone == ()


def test_a_decision_without_a_reason_is_none(tmp_path: Path) -> None:
    (tmp_path / "rejected.csv").write_text("name,source,reason\n赤壁砖茶产业园,plan#一,\n", encoding="utf-8")
    with pytest.raises(BadData, match=r"rejected.csv, line 2: reason=''"):
        decisions(tmp_path, WORDS)


def test_the_shipped_decisions_have_reasons() -> None:
    from etl import read

    assert len(decisions(read.SOURCES, WORDS).rejected) > 30


def test_the_nearest_namesakes_come_first() -> None:
    places = reviewed(
        {
            "parks": [
                feature("a", "黄冈化工园"),
                feature("b", "赤壁砖茶工业园"),
                feature("c", "赤壁砖茶产业园区"),
            ]
        },
        CATALOG,
        WORDS,
    )
    found = Namesakes(places, WORDS).of(extraction().candidates[0])
    assert [place["key"] for place in found][:2] == ["c", "b"]


def called(name: str) -> Candidate:
    return Candidate(name, (), "parks", "industrial_park", None, None, "", "", "", ())


def likeness(name: str, place: Reviewed) -> float:
    mine = WORDS.comparable(name)
    return max(difflib.SequenceMatcher(None, mine, spelling).ratio() for spelling in place.spellings)


def test_namesakes_are_those_that_a_comparison_of_all_names_finds() -> None:
    """Names of a few letters, so that many are alike to the same degree."""
    names = ["".join(some) for some in itertools.product("赤壁茶园", repeat=3)]
    places = reviewed(
        {"parks": [feature(f"p{at}", f"{name}区") for at, name in enumerate(names)]}, CATALOG, WORDS
    )
    near = Namesakes(places, WORDS)
    for name in ["赤壁茶园", "茶园区", "壁", "通山石材", *names[::5]]:
        alike = sorted(places, key=lambda place: -likeness(name, place))[:3]
        assert near.of(called(name)) == tuple(place for place in alike if likeness(name, place) >= 0.45), name


def test_what_a_plan_is_about_is_told_by_its_title() -> None:
    titles = {
        "咸宁市创新规划": 421200,
        "湖北省科技规划": 420000,
        "科技规划": None,
        "支持武汉、咸宁市发展的意见": 421200,
    }
    assert {title: home(text_from("x", title), {}, WORDS) for title in titles} == titles


def test_a_folder_gives_its_documents_and_one_without_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="holds no document"):
        files([tmp_path])
    for name in ("b.docx", "a.txt", "c.csv"):
        (tmp_path / name).write_text("x")
    assert [file.name for file in files([tmp_path])] == ["a.txt", "b.docx"]


# --- the page -----------------------------------------------------------------------------------


class Tags(html.parser.HTMLParser):
    """The tags of a page, its links and the ids that these may lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.targets: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        told = dict(attrs)
        self.targets.add(told.get("id") or "")
        if tag == "a":
            self.links.append(told.get("href") or "")


SQUARE = shapely.box(113.5, 29.3, 114.3, 30.0)
AREAS = Areas.from_rows([Row("here", {"adcode": 421281, "position_source": "test"}, SQUARE)])


def placed(diff: Diff, *features: Feature) -> Diff:
    """The differences with the positions that the offline chain proposes."""
    chain = geocode.chain(Settings(), AREAS, features)
    return replace(diff, positions=positions(diff.adds, chain, lambda _: None))


def shown(*features: Feature, found: Extraction | None = None) -> str:
    found = found or extraction()
    places = reviewed({"parks": features}, CATALOG, WORDS)
    diff = placed(compare(found, places, NOBODY, WORDS), *features)
    return page(found, diff, places, AREAS, CATALOG, WORDS)


def test_the_page_holds_everything_itself_and_no_text_becomes_markup() -> None:
    text = shown(
        feature("tea-park", f"赤壁砖茶产业园{HOSTILE}", aliases="赤壁砖茶产业园", position_source=HOSTILE)
    )
    tags = Tags()
    tags.feed(text)
    assert {"img", "script", "link", "iframe"}.isdisjoint(tags.tags)
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert not re.search(r"(?:src|href)=\"(?!#)", text)


def test_every_dot_of_the_map_leads_to_an_entry_of_the_list() -> None:
    tags = Tags()
    tags.feed(
        shown(
            feature("tea-park", "赤壁砖茶产业园"),
            feature("oil-park", "赤壁茶油产业园"),
            feature("far-park", "赤壁砖茶产业园区", source="older#一"),
        )
    )
    assert (tags.tags.count("circle"), tags.tags.count("a")) == (5, 4)
    assert {link.removeprefix("#") for link in tags.links} <= tags.targets


def test_a_position_is_proposed_for_what_is_new() -> None:
    text = shown(feature("hall", f"茶业大厅{HOSTILE}"))
    assert "建议位置：113.9" in text and "区县，±" in text and "赤壁市的代表点" in text


def test_members_of_the_chain_that_disagree_are_shown() -> None:
    raw = "咸宁市创新规划\n一、园区布局\n建设赤壁砖茶大学官塘驿镇产业园。\n"
    host = feature("tea", "赤壁砖茶大学", precision="campus", radius_m=500.0, position_source=HOSTILE)
    text = shown(host, found=extraction(raw))
    assert "位置有分歧：赤壁砖茶大学（" in text
    assert HOSTILE not in text


def test_a_service_that_fails_is_told_once_and_then_left_alone(tmp_path: Path) -> None:
    nobody = GeocodingService("nominatim", "http://127.0.0.1:1", per_second=1000)
    chain = geocode.chain(Settings(geocoders=(nobody,), geocode_cache=tmp_path), AREAS, ())
    for member in chain.members:
        if isinstance(member, Online):
            member.door.first_wait = 0.0
    told: list[str] = []
    found = positions(difference().adds, chain, told.append)
    assert len(found) == 3 and len(told) == 1 and "nominatim" in told[0]


def test_the_printed_differences_hold_the_proposed_positions() -> None:
    assert "    at 113.9" in str(placed(difference()))


def test_known_places_are_listed_weakest_precision_first() -> None:
    text = shown(
        feature("stone", "通山石材科技园", precision="site"),
        feature("tea", "赤壁砖茶产业园", precision="district"),
    )
    assert text.index('id="tea"') < text.index('id="stone"')
