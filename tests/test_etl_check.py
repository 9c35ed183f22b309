"""The check finds what is wrong or doubtful, says where, and is silent about what is right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from etl_world import CATALOG, MILL, WEST, world

from etl.check import check, normal
from etl.records import Finding

FINE = {**MILL, "name_en": "East Mill"}


def findings(folder: Path, *rows: dict[str, str]) -> list[Finding]:
    return [one for one in check(CATALOG, folder=world(folder, *rows)) if one.layer == "mills"]


def test_right_data_have_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path, FINE) == []


@pytest.mark.parametrize(
    ("changes", "severity", "field", "words"),
    [
        ({"district": str(WEST)}, "error", "district", "lies outside 420111, in 420115"),
        ({"lon": "118", "district": ""}, "error", "city", "lies outside 420100, in no district"),
        ({"lon": "118", "district": "", "city": ""}, "warning", "geometry", "outside the corridor"),
        ({"radius_m": "900"}, "warning", "radius_m", "900 m does not go with precision=site"),
        ({"precision": "town", "radius_m": "50"}, "warning", "radius_m", "expected 1000 to 12000 m"),
        ({"source": "plan-2#一"}, "error", "source", "'plan-2' is not in registry.toml"),
        ({"source": "plan-1#一|plan-2#一"}, "error", "source", "'plan-2' is not in registry.toml"),
        ({"source": "plan-1"}, "warning", "source", "names no section"),
        ({"position_source": ""}, "warning", "position_source", "how the place is known"),
        ({"name": "东塔"}, "warning", "name", "does not end like a name of mills"),
        ({"name_en": ""}, "warning", "name_en", "1 features have no English name"),
        ({"visibility": "internal"}, "warning", "precision", "expected city"),
        ({"kind": "steam"}, "error", "kind", "expected one of wind, water"),
    ],
)
def test_what_is_wrong_is_found(
    tmp_path: Path, changes: dict[str, str], severity: str, field: str, words: str
) -> None:
    row = {**FINE, **changes}
    folder = world(tmp_path, row, structure="")
    (found,) = [one for one in check(CATALOG, folder=folder) if one.layer == "mills"]
    assert (found.severity, found.field) == (severity, field) and words in found.message


def test_namesakes_are_found_however_they_are_spelt(tmp_path: Path) -> None:
    twin = {**FINE, "id": "2", "key": "twin", "name": "东 磨坊", "lon": "114.6"}
    (found,) = findings(tmp_path, FINE, twin)
    assert found.key == "twin" and "is called like 东磨坊" in found.message


def test_an_alias_that_is_another_name_is_found(tmp_path: Path) -> None:
    twin = {**FINE, "id": "2", "key": "twin", "name": "新磨坊", "aliases": "旧磨坊|东磨坊", "lon": "114.6"}
    (found,) = findings(tmp_path, FINE, twin)
    assert found.key == "twin" and "东磨坊" in found.message


def test_two_sites_in_one_spot_are_found_once(tmp_path: Path) -> None:
    near = {**FINE, "id": "2", "key": "near", "name": "新磨坊", "lon": "114.7503"}
    (found,) = findings(tmp_path, FINE, near)
    assert found.field == "geometry" and "29 m from" in found.message


def test_a_guest_may_stand_on_the_site_of_its_host(tmp_path: Path) -> None:
    assert (
        findings(tmp_path, FINE, {**FINE, "id": "2", "key": "guest", "name": "新磨坊", "host": "东磨坊"})
        == []
    )


def test_two_campuses_may_share_a_spot(tmp_path: Path) -> None:
    campus = {**FINE, "precision": "campus"}
    assert findings(tmp_path, campus, {**campus, "id": "2", "key": "b", "name": "新磨坊"}) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("红莲湖—葛店", "红莲湖-葛店"),
        ("大学（武汉）", "大学(武汉)"),
        ("武汉市Ａ院", "武汉a院"),
        ("“车谷”", "车谷"),
    ],
)
def test_spellings_of_one_name_are_one(one: str, other: str) -> None:
    assert normal(one) == normal(other)


def test_errors_come_before_warnings_and_go_into_json(tmp_path: Path) -> None:
    folder = world(tmp_path, {**FINE, "source": "plan-2#一", "name": "东塔"})
    found = check(CATALOG, folder=folder)
    assert [one.severity for one in found] == sorted(one.severity for one in found)
    first = json.loads(json.dumps([one.as_dict() for one in found]))[0]
    assert first["severity"] == "error" and first["key"] == "east-mill"
    assert str(found[0]).startswith("error: mills/east-mill: source: ")
