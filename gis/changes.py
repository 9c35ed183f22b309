"""What changed between versions of the data, told by the served version itself: the same on both databases.

A version that is built is compared with the one that it will replace. What is found is stored in it, with
what that one told of its own past; so nothing depends on what a database keeps of old versions. Two versions
further apart are compared by putting the steps between them together. What is internal is told to those
alone who may see it: for all others a feature that becomes internal is removed.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any, TypeAlias

import shapely
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import DBAPIError

from gis import bulk, digests, repository
from gis.database import Store, current_of
from gis.errors import StoreError
from gis.frozen import FrozenMapping
from gis.layer import Layer
from gis.tables import CHANGE, CHANGED, STEP, SUMMARY, texts

KEPT_STEPS = 8  # versions before the served one that it can be compared with
LISTED = 5000  # changes that a step tells one by one, of a layer; all are counted
_LONGEST = 500  # characters of a geometry that is told as it is
_AT_ONCE = 1000  # features that are read
_PUBLIC, _INTERNAL, _BOTH = 1, 2, 3  # by whom a change is seen
_SEEN = {False: (_PUBLIC, _BOTH), True: (_INTERNAL, _BOTH)}

Values: TypeAlias = Mapping[str, Any]


class Kind(StrEnum):
    """What can become of a feature."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Step:
    """An earlier version: how many steps back it is, its name, when it was published, the day of which it told."""

    number: int
    version: str
    published: datetime
    as_of: date | None


@dataclass(frozen=True)
class Change:
    """What became of a feature. `before` and `after` are its values, of a changed one those that differ;
    None where it was not there. The geometry is one of them, told shortly when it is long."""

    id: int
    name: str
    before: Values | None
    after: Values | None

    @property
    def kind(self) -> Kind:
        if self.before is None:
            return Kind.ADDED
        return Kind.REMOVED if self.after is None else Kind.CHANGED

    def then(self, later: Change) -> Change:
        """This change and a later one of the same feature as one."""
        before, after = _merged(later.before, self.before), _merged(self.after, later.after)
        return Change(self.id, later.name, before, after)

    def told(self) -> Change:
        """The same with those values of a changed feature alone that differ."""
        if self.before is None or self.after is None:
            return self
        return Change(self.id, self.name, *_differing(self.before, self.after))


def _merged(first: Values | None, over: Values | None) -> Values | None:
    return None if over is None else {**(first or {}), **over}


def _differing(before: Values, after: Values) -> tuple[Values, Values]:
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}


@dataclass(frozen=True)
class Changes:
    """What changed in a layer. `counts` are exact unless `summed`: then several steps were too large to be put
    together, and a feature that changed in two of them counts twice. `listed` may be fewer."""

    counts: Mapping[Kind, int]
    listed: tuple[Change, ...] = ()
    summed: bool = False

    @property
    def complete(self) -> bool:
        """Whether every change is listed."""
        return sum(self.counts.values()) == len(self.listed)


# --- when a version is built ------------------------------------------------------------------------


@contextmanager
def before(store: Store) -> Iterator[Connection | None]:
    """A connection to the version that is served, None when there is none that can be read."""
    with ExitStack() as closing:
        connection = None
        with suppress(StoreError):
            connection = closing.enter_context(store.read())
        yield connection if connection is not None and _legible(connection) else None


def _legible(connection: Connection) -> bool:
    try:
        repository.published(connection)
        connection.execute(select(STEP).limit(0))
    except (StoreError, DBAPIError):
        return False
    return True


def record(before: Connection | None, building: Connection, version: str, layers: Iterable[Layer]) -> None:
    """Tell, in a version that is being built, what is different from the one before, and all that one told.

    The same version built again is not a step.
    """
    if before is None:
        return
    last = repository.published(before)
    again = last.version == version
    _carry(before, building, by=0 if again else 1)
    if again:
        return
    published = current_of(before).at.astimezone(UTC).isoformat(timespec="seconds")
    step = {"number": 1, "version": last.version, "published": published, "as_of": last.as_of}
    building.execute(insert(STEP).values(step))
    old = set(last.fingerprints)
    for layer in layers:
        differences = _differences(before, building, layer)
        _store(building, layer.id, _Told.of(differences) if layer.id in old else _new(building, layer))
        old.discard(layer.id)
    for layer_id in sorted(old):  # these layers are no more
        counts = {internal: last.summaries[layer_id, internal].count for internal in (False, True)}
        _store(building, layer_id, _Told({(internal, Kind.REMOVED): n for internal, n in counts.items()}, []))


