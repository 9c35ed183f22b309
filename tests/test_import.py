"""A user's own files: they come in whole or not at all, at the place where they are, with their past."""

from __future__ import annotations

import csv
import io
import json
import stat
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import openpyxl
import pandas
import pyarrow as pa
import pytest
import shapely
from etl_world import CATALOG, DISTRICTS, EAST, MILLS, WEST, areas, world
from hypothesis import assume, given
from hypothesis import settings as tried
from hypothesis import strategies as st

import cli
from etl import run, streams
from etl.conform import conform
from etl.geocoders.base import Placed
from etl.importing import archive, formats, kept
from etl.importing.options import Options, columns
from etl.importing.places import places
from etl.importing.source import SLOT, Source
from etl.importing.table import Table
from etl.imports import Imports, reported
from etl.measure import to_metres
from etl.records import Rejected
from gis import datum, repository
from gis.config import Settings
from gis.database import Store, open_store
from gis.errors import BadData, BadParameter, BadSettings, Busy, GisError, NotFound
from gis.feature import Bbox, Feature, Precision, Query, geojson_text
from gis.frozen import FrozenMapping
from webmap.exporting import Asked, export_file

POINTS = [(114.2, 30.2), (114.812345678, 30.312345678)]
NAMES = ["甲磨坊", "乙磨坊，“老”"]


@pytest.fixture
def intake(store: Store, tmp_path: Path) -> Imports:
    """Imports into a published small world, on both databases."""
    sources = world(tmp_path / "world")
    run.build(store, CATALOG, folder=sources)
    return Imports(tmp_path / "imports", store, CATALOG, sources=sources)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Imports]:
    """The same in the embedded store alone, for what no database takes part in."""
    sources = world(tmp_path / "world")
    opened = open_store(Settings(database=f"sqlite:///{tmp_path / 'c.sqlite'}"))
    run.build(opened, CATALOG, folder=sources)
    yield Imports(tmp_path / "imports", opened, CATALOG, sources=sources)
    opened.close()


def served(intake: Imports, layer: Any = MILLS) -> list[dict[str, Any]]:
    with intake.store.read() as connection:
        return [json.loads(text) for text in repository.texts(connection, layer, Query(internal=True))]


def frame(crs: str | None = "EPSG:4326", **more: object) -> geopandas.GeoDataFrame:
    values = {"name": NAMES, "stones": [3, 5], **more}
    made = geopandas.GeoDataFrame(values, geometry=[shapely.Point(p) for p in POINTS], crs="EPSG:4326")
    return made.to_crs(crs) if crs else made.set_crs(None, allow_override=True)


def rows(lon: str = "lon", lat: str = "lat", shift: Any = None) -> list[list[object]]:
    at = [shift(*p) if shift else p for p in POINTS]
    body = [[name, n, float(x), float(y)] for name, n, (x, y) in zip(NAMES, (3, 5), at, strict=True)]
    return [["名称", "磨盘数", lon, lat], *body]


