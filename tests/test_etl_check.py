"""The check finds what is wrong or doubtful, says where, and is silent about what is right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from etl_world import CATALOG, MILL, WEST, world

from etl.check import check, normal
from etl.records import Finding
from gis import datum
from gis.declare import Declared, load
from gis.layer import Catalog

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
        ({"lon": "0", "district": "", "city": ""}, "error", "geometry", "a coordinate 0"),
        ({"lon": "0", "lat": "0"}, "error", "geometry", "a coordinate 0"),
        ({"name": "东镇镇磨坊", "lon": "114.55"}, "warning", "name", "locality 东镇 (town, ±4000 m) lie"),
        ({"position_source": "乡镇：东镇街道", "lon": "114.55"}, "warning", "position_source", "lie 20.5 km"),
    ],
)
def test_what_is_wrong_is_found(
    tmp_path: Path, changes: dict[str, str], severity: str, field: str, words: str
) -> None:
    row = {**FINE, **changes}
    folder = world(tmp_path, row, structure="")
    (found,) = [one for one in check(CATALOG, folder=folder) if one.layer == "mills"]
    assert (found.severity, found.field) == (severity, field) and words in found.message


def test_a_circle_that_holds_its_whole_district_is_no_better_than_the_district(tmp_path: Path) -> None:
    wide = {**FINE, "precision": "town", "radius_m": "40000"}
    said = [one for one in findings(tmp_path, wide) if one.field == "precision"]
    (message,) = (one.message for one in said)
    assert message == "a circle of 40000 m holds all of district 420115: expected precision=district"
    narrower = {**wide, "radius_m": "25000"}
    assert not [one for one in findings(tmp_path / "narrower", narrower) if one.field == "precision"]


def test_a_section_that_the_document_does_not_have_is_found(tmp_path: Path) -> None:
    folder = world(tmp_path, {**FINE, "source": "plan-1#一|plan-1#九/（一）"}, structure="")
    assert [one for one in check(CATALOG, folder=folder) if one.layer == "mills"] == []
    (folder / "sections.csv").write_text("document,section\nplan-1,一\nplan-1,二\n", encoding="utf-8")
    (found,) = [one for one in check(CATALOG, folder=folder) if one.layer == "mills"]
    assert (found.severity, found.field) == ("error", "source")
    assert found.message == "'plan-1#九/（一）': the document has no such section"


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


# --- a place and what else tells where it is --------------------------------------------------------

GUEST = {**FINE, "id": "2", "key": "guest", "name": "客磨坊", "host": "东磨坊", "lon": "114.85"}


def test_a_place_far_from_its_host_is_found(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, FINE, GUEST)
    assert (found.key, found.field) == ("guest", "host")
    assert "campus 东磨坊 (campus, ±300 m) lie 9.1 km farther apart" in found.message


def test_a_place_within_reach_of_its_host_is_right(tmp_path: Path) -> None:
    assert findings(tmp_path, FINE, {**GUEST, "precision": "town", "radius_m": "9500"}) == []


def test_a_doubt_that_was_settled_with_a_reason_does_not_come_up_again(tmp_path: Path) -> None:
    folder = world(tmp_path, FINE, GUEST)
    (folder / "decisions.csv").write_text(
        "key,document,field,reason\nguest,positions,host,另有厂区，已核\n", encoding="utf-8"
    )
    assert [one for one in check(CATALOG, folder=folder) if one.layer == "mills"] == []


# --- datums, axes, zeros ----------------------------------------------------------------------------

KNOWN = [(114.55 + 0.05 * i, 30.05 + 0.05 * i) for i in range(8)]


def mills_at(places: list[tuple[float, float]], **told: str) -> list[dict[str, str]]:
    """A mill at each place, called by its number."""
    return [
        {
            **FINE,
            "id": str(i + 1),
            "key": f"m{i}",
            "name": f"{i}号磨坊",
            "lon": str(lon),
            "lat": str(lat),
            **told,
        }
        for i, (lon, lat) in enumerate(places)
    ]


def declared(folder: Path, places: list[tuple[float, float]]) -> Declared:
    """A department's layer with a thing of each mill's name, beside it."""
    (folder / "works.toml").write_text(
        'id = "works"\ntitle = "作坊"\ngeometry = "Point"\ndata = "works.csv"\n'
        '[symbol.marker]\ncolor = "#335577"\n',
        encoding="utf-8",
    )
    lines = [f"{i}号磨坊,{lon},{lat}" for i, (lon, lat) in enumerate(places)]
    (folder / "works.csv").write_text("\n".join(["name,lon,lat", *lines]), encoding="utf-8")
    (one,) = load(folder)
    return one


def shifted_findings(folder: Path, given: list[tuple[float, float]]) -> list[Finding]:
    """What is found in a department's layer of things that stand in the reviewed files as well."""
    (folder / "department").mkdir()
    foreign = declared(folder / "department", given)
    catalog = Catalog((*CATALOG.values(), foreign.layer))
    found = check(catalog, folder=world(folder, *mills_at(KNOWN), structure=""), declared=(foreign,))
    return [one for one in found if one.layer == "works"]


