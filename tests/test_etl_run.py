"""A build publishes everything or nothing, twice the same, and its version changes with what it is made from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from etl_world import CATALOG, MILL, MILLS, RINGS, world

from etl import run
from gis import repository, storing
from gis.database import Store
from gis.errors import BadData, NothingPublished
from gis.feature import Query
from gis.layer import Catalog, Layer


def texts(store: Store, layer: Layer = MILLS) -> tuple[str, ...]:
    with store.read() as connection:
        return repository.find(connection, layer, Query(internal=True)).features


def test_a_build_publishes_every_layer_of_the_catalog(store: Store, tmp_path: Path) -> None:
    said: list[str] = []
    report = run.build(store, CATALOG, folder=world(tmp_path / "w"), progress=said.append)
    assert dict(report.counts) == {"mills": 1, "rings": 1, "districts": 2}
    assert report.version in str(report) and "4 features" in str(report)
    assert "mills: 1 features" in said
    with store.read() as connection:
        assert repository.published(connection).version == report.version
    assert '"name":"东磨坊"' in texts(store)[0]


def test_a_layer_without_data_is_empty(store: Store, tmp_path: Path) -> None:
    folder = world(tmp_path / "w")
    (folder / "places" / "mills.csv").unlink()
    (folder / "structure.toml").unlink()
    assert run.build(store, CATALOG, folder=folder).counts["mills"] == 0
    assert texts(store) == ()


def test_building_twice_gives_identical_bytes(store: Store, tmp_path: Path) -> None:
    folder = world(tmp_path / "w")
    run.build(store, CATALOG, folder=folder)
    first = texts(store), texts(store, RINGS)
    run.build(store, CATALOG, folder=folder)
    assert (texts(store), texts(store, RINGS)) == first


def test_a_rejected_row_stops_the_build_in_one_line(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BadData) as caught:
        run.build(store, CATALOG, folder=world(tmp_path / "w", {**MILL, "kind": "steam"}))
    message = str(caught.value)
    assert "1 row rejected, nothing published" in message and "\n" not in message
    assert "places/mills.csv, line 2: kind='steam': expected one of wind, water" in message
    with pytest.raises(NothingPublished), store.read():
        pass


def test_every_rejected_row_is_listed_and_the_last_good_data_stay(store: Store, tmp_path: Path) -> None:
    run.build(store, CATALOG, folder=world(tmp_path / "good"))
    before = texts(store)
    bad = world(tmp_path / "bad", {**MILL, "lat": "x"}, {**MILL, "id": "2", "key": "b", "as_of": "soon"})
    (bad / "structure.toml").unlink()
    with pytest.raises(BadData) as caught:
        run.build(store, CATALOG, folder=bad)
    assert "2 rows rejected" in str(caught.value)
    assert "line 2: lat='x'" in str(caught.value) and "line 3: as_of='soon'" in str(caught.value)
    assert texts(store) == before


def test_a_database_that_refuses_a_feature_leaves_the_last_good_data(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = world(tmp_path / "w")
    run.build(store, CATALOG, folder=folder)
    before = texts(store)

    def fails(*_: object) -> int:
        raise BadData("rings", "refused")

    monkeypatch.setattr(storing, "finish", fails)
    with pytest.raises(BadData, match="refused"):
        run.build(store, CATALOG, folder=folder)
    assert texts(store) == before


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield world(tmp_path)


def test_a_version_is_the_same_as_long_as_nothing_changes(folder: Path) -> None:
    first = run.sources_version(CATALOG, folder=folder)
    assert first == run.sources_version(CATALOG, folder=folder)
    assert len(first) == 12 and int(first, 16) >= 0


@pytest.mark.parametrize(
    "name", ["registry.toml", "structure.toml", "places/mills.csv", "base/districts.geojson"]
)
def test_a_version_changes_with_every_data_file(folder: Path, name: str) -> None:
    first = run.sources_version(CATALOG, folder=folder)
    with (folder / name).open("a") as file:
        file.write("\n")
    assert run.sources_version(CATALOG, folder=folder) != first


def test_a_version_does_not_depend_on_when_a_file_was_written(folder: Path) -> None:
    first = run.sources_version(CATALOG, folder=folder)
    os.utime(folder / "registry.toml", (1, 1))
    assert run.sources_version(CATALOG, folder=folder) == first


def test_a_version_changes_with_the_gazetteer_and_with_a_declaration(folder: Path) -> None:
    first = run.sources_version(CATALOG, folder=folder)
    fewer = run.sources_version(Catalog((MILLS, RINGS)), folder=folder)
    with (folder.parent / "gazetteer" / "towns.csv").open("a") as file:
        file.write("西镇,420111,114.2,30.3\n")
    assert len({first, fewer, run.sources_version(CATALOG, folder=folder)}) == 3