def _carry(before: Connection, building: Connection, by: int) -> None:
    """Take over what the version before told of its past, the oldest of it forgotten."""
    for stored in (STEP, CHANGED, CHANGE):
        kept = before.execute(select(stored).where(stored.c.number + by <= KEPT_STEPS)).mappings().all()
        if kept:
            building.execute(insert(stored), [{**row, "number": row["number"] + by} for row in kept])


@dataclass(frozen=True)
class _Told:
    """The differences of a layer: how many there are, by who sees them, and the first of them as rows."""

    counts: Mapping[tuple[bool, Kind], int]
    rows: Sequence[tuple[int, Change]]

    @classmethod
    def of(cls, differences: Iterable[tuple[int, Change]]) -> _Told:
        counts: Counter[tuple[bool, Kind]] = Counter()
        rows = []
        for seen, change in differences:
            views = [internal for internal, kinds in _SEEN.items() if seen in kinds]
            if any(sum(counts[view, kind] for kind in Kind) < LISTED for view in views):
                rows.append((seen, change))
            counts.update((view, change.kind) for view in views)
        return cls(counts, rows)


def _new(building: Connection, layer: Layer) -> _Told:
    """The differences of a layer that was not there before: all of it, which needs no counting."""
    wanted = select(SUMMARY.c.internal, SUMMARY.c["count"]).where(SUMMARY.c.layer == layer.id)
    counts = {(internal, Kind.ADDED): count for internal, count in building.execute(wanted)}
    first = ((feature_id, None, text) for feature_id, text in _features(building, layer, 0, 2**63 - 1))
    return _Told(counts, _Told.of(islice(_changed(first), LISTED)).rows)


def _store(building: Connection, layer_id: str, told: _Told) -> None:
    counts = [
        (1, layer_id, internal, *(told.counts.get((internal, kind), 0) for kind in Kind))
        for internal in (False, True)
    ]
    bulk.insert(building, CHANGED, [row for row in counts if any(row[3:])])
    rows = [
        (1, layer_id, seen, one.id, one.name, _text(one.before), _text(one.after)) for seen, one in told.rows
    ]
    bulk.insert(building, CHANGE, rows)


def _text(values: Values | None) -> str | None:
    return None if values is None else json.dumps(dict(values), ensure_ascii=False, separators=(",", ":"))


# --- comparing --------------------------------------------------------------------------------------


_Pair: TypeAlias = tuple[int, str | None, str | None]


def _differences(before: Connection, building: Connection, layer: Layer) -> Iterator[tuple[int, Change]]:
    """The features that differ, in id order, each with who sees that; one can be another thing to others."""
    for first, last in digests.differing(before, building, layer):
        yield from _changed(
            _paired(_features(before, layer, first, last), _features(building, layer, first, last))
        )


def _changed(pairs: Iterable[_Pair]) -> Iterator[tuple[int, Change]]:
    for feature_id, was, now in pairs:
        if was != now:
            yield from _as_seen(feature_id, _values(was), _values(now))


def _features(connection: Connection, layer: Layer, first: int, last: int) -> Iterator[tuple[int, str]]:
    """The texts of features by their ids, from the first to the last, in this order."""
    t = texts(layer)
    wanted = select(t).where(t.c.id <= last).order_by(t.c.id).limit(_AT_ONCE)
    rows = connection.execute(wanted.where(t.c.id >= first)).all()
    while rows:
        yield from (tuple(row) for row in rows)
        rows = connection.execute(wanted.where(t.c.id > rows[-1].id)).all() if len(rows) == _AT_ONCE else []


def _paired(old: Iterator[tuple[int, str]], new: Iterator[tuple[int, str]]) -> Iterator[_Pair]:
    """The features of two versions side by side, both in id order."""
    was, now = next(old, None), next(new, None)
    while was or now:
        if now is None or (was is not None and was[0] < now[0]):
            assert was is not None
            yield *was, None
            was = next(old, None)
        elif was is None or now[0] < was[0]:
            yield now[0], None, now[1]
            now = next(new, None)
        else:
            yield *was, now[1]
            was, now = next(old, None), next(new, None)


def _values(text: str | None) -> Values | None:
    if text is None:
        return None
    feature = json.loads(text)
    return {"geometry": _told_geometry(feature["geometry"]), **feature["properties"]}


