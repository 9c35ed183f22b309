"""Publishing is all or nothing, on both databases: a reader sees the last good version and no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from gis import database, repository, storing
from gis.block import Block
from gis.config import Settings
from gis.database import KEPT_VERSIONS, Store, open_store
from gis.errors import (
    BadData,
    BadSettings,
    Busy,
    GisError,
    MissingExtension,
    NoStore,
    NothingPublished,
    StaleTable,
)
from gis.feature import Feature, Query
from gis.layer import Field, Layer, Type
from tests.conftest import CONTENTS, WELLS, properties, publish, wells


def version(store: Store) -> str:
    with store.read() as connection:
        return repository.published(connection).version


def count(store: Store) -> int:
    with store.read() as connection:
        return repository.find(connection, WELLS, Query()).matched


def schemas(store: Store) -> list[str]:
    """The places of versions in PostGIS; none in SpatiaLite."""
    with store.read() as connection:
        if connection.dialect.name != "postgresql":
            return []
        return list(
            connection.scalars(text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'corridor_v%'"))
        )


def test_nothing_can_be_read_before_something_is_published(store: Store) -> None:
    with pytest.raises(NothingPublished, match="corridor build"), store.read():
        pass


def fail_at_start(store: Store) -> None:
    with store.publish():
        raise ZeroDivisionError


def fail_between_layers(store: Store) -> None:
    with store.publish() as connection:
        storing.begin(connection)
        storing.replace(connection, WELLS, wells())
        raise ZeroDivisionError


def fail_within_a_layer(store: Store) -> None:
    def broken() -> object:
        yield from wells()
        raise ZeroDivisionError

    with store.publish() as connection:
        storing.begin(connection)
        storing.replace(connection, WELLS, broken())  # type: ignore[arg-type]


def fail_in_the_database(store: Store) -> None:
    twice = [Feature(1, None, properties(WELLS, "a")), Feature(1, None, properties(WELLS, "b"))]
    with store.publish() as connection:
        storing.begin(connection)
        storing.replace(connection, WELLS, twice)


def fail_at_the_end(store: Store) -> None:
    with store.publish() as connection:
        storing.begin(connection)
        for layer, features in CONTENTS:
            storing.replace(connection, layer, features())
        storing.finish(connection, "never")
        raise ZeroDivisionError


def fail_after_many_blocks(store: Store) -> None:
    def broken() -> Iterator[Block]:
        yield from (Block.of(WELLS, [well]) for well in wells())
        raise ZeroDivisionError

    with store.publish() as connection:
        storing.begin(connection)
        storing.store(connection, WELLS, broken())


def fail_in_the_database_between_blocks(store: Store) -> None:
    with store.publish() as connection:
        storing.begin(connection)
        storing.store(connection, WELLS, [Block.of(WELLS, list(wells()))] * 2)


FAILURES = [
    fail_at_start,
    fail_between_layers,
    fail_within_a_layer,
    fail_in_the_database,
    fail_at_the_end,
    fail_after_many_blocks,
    fail_in_the_database_between_blocks,
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.__name__)
def test_a_build_that_fails_leaves_the_last_version(store: Store, failure: Callable[[Store], None]) -> None:
    publish(store, "good")
    with pytest.raises((ZeroDivisionError, BadData)):
        failure(store)
    assert (version(store), count(store)) == ("good", 6)
    assert len(schemas(store)) <= 1
    publish(store, "next")
    assert version(store) == "next"


def test_a_failed_build_leaves_no_file_behind(tmp_path: Path) -> None:
    store = open_store(Settings(database=f"sqlite:///{tmp_path / 'c.sqlite'}"))
    publish(store)
    with pytest.raises(ZeroDivisionError):
        fail_at_the_end(store)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.sqlite", "c.sqlite.lock"]


def test_a_reader_keeps_its_version_while_the_next_is_published(store: Store) -> None:
    publish(store, "first")
    with store.read() as connection:
        assert repository.published(connection).version == "first"
        publish(store, "second")
        assert repository.published(connection).version == "first"
        assert repository.find(connection, WELLS, Query()).matched == 6
    assert version(store) == "second"


def test_readers_see_no_half_built_state_while_builds_go_on(store: Store) -> None:
    publish(store, "0")
    seen: list[int] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.append(count(store))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(KEPT_VERSIONS + 2):
        publish(store, str(number))
    stop.set()
    reader.join(timeout=30)
    assert seen and set(seen) == {6}


def test_old_versions_are_dropped(store: Store) -> None:
    for number in range(KEPT_VERSIONS + 2):
        publish(store, str(number))
    with store.read() as connection:
        if connection.dialect.name == "postgresql":
            assert len(schemas(store)) == KEPT_VERSIONS


def test_what_a_build_has_left_that_was_killed_goes_with_the_next(store: Store) -> None:
    publish(store, "one")
    known = schemas(store)
    with store.read() as connection:
        if connection.dialect.name != "postgresql":
            return
        connection.execute(text("CREATE SCHEMA corridor_v12345678"))
    publish(store, "two")
    assert len(schemas(store)) == len(known) + 1 and "corridor_v12345678" not in schemas(store)


def test_two_builds_at_once_are_refused(store: Store, settings: Settings) -> None:
    other = open_store(settings)
    with store.publish() as connection:
        storing.begin(connection)
        with pytest.raises(Busy), other.publish():
            pass
        storing.finish(connection, "only")
    other.close()
    assert version(store) == "only"


def test_readers_elsewhere_are_told_of_a_new_version(store: Store, settings: Settings) -> None:
    publish(store, "one")
    elsewhere = open_store(settings)
    assert version(elsewhere) == "one"
    before = elsewhere.current()
    publish(store, "two")
    deadline = time.monotonic() + 5
    while elsewhere.current() == before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert version(elsewhere) == "two"
    assert elsewhere.current() == store.current()
    elsewhere.close()


def test_a_store_that_was_closed_can_be_read_again(store: Store) -> None:
    publish(store, "one")
    store.close()
    assert version(store) == "one"


def test_postgis_tells_its_readers_instead_of_being_asked(
    postgis_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, asked = open_store(postgis_settings), []
    publish(store)
    real = database._published
    monkeypatch.setattr(database, "_published", lambda connection: asked.append(1) or real(connection))
    deadline, before = time.monotonic() + 5, -1
    while before != len(asked) and time.monotonic() < deadline:
        before = len(asked)
        store.current()
        time.sleep(0.05)
    assert version(store) == "tests-1"
    assert len(asked) == before
    store.close()


def end_all_lines(settings: Settings) -> None:
    engine = create_engine(settings.database.replace("postgresql:", "postgresql+psycopg:"))
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    with engine.connect() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
    engine.dispose()


def test_readers_survive_the_end_of_their_lines(postgis_settings: Settings) -> None:
    store = open_store(postgis_settings)
    publish(store, "one")
    for _ in range(3):
        assert version(store) == "one"
        end_all_lines(postgis_settings)
    publish(store, "two")
    assert version(store) == "two"
    store.close()


def test_a_table_of_another_shape_is_stale(store: Store) -> None:
    publish(store)
    changed = Layer(
        id=WELLS.id,
        title=WELLS.title,
        geometry=WELLS.geometry,
        symbol=WELLS.symbol.other,  # type: ignore[union-attr]
        fields=(Field("owner", Type.TEXT, "所有者"),),
    )
    with store.read() as connection, pytest.raises(StaleTable, match="corridor build"):
        repository.published(connection).summary(changed, internal=False)


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://a/b", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_names_no_store_is_refused_by_name(url: str) -> None:
    with pytest.raises(BadSettings, match=r"sqlite:///FILE or postgresql://"):
        open_store(Settings(database=url))


def test_a_password_is_never_shown() -> None:
    store = open_store(Settings(database="postgresql://user:sesame@127.0.0.1:1/none"))
    with pytest.raises(NoStore) as caught, store.read():
        pass
    assert "sesame" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_a_missing_extension_is_named_with_its_remedy(tmp_path: Path) -> None:
    store = open_store(Settings(database=f"sqlite:///{tmp_path / 'c.sqlite'}", spatialite="no_such_module"))
    with pytest.raises(MissingExtension, match="libsqlite3-mod-spatialite"), store.publish():
        pass
    assert not (tmp_path / "c.sqlite").exists()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    path.write_text("not a database", encoding="utf-8")
    store = open_store(Settings(database=f"sqlite:///{path}"))
    with pytest.raises(GisError, match=r"c\.sqlite"), store.read() as connection:
        repository.published(connection)


def test_an_odd_file_name_is_only_a_name(tmp_path: Path) -> None:
    store = open_store(Settings(database=f"sqlite:///{tmp_path / 'a b#c%20?mode=memory.sqlite'}"))
    publish(store)
    assert version(store) == "tests-1"


def test_a_database_of_another_form_is_stale_and_no_fault(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path / 'c.sqlite'}")
    store = open_store(settings)
    with store.publish() as connection:
        storing.begin(connection)
        storing.finish(connection, "older")
        connection.execute(text("DROP TABLE corridor_layer"))
    with store.read() as connection, pytest.raises(StaleTable, match="corridor build"):
        repository.published(connection)