def csv_file(path: Path, lines: Sequence[Sequence[object]], encoding: str = "utf-8") -> Path:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def workbook(path: Path, lines: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(list(line))
    book.save(path)
    return path


def zipped(path: Path, made: geopandas.GeoDataFrame, encoding: str = "UTF-8", *, cpg: bool = True) -> Path:
    folder = path.with_suffix("")
    folder.mkdir()
    made.to_file(folder / "mills.shp", engine="pyogrio", encoding=encoding)
    with zipfile.ZipFile(path, "w") as zip_file:
        for one in folder.iterdir():
            if cpg or one.suffix != ".cpg":
                zip_file.write(one, f"data/{one.name}")
    return path


def given_file(folder: Path, kind: str) -> tuple[Path, Options]:
    """The same two mills in a file of a kind, and what has to be said of it."""
    match kind:
        case "kml":
            frame().rename(columns={"name": "Name"}).to_file(folder / "m.kml", driver="KML", engine="pyogrio")
            return folder / "m.kml", Options()
        case "gb18030 csv":
            return csv_file(folder / "m.csv", rows("经度", "纬度"), "gb18030"), Options()
        case "cgcs2000 shapefile":
            return zipped(folder / "m.zip", frame("EPSG:4547")), Options()
        case "gcj02 spreadsheet":
            return workbook(folder / "m.xlsx", rows(shift=datum.wgs84_to_gcj02)), Options(crs="gcj02")
        case "bd09 csv":
            return csv_file(folder / "b.csv", rows(shift=datum.wgs84_to_bd09)), Options(crs="bd09")
        case "projected csv":
            metres = frame("EPSG:4526").geometry
            at = [["name", "easting", "northing"]]
            body = [[name, p.x, p.y] for name, p in zip(NAMES, metres, strict=True)]
            return csv_file(folder / "p.csv", [*at, *body]), Options(crs="EPSG:4526")
        case "gbk shapefile":
            return zipped(folder / "g.zip", frame("EPSG:4490"), "GB18030", cpg=False), Options()
        case "parquet":
            frame("EPSG:4490").to_parquet(folder / "m.parquet")
            return folder / "m.parquet", Options()
        case "wkt csv":
            body = [[name, f"POINT ({x} {y})"] for name, (x, y) in zip(NAMES, POINTS, strict=True)]
            return csv_file(folder / "w.csv", [["name", "wkt"], *body], "utf-8-sig"), Options()
        case _:
            frame().to_file(folder / f"m.{kind}", engine="pyogrio")
            return folder / f"m.{kind}", Options()


KINDS = [
    *("kml", "gb18030 csv", "cgcs2000 shapefile", "gcj02 spreadsheet", "bd09 csv", "projected csv"),
    *("gbk shapefile", "parquet", "wkt csv", "geojson", "gpkg", "fgb"),
]


@pytest.mark.parametrize("kind", KINDS[:4])
def test_what_goes_in_comes_out_at_the_same_place(intake: Imports, tmp_path: Path, kind: str) -> None:
    file, options = given_file(tmp_path, kind)
    assert intake.add(file, "mills", options) is not None
    out = tmp_path / "out.csv"
    for asked, back in (("EPSG:4326", None), ("gcj02", datum.gcj02_to_wgs84), ("bd09", datum.bd09_to_wgs84)):
        export_file(intake.store, [MILLS], Asked(crs=asked), out)
        found = {row["name"]: row for row in csv.DictReader(out.read_text("utf-8-sig").splitlines())}
        for name, point in zip(NAMES, POINTS, strict=True):
            x, y = (float(value) for head, value in found[name].items() if head.startswith(("lon", "lat")))
            lon, lat = (y, x) if asked == "EPSG:4326" and list(found[name])[-1] == "lon" else (x, y)
            lon, lat = back(lon, lat) if back else (lon, lat)
            apart = to_metres(shapely.Point(lon, lat)).distance(to_metres(shapely.Point(point)))
            assert apart < 0.01, (kind, asked, name)


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_read(embedded: Imports, tmp_path: Path, kind: str) -> None:
    file, options = given_file(tmp_path, kind)
    embedded.add(file, "mills", options)
    found = {one["properties"]["name"]: one for one in served(embedded)}
    for n, (name, point) in enumerate(zip(NAMES, POINTS, strict=True), start=1):
        one = found[name]
        assert one["geometry"]["coordinates"] == pytest.approx(point, abs=2e-8)
        said = one["properties"]
        assert (said["city"], said["district"]) == (420100, WEST if n == 1 else EAST)
        assert said["source"].startswith(f"{file.name}, row ") and "sha256" in said["source"]
        assert said["position_source"].startswith(f"as given in {file.name}") and said["precision"] == "site"
        if "wkt" not in kind and "projected" not in kind:
            assert said["stones"] == (3 if n == 1 else 5)


def test_a_shifted_datum_is_told(embedded: Imports, tmp_path: Path) -> None:
    file, options = given_file(tmp_path, "gcj02 spreadsheet")
    embedded.add(file, "mills", options)
    assert served(embedded)[-1]["properties"]["position_source"] == "as given in m.xlsx, GCJ02"


def test_importing_twice_changes_nothing(intake: Imports, tmp_path: Path) -> None:
    file = csv_file(tmp_path / "m.csv", rows())
    assert intake.add(file, "mills", Options()) is not None
    before = served(intake)
    assert intake.add(file, "mills", Options()) is None
    assert served(intake) == before and len(kept.kept(intake.folder)) == 1


def test_a_changed_file_takes_the_place_of_its_former_self(intake: Imports, tmp_path: Path) -> None:
    file = csv_file(tmp_path / "m.csv", rows())
    intake.add(file, "mills", Options())
    first = served(intake)
    csv_file(file, [*rows(), ["丙磨坊", 1, 114.3, 30.3]])
    intake.add(file, "mills", Options())
    names = [one["properties"]["name"] for one in served(intake)]
    assert names == ["东磨坊", *NAMES, "丙磨坊"]
    assert [one["id"] for one in served(intake)][:3] == [one["id"] for one in first]


def test_a_file_can_be_taken_out_again(intake: Imports, tmp_path: Path) -> None:
    before = served(intake)
    intake.add(csv_file(tmp_path / "m.csv", rows()), "mills", Options())
    intake.remove("m.csv")
    assert served(intake) == before and kept.kept(intake.folder) == ()
    with pytest.raises(NotFound, match="there is none"):
        intake.remove("m.csv")


def test_later_builds_have_the_import(intake: Imports, tmp_path: Path) -> None:
    plain = run.sources_version(CATALOG, folder=intake.sources)
    intake.add(csv_file(tmp_path / "m.csv", rows()), "mills", Options())
    before = served(intake)
    known = kept.kept(intake.folder)
    assert run.sources_version(CATALOG, folder=intake.sources, imports=known) != plain
    run.build(intake.store, CATALOG, folder=intake.sources, imports=known)
    assert served(intake) == before


def test_building_twice_gives_the_same_bytes_on_both_databases(settings: Settings, tmp_path: Path) -> None:
    sources, file = world(tmp_path / "world"), csv_file(tmp_path / "m.csv", rows())
    texts = []
    for _ in range(2):
        store = open_store(settings)
        Imports(tmp_path / "imports", store, CATALOG, sources=sources)
        with kept.locked(tmp_path / "imports"):
            pass
        if not kept.kept(tmp_path / "imports"):
            Imports(tmp_path / "imports", store, CATALOG, sources=sources).add(file, "mills", Options())
        run.build(store, CATALOG, folder=sources, imports=kept.kept(tmp_path / "imports"))
        with store.read() as connection:
            texts.append([repository.texts(connection, layer, Query()) for layer in CATALOG.values()])
        store.close()
    gathered = run.gather(CATALOG, folder=sources, imports=kept.kept(tmp_path / "imports"))
    assert texts[0] == texts[1]
    assert texts[0] == [tuple(map(geojson_text, gathered.features[name])) for name in CATALOG]


# --- what bad input gets -------------------------------------------------------------------------

HEAD = "name,lon,lat,key,stones\n"
GOOD = "好磨坊,114.2,30.2,good,1\n"


def text_file(folder: Path, text: str | bytes, name: str = "m.csv") -> Path:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder / name


def evil_zip(path: Path, name: str, content: bytes = b"x", mode: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        made.writestr(info, content)
    return path


BAD_TEXTS = [
    (HEAD + GOOD + "x,abc,30,k,1\n", r"m.csv, line 3: lon='abc': expected a finite number"),
    (HEAD + GOOD + "x,nan,30,k,1\n", r"m.csv, line 3: lon='nan': expected a finite number"),
    (HEAD + GOOD + "x,,30,k,1\n", r"m.csv, line 3: lon=\(none\): expected a number, as the other coordinate"),
    (HEAD + GOOD + "x,,,k,1\n", r"m.csv, line 3: place=\(none\): expected coordinates, or an address"),
    (HEAD + GOOD + "x,30.2,114.2,k,1\n", r"m.csv, line 3: lat='114.2': expected x .* looks swapped"),
    (HEAD + GOOD + "x,114,300,k,1\n", r"m.csv, line 3: lat=.300.: expected degrees from -90 to 90"),
    (
        HEAD + GOOD + "x,114.1,30.1,good,1\n",
        r"line 3: key='good': expected a key of its own; m.csv, line 2 has",
    ),
    (HEAD + GOOD + "x,114.1,30.1,east-mill,1\n", r"key='east-mill': expected a key .*mills.csv, line 2 has"),
    (HEAD + GOOD + "x,114.1,30.1,No Key,1\n", r"m.csv, line 3: key='No Key': expected small letters"),
    (HEAD + GOOD + "x,114.1,30.1,k,many\n", r"m.csv, line 3: stones='many': expected a whole number"),
    (HEAD + GOOD + "x,114.1,30.1\n", r"m.csv, line 3: cells=\(none\): expected 5 cells.*it has 3"),
    (HEAD + '"a\nb",114.1,30.1,k,1\n' + "x,114.1,30.1,j,many\n", r"m.csv, line 4: stones='many'"),
    ("name,lon,lat,lon\n", r"m.csv, line 1: column 'lon' stands twice"),
    ("name,place\nx,y\n", r"m.csv: no columns for the place: expected lon and lat.*it has name, place"),
    ("title,lon,lat\nx,114,30\n", r"m.csv: no column for the name: expected name.*it has title, lon, lat"),
    ("", r"m.csv, line 1: no columns"),
    (HEAD, r"m.csv: holds no rows"),
    (HEAD.encode() + b"\xff\xff,114,30,k,1\n", r"m.csv, line 2: not utf-8-sig or gb18030 text"),
    (HEAD + 'x"y,114,30,k,1\n"open', r"m.csv, line \d: not CSV"),
]


@pytest.mark.parametrize(("text", "reason"), BAD_TEXTS)
def test_a_bad_text_is_told_by_file_row_and_expectation(
    embedded: Imports, tmp_path: Path, text: str | bytes, reason: str
) -> None:
    refused(embedded, text_file(tmp_path, text), Options(), reason)


def refused(intake: Imports, file: Path, options: Options, reason: str) -> None:
    """Nothing has changed: neither what is served nor what is kept."""
    before = served(intake)
    with pytest.raises(GisError, match=reason):
        intake.add(file, "mills", options)
    assert served(intake) == before
    assert kept.kept(intake.folder) == ()
    assert [one.name for one in intake.folder.iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("name", "mode", "reason"),
    [
        ("../m.shp", 0, "leads out of the archive"),
        ("/etc/m.shp", 0, "leads out of the archive"),
        ("a\\..\\..\\m.shp", 0, "leads out of the archive"),
        ("C:/m.shp", 0, "leads out of the archive"),
        ("m.shp", stat.S_IFLNK | 0o777, "is a link"),
        ("inner.zip", 0, "is an archive in the archive"),
        ("m.txt", 0, "holds no .shp"),
        ("m.shp", 0, "without its .shx"),
    ],
)
def test_a_zip_that_would_do_harm_is_refused(
    embedded: Imports, tmp_path: Path, name: str, mode: int, reason: str
) -> None:
    refused(embedded, evil_zip(tmp_path / "m.zip", name, mode=mode), Options(), reason)


@pytest.mark.parametrize("name", ["m.zip", "m.xlsx"])
def test_a_zip_that_expands_without_end_is_refused(embedded: Imports, tmp_path: Path, name: str) -> None:
    inner = "m.shp" if name == "m.zip" else "xl/worksheets/sheet1.xml"
    bomb = evil_zip(tmp_path / name, inner, bytes(archive._TRIFLE + 1))
    refused(embedded, bomb, Options(), r"would unpack from [\d,]+ to [\d,]+ bytes")


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = evil_zip(tmp_path / "m.zip", "m.shp", bytes(1000))
    raw = path.read_bytes()
    path.write_bytes(raw.replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(BadData, match=r"m.zip, 'm.shp': cannot be unpacked"):
        archive.unpack(path, tmp_path, (".shp",))


def test_entities_in_a_workbook_are_not_expanded(embedded: Imports, tmp_path: Path) -> None:
    good = workbook(tmp_path / "good.xlsx", rows())
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(tmp_path / "m.xlsx", "w") as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename.endswith("sheet1.xml"):
                lol = b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
                content = lol + content.removeprefix(b'<?xml version="1.0"?>')
            target.writestr(info, content)
    refused(embedded, tmp_path / "m.xlsx", Options(), r"m.xlsx: cannot be read as a workbook")


@pytest.mark.parametrize(
    "name", ["m.gpkg", "m.geojson", "m.kml", "m.fgb", "m.parquet", "m.xlsx", "m.zip", "m.doc"]
)
def test_a_file_that_is_none_is_refused(embedded: Imports, tmp_path: Path, name: str) -> None:
    refused(embedded, text_file(tmp_path, b"nothing of the sort", name), Options(), f"{name}: ")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (
            Options(crs="EPSG:4547"),
            r"m.csv, line 2: lon='114.2': expected a position in the area of EPSG:4547",
        ),
        (Options(columns={"stones": "磨盘"}), r"m.csv: no column '磨盘' for field 'stones'; it has 名称"),
        (Options(geocode="地址"), r"m.csv: no column '地址' for --geocode"),
        (Options(encoding="ascii"), r"m.csv, line 1: not ascii text"),
        (Options(columns={"id": "名称"}), r"column '名称' for the id: expected unique whole numbers"),
    ],
)
def test_what_is_said_of_a_file_must_hold(
    embedded: Imports, tmp_path: Path, options: Options, reason: str
) -> None:
    file = csv_file(tmp_path / "m.csv", rows())
    before = served(embedded)
    with pytest.raises(GisError, match=reason):
        embedded.add(file, "mills", options, lambda one: streams.geocoded(one, areas(), lambda _: None))
    assert served(embedded) == before and kept.kept(embedded.folder) == ()


def test_an_unknown_system_or_encoding_is_refused() -> None:
    for wrong in ("EPSG:999999", "wgs", "mars"):
        with pytest.raises(BadParameter, match=f"crs='{wrong}': expected a known code such as EPSG:4547"):
            Options(crs=wrong)
    with pytest.raises(BadParameter, match="encoding='klingon'"):
        Options(encoding="klingon")


def test_a_mapping_names_a_column_and_a_field() -> None:
    assert columns(["a=b=name", "经度=lon"], MILLS) == {"name": "a=b", "lon": "经度"}
    for wrong in ("name", "x=nothing", "=name"):
        with pytest.raises(BadParameter, match="COLUMN=FIELD"):
            columns([wrong], MILLS)
    with pytest.raises(BadParameter, match="one column for name"):
        columns(["a=name", "b=name"], MILLS)


def test_projected_coordinates_with_swapped_axes_are_refused(embedded: Imports, tmp_path: Path) -> None:
    at = frame("EPSG:4547").geometry.iloc[0]
    file = csv_file(tmp_path / "m.csv", [["name", "x", "y"], ["甲", at.y, at.x]])
    refused(embedded, file, Options(crs="EPSG:4547"), "looks swapped")


def test_a_file_without_system_must_hold_degrees(embedded: Imports, tmp_path: Path) -> None:
    file = csv_file(tmp_path / "m.csv", [["name", "x", "y"], ["甲", 500000, 3300000]])
    refused(embedded, file, Options(), r"m.csv: has no CRS and reaches 500000, 3.3e\+06.*or --crs$")


def test_degrees_with_latitude_first_are_told_from_other_systems(embedded: Imports, tmp_path: Path) -> None:
    file = csv_file(tmp_path / "m.csv", [["name", "x", "y"], ["甲", 30.5, 114.4]])
    refused(embedded, file, Options(), "or --crs; latitude and longitude look swapped$")


def test_a_layer_that_is_none_is_refused(embedded: Imports, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        embedded.add(csv_file(tmp_path / "m.csv", rows()), "nowhere", Options())


# --- leaving bad rows out ------------------------------------------------------------------------


def test_bad_rows_are_left_out_when_that_is_wanted(intake: Imports, tmp_path: Path) -> None:
    text = HEAD + GOOD + "a,x,30,a,1\nb,114,30.1,good,1\nc,114.1,30.1,c,many\nd,114.1\ne,114.1,30.1,e,1\n"
    file = text_file(tmp_path, text)
    published = intake.add(file, "mills", Options(skip_bad=True))
    assert published is not None
    assert [one.row.where for one in published.left_out["m.csv"]] == [
        f"m.csv, line {n}" for n in (6, 3, 5, 4)
    ]
    assert [one["properties"]["name"] for one in served(intake)] == ["东磨坊", "好磨坊", "e"]


@pytest.mark.parametrize("name", ["r.csv", "r.json"])
def test_rejected_rows_are_written_to_a_file(embedded: Imports, tmp_path: Path, name: str) -> None:
    file, report = text_file(tmp_path, HEAD + GOOD + "=1+1,114,30.1,k,=2\n"), tmp_path / name
    with pytest.raises(run.RowsRejected), reported(report):
        embedded.add(file, "mills", Options())
    if name == "r.json":
        (one,) = json.loads(report.read_text("utf-8"))
        value = "=2"
    else:
        (one,) = csv.DictReader(report.read_text("utf-8-sig").splitlines())
        value = "'=2"
    assert one == {"where": "m.csv, line 3", "column": "stones", "value": value, "expected": "a whole number"}
    with pytest.raises(BadSettings), reported(tmp_path / "r.doc"):
        raise AssertionError


# --- interruptions -------------------------------------------------------------------------------


def test_an_interrupted_import_changes_nothing(intake: Imports, tmp_path: Path) -> None:
    before, file = served(intake), csv_file(tmp_path / "m.csv", rows())

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    broken = Imports(intake.folder, intake.store, CATALOG, advance=interrupted, sources=intake.sources)
    with pytest.raises(KeyboardInterrupt):
        broken.add(file, "mills", Options())
    assert served(intake) == before and kept.kept(intake.folder) == ()
    assert intake.add(file, "mills", Options()) is not None


def test_a_version_that_cannot_be_shown_is_not_kept(
    intake: Imports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = csv_file(tmp_path / "m.csv", rows())
    intake.add(file, "mills", Options())
    before, known = served(intake), kept.kept(intake.folder)
    csv_file(file, [*rows(), ["丙磨坊", 1, 114.3, 30.3]])

    def broken(change: kept.Change) -> None:
        applied(change)
        raise RuntimeError("the disk is full")

    applied = kept.Change.apply
    monkeypatch.setattr(kept.Change, "apply", broken)
    for act in (lambda: intake.add(file, "mills", Options()), lambda: intake.remove("m.csv")):
        with pytest.raises(RuntimeError):
            act()
        assert served(intake) == before and kept.kept(intake.folder) == known


def test_one_import_at_a_time(embedded: Imports, tmp_path: Path) -> None:
    with kept.locked(embedded.folder), pytest.raises(Busy, match="another import is running"):
        embedded.add(csv_file(tmp_path / "m.csv", rows()), "mills", Options())


def test_a_kept_file_that_was_changed_is_told(embedded: Imports, tmp_path: Path) -> None:
    embedded.add(csv_file(tmp_path / "m.csv", rows()), "mills", Options())
    (one,) = kept.kept(embedded.folder)
    one.path.write_text("other")
    with pytest.raises(BadData, match="is not the file that was imported as m.csv"):
        kept.kept(embedded.folder)


# --- addresses -----------------------------------------------------------------------------------


def test_addresses_become_places_that_say_how_well_they_are_known(intake: Imports, tmp_path: Path) -> None:
    lines = [["name", "地址", "lon", "lat"], ["甲", "东镇一号", None, None], ["乙", "西边", 114.1, 30.1]]
    asked = []

    def find(text: str) -> Placed:
        asked.append(text)
        return Placed("towns", "东镇", shapely.Point(114.8, 30.3), Precision.TOWN, 4000.0, "东镇")

    def look_up(one: kept.Kept) -> Any:
        return streams.geocoded(one, areas(), find)

    file = csv_file(tmp_path / "m.csv", lines)
    intake.add(file, "mills", Options(geocode="地址"), look_up)
    _mill, first, second = (
        one["properties"] | {"at": one["geometry"]["coordinates"]} for one in served(intake)
    )
    assert (first["at"], first["precision"], first["radius_m"]) == ([114.8, 30.3], "town", 4000.0)
    assert first["position_source"] == "geocoded from '东镇一号' by towns: 东镇" and first["district"] == EAST
    assert (second["at"], second["precision"]) == ([114.1, 30.1], "site")
    run.build(intake.store, CATALOG, folder=intake.sources, imports=kept.kept(intake.folder))
    assert asked == ["东镇一号"] and len(served(intake)) == 3


def test_an_address_that_nobody_knows_is_rejected(embedded: Imports, tmp_path: Path) -> None:
    file = csv_file(tmp_path / "m.csv", [["name", "地址"], ["甲", "无名"]])
    with pytest.raises(BadData, match=r"m.csv, line 2: place=\(none\): expected coordinates, or an address"):
        embedded.add(
            file, "mills", Options(geocode="地址"), lambda one: streams.geocoded(one, areas(), lambda _: None)
        )


# --- the short way and the long one --------------------------------------------------------------

CELLS = st.sampled_from(
    [
        "",
        "1",
        "-3",
        "007",
        "1.5",
        "1e3",
        "nan",
        "甲",
        " 甲 ",
        "甲\u3000乙",
        "a  b",
        "a\tb",
        "\u200b",
        "风车",
        "wind",
    ]
    + [
        "true",
        "是",
        "2020-01-02",
        "2020-13-01",
        "2020-01-02T03:04:05Z",
        "国家级",
        "420115",
        "420111",
        "420200",
    ]
    + ["site", "city", "public", "key-1", "Key", '"', "\\", "x" * 90, "9" * 18, "9" * 30, "-0", "0.1"]
)
FIELDS = [field.name for field in MILLS.all_fields if field.name != "name_en"]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    count = draw(st.integers(1, 5))
    chosen = draw(st.lists(st.sampled_from([*FIELDS, "id"]), unique=True, max_size=6))
    texts = {name: draw(st.lists(CELLS, min_size=count, max_size=count)) for name in chosen}
    lons = st.sampled_from(["114.2", "114.7", "120", "30.2", "", "x", "500"])
    lats = st.sampled_from(["30.2", "30.4", "114.2", "", "91", "1e400"])
    texts["lon"] = draw(st.lists(lons, min_size=count, max_size=count))
    texts["lat"] = draw(st.lists(lats, min_size=count, max_size=count))
    columns = {name: pa.array([cell or None for cell in cells], pa.string()) for name, cells in texts.items()}
    return Table("t.csv", FrozenMapping(columns), count, lambda i: f"t.csv, line {i + 2}")


@tried(deadline=None)
@given(tables(), st.sampled_from([0, 3]), st.sampled_from([1, 1000]))
def test_whole_columns_become_what_rows_become_one_by_one(table: Table, slot: int, few: int) -> None:
    """`few` decides whether columns are converted value by value or at once."""
    try:
        found = places(table, Options(), Bbox(*areas().corridor_bounds))
    except BadData:  # more positions than not are no degrees
        assume(False)
    source = Source(
        MILLS,
        table,
        found,
        areas(),
        "0" * 12,
        "as given",
        slot=slot,
        placeless=not slot,
    )
    one_by_one = list(conform(MILLS, source.rows(), areas()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("etl.importing.source._FEW", few)
        blocks = list(source.blocks())
    at_once = sorted((one for block, _ in blocks for one in block.features()), key=lambda one: one.id)
    wanted = sorted((one for one in one_by_one if isinstance(one, Feature)), key=lambda one: one.id)
    assert [geojson_text(one) for one in at_once] == [geojson_text(one) for one in wanted]
    reasons = [one.reason for _, rejected in blocks for one in rejected]
    assert reasons == [one.reason for one in one_by_one if isinstance(one, Rejected)]


def test_many_positions_find_the_same_districts_as_few() -> None:
    xy = np.random.default_rng(1).uniform((113.9, 29.9), (115.1, 30.6), (6000, 2))
    xy[:3] = [(114.5, 30.2), (114.0, 30.0), (115.0, 30.5)]
    at_once = areas().districts_at(xy)
    assert at_once.tolist() == [code or 0 for code in areas().districts_of(list(shapely.points(xy)))]
    assert set(at_once) == {0, WEST, EAST}


def test_columns_with_missing_values_keep_their_types(embedded: Imports, tmp_path: Path) -> None:
    more = {
        "open": pandas.array([True, None], dtype="boolean"),
        "stones": pandas.array([None, 7], dtype="Int64"),
        "built_on": [pandas.Timestamp("2020-01-02"), None],
    }
    frame(**more).to_parquet(tmp_path / "m.parquet")
    frame(**more).to_file(tmp_path / "m.gpkg", engine="pyogrio")
    for name in ("m.parquet", "m.gpkg"):
        embedded.add(tmp_path / name, "mills", Options())
        first, second = (one["properties"] for one in served(embedded)[1:])
        assert (first["open"], second["open"]) == (True, None)
        assert (first["stones"], second["stones"]) == (None, 7)
        assert (first["built_on"], second["built_on"]) == ("2020-01-02", None)
        embedded.remove(name)


def test_ids_are_apart_from_all_others_and_follow_the_file(embedded: Imports, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        lines = [["id", "name", "lon", "lat"], [9, name, 114.2, 30.2]]
        embedded.add(csv_file(tmp_path / name, lines), "mills", Options())
    mill, one, other = (feature["id"] for feature in served(embedded))
    assert mill == 1 and one % SLOT == other % SLOT == 9 and one != other
    assert max(one, other) < 2**53


def test_areas_go_into_layers_of_areas(embedded: Imports, tmp_path: Path) -> None:
    made = geopandas.GeoDataFrame(
        {"name": ["方"]}, geometry=[shapely.box(114.1, 30.1, 114.2, 30.2)], crs="EPSG:4326"
    )
    made.to_file(tmp_path / "a.geojson", engine="pyogrio")
    embedded.add(tmp_path / "a.geojson", "districts", Options())
    one = served(embedded, DISTRICTS)[-1]
    assert one["geometry"]["type"] == "MultiPolygon" and one["properties"]["area_km2"] > 100
    refused_kind = csv_file(tmp_path / "m.csv", rows())
    with pytest.raises(BadData, match="expected a MultiPolygon; it is a Point"):
        embedded.add(refused_kind, "districts", Options())


def test_a_part_of_a_file_is_named(embedded: Imports, tmp_path: Path) -> None:
    for layer in ("one", "two"):
        frame().to_file(tmp_path / "m.gpkg", layer=layer, engine="pyogrio")
    with pytest.raises(BadData, match="several layers, one, two: name one by --part"):
        formats.read(tmp_path / "m.gpkg", Options())
    with pytest.raises(BadData, match="no layer 'three': it has one, two"):
        formats.read(tmp_path / "m.gpkg", Options(part="three"))
    assert formats.read(tmp_path / "m.gpkg", Options(part="two")).rows == 2


# --- the command ---------------------------------------------------------------------------------


def test_the_command_imports_lists_and_removes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = ["--database", f"sqlite:///{tmp_path / 'c.sqlite'}"]
    file = csv_file(tmp_path / "园区.csv", rows("经度", "纬度"))
    assert cli.main(["import", str(file), "--layer", "parks", *database]) == 0
    assert "imported 园区.csv: " in capsys.readouterr().err
    assert cli.main(["import", str(file), "--layer", "parks", *database]) == 0
    assert "before, just so: nothing changes" in capsys.readouterr().err
    assert cli.main(["build", *database]) == 0
    assert "up to date" in capsys.readouterr().err
    assert cli.main(["import", "--list", *database]) == 0
    assert capsys.readouterr().out.startswith("parks: 园区.csv, sha256 ")
    out = tmp_path / "out.geojson"
    assert cli.main(["export", "parks", "--where", f"name = '{NAMES[0]}'", "-o", str(out), *database]) == 0
    (feature,) = json.loads(out.read_text("utf-8"))["features"]
    assert feature["geometry"]["coordinates"] == list(POINTS[0])
    assert cli.main(["import", "--remove", "园区.csv", *database]) == 0
    assert cli.main(["import", "--list", *database]) == 0
    assert "nothing has been imported" in capsys.readouterr().out
    assert cli.main(["import", *database]) == 1


def test_a_report_tells_of_its_own_file_only(tmp_path: Path) -> None:
    database = ["--database", f"sqlite:///{tmp_path / 'c.sqlite'}"]
    for name, wrong in (("one.csv", "1140"), ("two.csv", "1150")):
        (tmp_path / name).write_text(f"name,lon,lat\n{name}甲,114.4,30.5\n{name}乙,{wrong},30.5\n", "utf-8")
        taken = ["import", str(tmp_path / name), "--layer", "parks", "--skip-bad"]
        assert cli.main([*taken, "--report", str(tmp_path / "bad.json"), *database]) == 0
        told = json.loads((tmp_path / "bad.json").read_text("utf-8"))
        assert [(one["where"], one["column"], one["value"]) for one in told] == [
            (f"{name}, line 3", "lon", wrong)
        ]
        assert told[0]["expected"] == "degrees from -180 to 180"