def _told_geometry(geometry: dict[str, Any] | None) -> dict[str, Any] | None:
    """A geometry; of a long one its type, how many vertices it has, its bounds, and a digest that tells it apart."""
    text = json.dumps(geometry, separators=(",", ":"))
    if geometry is None or len(text) <= _LONGEST:
        return geometry
    shape = shapely.from_geojson(text)
    return {
        "type": geometry["type"],
        "vertices": int(shapely.get_num_coordinates(shape)),
        "bbox": list(shape.bounds),
        "sha256": hashlib.sha256(text.encode()).hexdigest()[:16],
    }


def _as_seen(feature_id: int, was: Values | None, now: Values | None) -> Iterator[tuple[int, Change]]:
    public_was, public_now = _if_public(was), _if_public(now)
    if (public_was, public_now) == (was, now):
        told = [(_BOTH, _change(feature_id, was, now))]
    else:
        told = [
            (_INTERNAL, _change(feature_id, was, now)),
            (_PUBLIC, _change(feature_id, public_was, public_now)),
        ]
    # A field that is new, or no more, and holds nothing is no difference.
    yield from ((seen, change) for seen, change in told if change.before != change.after)


def _if_public(values: Values | None) -> Values | None:
    return values if values is not None and values["visibility"] == "public" else None


def _change(feature_id: int, was: Values | None, now: Values | None) -> Change:
    name = str((now or was or {}).get("name", ""))
    return Change(feature_id, name, was, now).told()


# --- when it is served -------------------------------------------------------------------------------


def steps(connection: Connection) -> tuple[Step, ...]:
    """The earlier versions that are known, the newest first; of one name the newest alone."""
    found: dict[str, Step] = {}
    for row in connection.execute(select(STEP).order_by(STEP.c.number)):
        step = Step(row.number, row.version, datetime.fromisoformat(row.published), row.as_of)
        found.setdefault(row.version, step)
    return tuple(found.values())


def counted(connection: Connection, since: Step, *, internal: bool) -> dict[str, Changes]:
    """What changed since a version in each layer that has changed, without the changes one by one."""
    rows = connection.execute(
        select(CHANGED.c.layer)
        .where(CHANGED.c.number <= since.number, CHANGED.c.internal == internal)
        .distinct()
    )
    found = {
        layer_id: of_layer(connection, layer_id, since, internal=internal) for (layer_id,) in sorted(rows)
    }
    return {
        layer_id: Changes(one.counts, summed=one.summed)
        for layer_id, one in found.items()
        if any(one.counts.values())
    }


def of_layer(connection: Connection, layer_id: str, since: Step, *, internal: bool) -> Changes:
    """What changed in a layer since a version, in id order."""
    counts = _counts(connection, layer_id, since, internal)
    rows = _rows(connection, layer_id, since, internal)
    listed = tuple(_together(rows))
    if since.number > 1 and len(rows) == sum(counts.values()):
        return Changes(FrozenMapping(Counter(one.kind for one in listed)), listed)
    return Changes(counts, listed, summed=since.number > 1)


def _counts(connection: Connection, layer_id: str, since: Step, internal: bool) -> Mapping[Kind, int]:
    """How much changed in all the steps since a version, each counted for itself."""
    t = CHANGED.c
    sums = [func.sum(t[kind.value]) for kind in Kind]
    found = connection.execute(
        select(*sums).where(t.layer == layer_id, t.number <= since.number, t.internal == internal)
    ).one()
    return FrozenMapping({kind: int(count or 0) for kind, count in zip(Kind, found, strict=True)})


def _rows(connection: Connection, layer_id: str, since: Step, internal: bool) -> list[Change]:
    """The changes of all the steps since a version, the oldest first."""
    t = CHANGE.c
    wanted = select(CHANGE).where(t.layer == layer_id, t.number <= since.number, t.seen.in_(_SEEN[internal]))
    found = connection.execute(wanted.order_by(t.number.desc(), t.id))
    return [Change(row.id, row.name, _read(row.before), _read(row.after)) for row in found]


def _read(text: str | None) -> Values | None:
    return None if text is None else json.loads(text)


def _together(rows: Iterable[Change]) -> Iterator[Change]:
    """One change for each feature, in id order; none for what is as it was."""
    found: dict[int, Change] = {}
    for one in rows:
        found[one.id] = found[one.id].then(one) if one.id in found else one
    for feature_id in sorted(found):
        told = found[feature_id].told()
        if told.before != told.after:
            yield told