def moved(move: Callable[..., datum.Pair], *, error_m: float = 0.0) -> list[tuple[float, float]]:
    """The known places as a datum has them, with an error of this size in all directions."""
    noise = np.random.default_rng(7).normal(0, error_m / 96_000, (len(KNOWN), 2)) if error_m else 0
    return (np.column_stack(move(*np.array(KNOWN).T)) + noise).tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("error_m", [0, 150])
@pytest.mark.parametrize(("move", "name"), [(datum.wgs84_to_gcj02, "GCJ-02"), (datum.wgs84_to_bd09, "BD-09")])
def test_a_layer_that_was_not_converted_is_found_by_its_namesakes(
    tmp_path: Path, move: Callable[..., datum.Pair], name: str, error_m: float
) -> None:
    (found,) = shifted_findings(tmp_path, moved(move, error_m=error_m))
    assert (found.severity, found.field) == ("warning", "geometry")
    assert f"looks like {name} that was not converted: 8 things" in found.message


@pytest.mark.parametrize("error_m", [0, 150, 500])
def test_a_layer_in_wgs84_is_not_suspected_however_coarse(tmp_path: Path, error_m: float) -> None:
    def stay(lon: np.ndarray, lat: np.ndarray) -> datum.Pair:
        return lon, lat

    assert shifted_findings(tmp_path, moved(stay, error_m=error_m)) == []


def test_two_namesakes_are_too_few_to_tell_a_datum(tmp_path: Path) -> None:
    assert shifted_findings(tmp_path, moved(datum.wgs84_to_gcj02)[:2]) == []


def test_points_that_fit_their_districts_once_moved_back_are_found(tmp_path: Path) -> None:
    border = [(114.4985, 30.05 + 0.05 * i) for i in range(6)]  # in the west, 150 m from the border
    rows = mills_at(np.column_stack(datum.wgs84_to_gcj02(*np.array(border).T)).tolist(), district=str(WEST))
    found = [one for one in findings(tmp_path, *rows) if not one.key]
    assert ["looks like GCJ-02 that was not converted: 6 things" in one.message for one in found] == [True]


def test_swapped_axes_are_found(tmp_path: Path) -> None:
    rows = [{**row, "lon": row["lat"], "lat": row["lon"]} for row in mills_at(KNOWN)]
    folder = world(tmp_path, *rows, structure="")
    (found,) = [one for one in check(CATALOG, folder=folder) if one.layer == "mills" and not one.key]
    assert (found.severity, found.field) == ("error", "geometry")
    assert "8 rows have their axes swapped" in found.message


def test_errors_come_before_warnings_and_go_into_json(tmp_path: Path) -> None:
    folder = world(tmp_path, {**FINE, "source": "plan-2#一", "name": "东塔"})
    found = check(CATALOG, folder=folder)
    assert [one.severity for one in found] == sorted(one.severity for one in found)
    first = json.loads(json.dumps([one.as_dict() for one in found]))[0]
    assert first["severity"] == "error" and first["key"] == "east-mill"
    assert str(found[0]).startswith("error: mills/east-mill: source: ")
