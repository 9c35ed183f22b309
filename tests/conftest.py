"""Fixtures: a layer declared nowhere else, stores of both databases, the application and its client."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine, text
from werkzeug.serving import make_server

import layers
from etl import run
from gis import storing
from gis.config import Settings
from gis.database import Store, open_store
from gis.feature import Feature, rounded
from gis.layer import Catalog, Field, Geometry, Layer, Theme, Type, Value
from gis.symbol import ByValue, Fill, Marker, Shape, Stroke
from webmap import create_app

pytest_plugins = ["tests.browsing", "tests.sheet_maker"]

# How long an example takes is the machine's affair, and what else it does.
hypothesis_settings.register_profile("corridor", deadline=None)
hypothesis_settings.load_profile("corridor")

REQUIRE_ALL = os.environ.get("CORRIDOR_TEST_REQUIRE_ALL") == "1"
POSTGIS = os.environ.get("CORRIDOR_TEST_POSTGIS", "")

WELLS = Layer(
    id="wells",
    title="水井",
    title_en="Wells",
    description="只在测试中声明的图层",
    geometry=Geometry.POINT,
    kinds=(Value("dug", "人工井", "dug"), Value("drilled", "机井", "drilled")),
    fields=(
        Field("depth", Type.NUMBER, "深度", "Depth", unit="m"),
        Field("drilled_on", Type.DATE, "成井日期"),
        Field("in_use", Type.BOOLEAN, "在用"),
        Field("visits", Type.INTEGER, "巡检次数"),
    ),
    symbol=ByValue("kind", {"dug": Marker("#335577", size=6)}, other=Marker("#775533", shape=Shape.SQUARE)),
    popup=("depth", "in_use"),
)
TRACKS = Layer(id="tracks", title="小路", geometry=Geometry.LINE, symbol=Stroke("#444444"), theme=Theme.BASE)
FIELDS = Layer(id="plots", title="地块", geometry=Geometry.POLYGON, symbol=Fill("#88aa66"), theme=Theme.BASE)

HOSTILE = "</script><script>alert(1)</script>`${alert(2)}`<img src=x onerror=alert(3)>\u202e'\"&"


def properties(layer: Layer, key: str, **given: object) -> dict[str, object]:
    """Every property of a layer's feature, the required ones filled."""
    empty: dict[str, object] = dict.fromkeys(field.name for field in layer.all_fields)
    required = {"key": key, "name": key, "precision": "site", "source": "tests", "visibility": "public"}
    return {**empty, **required, **given}


def wells() -> Iterator[Feature]:
    """Five wells that are shown, one without a place, one internal."""
    places = [(114.0, 30.0), (114.1, 30.1), (114.2, 30.2), (114.3, 30.3), (114.4, 30.4)]
    for number, place in enumerate(places, start=1):
        values = properties(
            WELLS,
            f"well-{number}",
            name=HOSTILE if number == 5 else f"{number}号井",
            kind="dug" if number % 2 else "drilled",
            city=420100,
            status="built",
            depth=10.5 * number,
            drilled_on=date(2020, 1, number),
            in_use=number != 3,
            visits=number,
            radius_m=20.0,
            as_of=date(2021, 6, number),
        )
        yield Feature(number, rounded(shapely.Point(place)), values)
    yield Feature(6, None, properties(WELLS, "well-6", name="无位置的井"))
    yield Feature(7, rounded(shapely.Point(114.5, 30.5)), properties(WELLS, "well-7", visibility="internal"))


def tracks() -> Iterator[Feature]:
    """One line in two parts."""
    line = shapely.from_wkt("MULTILINESTRING((114 30, 115 31), (115.5 31, 116 30))")
    yield Feature(1, rounded(line), properties(TRACKS, "track-1", precision="schematic"))


def plots() -> Iterator[Feature]:
    """A square with a hole, its rings the wrong way round."""
    square = shapely.from_wkt("MULTIPOLYGON(((0 0, 0 4, 4 4, 4 0, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1)))")
    yield Feature(1, rounded(square), properties(FIELDS, "plot-1"))


CONTENTS = ((WELLS, wells), (TRACKS, tracks), (FIELDS, plots))


def unstamped(body: bytes) -> bytes:
    """An answer without the moment that it names."""
    return re.sub(rb',"timeStamp":"[^"]+"', b"", body)


def publish(store: Store, version: str = "tests-1") -> None:
    """Publish the test layers."""
    with store.publish() as connection:
        storing.begin(connection)
        for layer, features in CONTENTS:
            storing.replace(connection, layer, features())
        storing.finish(connection, version)


def _spatialite_settings(folder: Path) -> Settings:
    return Settings(database=f"sqlite:///{folder / 'corridor.sqlite'}")


def _postgis_settings(name: str) -> Settings:
    """An empty database on the server of the test run, that no other run uses; it goes at the end of this one."""
    if not POSTGIS:
        message = "no PostGIS: CORRIDOR_TEST_POSTGIS is not set (make test starts one)"
        pytest.fail(message) if REQUIRE_ALL else pytest.skip(message)
    own = f"{name}_{os.getpid()}"
    _MADE.add(own)
    _on_server(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)', f'CREATE DATABASE "{own}"')
    return Settings(database=f"{POSTGIS.rpartition('/')[0]}/{own}")


_MADE: set[str] = set()


def pytest_sessionfinish() -> None:
    """Leave no database behind."""
    if _MADE:
        _on_server(*(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)' for own in _MADE))


def _on_server(*statements: str) -> None:
    url = POSTGIS.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=["spatialite", "postgis"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings that name an empty database, of one kind and then of the other."""
    if request.param == "spatialite":
        return _spatialite_settings(tmp_path)
    return _postgis_settings("corridor_test_function")


@pytest.fixture
def postgis_settings() -> Settings:
    """Settings that name an empty database of PostGIS."""
    return _postgis_settings("corridor_test_function")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """An empty store."""
    opened = open_store(settings)
    yield opened
    opened.close()


@pytest.fixture(scope="session", params=["spatialite", "postgis"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that holds the test layers, not to be changed."""
    spatialite = request.param == "spatialite"
    folder = tmp_path_factory.mktemp("filled")
    opened = open_store(
        _spatialite_settings(folder) if spatialite else _postgis_settings("corridor_test_filled")
    )
    publish(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The layers of the tests, and no real one: nothing can depend on those."""
    return Catalog(layer for layer, _features in CONTENTS)


@pytest.fixture
def app(filled: Store, catalog: Catalog) -> Flask:
    """The service over the test layers."""
    made = create_app(Settings(), catalog, filled)
    made.testing = False
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of that service."""
    return app.test_client()


@pytest.fixture(scope="session", params=["spatialite", "postgis"])
def shipped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that holds the shipped data, on both databases."""
    spatialite = request.param == "spatialite"
    folder = tmp_path_factory.mktemp("shipped")
    opened = open_store(
        _spatialite_settings(folder) if spatialite else _postgis_settings("corridor_test_shipped")
    )
    run.build(opened, layers.catalog())
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def live_shipped(shipped: Store) -> Iterator[str]:
    """The URL of a running service over the shipped data, on both databases."""
    yield from _serve(create_app(Settings(), layers.catalog(), shipped))


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running service over the shipped data, in the embedded store."""
    opened = open_store(_spatialite_settings(tmp_path_factory.mktemp("live")))
    run.build(opened, layers.catalog())
    yield from _serve(create_app(Settings(), layers.catalog(), opened))
    opened.close()


def _serve(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=10)
