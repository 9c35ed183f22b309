"""The steps in order: read, conform, draw the structure, publish. All layers of a catalog, or none."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from etl import indicators, read, structure
from etl.areas import Areas
from etl.conform import conform, unique
from etl.importing.kept import Kept
from etl.nodes import Nodes
from etl.records import Document, DocumentKind, Rejected, Row
from etl.taken import Stream, Taken
from gis import (
    block,
    bulk,
    cells,
    changes,
    columns,
    copying,
    digests,
    feature,
    numerals,
    shapes,
    storing,
    survey,
    tables,
    tile,
)
from gis.block import Block
from gis.database import Store
from gis.declare import Declared
from gis.errors import BadData
from gis.feature import Feature
from gis.frozen import FrozenMapping
from gis.layer import Catalog, Layer
from gis.repository import Source

Progress = Callable[[str], None]

# The folder of tidy tables of indicators, one for each layer of such.
INDICATORS = indicators.FILE.parent.name

_HERE = Path(__file__).parent
_TOLD = 50  # rejected rows, one by one
# Modules outside this package whose change makes other data of the same files.
_FORMS = (
    block,
    bulk,
    cells,
    columns,
    copying,
    digests,
    feature,
    numerals,
    shapes,
    storing,
    survey,
    tables,
    tile,
)


@dataclass(frozen=True)
class Gathered:
    """The features of every layer in id order, the rows that were rejected, and what both were judged by.

    `rejected` are those of the reviewed files and of departments; an import tells its own when it is made.
    """

    features: Mapping[str, tuple[Feature, ...]]
    rejected: Mapping[str, tuple[Rejected, ...]]
    areas: Areas
    documents: Mapping[str, Document]


@dataclass(frozen=True)
class Report:
    """What a build published: the version, how many features each layer has, how long it took, and by the
    name of the import the rows that it left out."""

    version: str
    counts: Mapping[str, int]
    seconds: float
    left_out: Mapping[str, tuple[Rejected, ...]] = FrozenMapping({})

    def __str__(self) -> str:
        held = f"{sum(self.counts.values())} features in {len(self.counts)} layers"
        return f"data version {self.version}: {held}, {self.seconds:.1f} s"


def silent(_: str) -> None:
    """Progress that nobody follows."""


def build(
    store: Store,
    catalog: Catalog,
    *,
    folder: Path = read.SOURCES,
    declared: Sequence[Declared] = (),
    imports: Sequence[Kept] = (),
    progress: Progress = silent,
    advance: Callable[[int], None] = lambda _: None,
    ready: Callable[[], None] = lambda: None,
) -> Report:
    """Publish all layers of the catalog. Raises `RowsRejected` with every rejected row: nothing has changed.

    `advance` is told how many rows of files have been taken in, `ready` is called when all are stored and
    nothing is left but to let the version be seen.
    """
    started = time.monotonic()
    version = sources_version(catalog, folder=folder, declared=declared, imports=imports)
    intake, documents = _taken_in(catalog, folder, progress)
    streams = _streams(catalog, intake.areas, declared, imports, progress)
    refuse([one for rejected in intake.rejected().values() for one in rejected])
    publication = _Publication(catalog, intake, streams, advance)
    with store.publish() as connection:
        storing.begin(connection)
        counts = publication.store(partial(storing.store, connection), progress)
        refuse(publication.refused())
        with changes.before(store) as before:
            changes.record(before, connection, version, catalog.values())
        storing.finish(connection, version, _day(documents), map(_source, documents.values()))
        ready()
    return Report(
        version, FrozenMapping(counts), time.monotonic() - started, FrozenMapping(publication.left_out())
    )


def refuse(rejected: Sequence[Rejected]) -> None:
    """Stop when there is a rejected row."""
    if rejected:
        raise RowsRejected(rejected)


class RowsRejected(BadData):
    """Rows cannot be taken in, and so nothing is: a line for each of them, unless they are very many."""

    def __init__(self, rejected: Sequence[Rejected]) -> None:
        self.rejected = tuple(rejected)
        rows = "1 row" if len(rejected) == 1 else f"{len(rejected)} rows"
        reasons = [one.reason for one in rejected[:_TOLD]]
        if len(rejected) > _TOLD:
            reasons.append(f"… and {len(rejected) - _TOLD} more")
        listed = reasons[0] if len(rejected) == 1 else "\n  ".join(["", *reasons])
        super().__init__(f"{rows} rejected, nothing published", listed)


class _Publication:
    """The reviewed features and the files that are taken in while they are stored."""

    def __init__(
        self,
        catalog: Catalog,
        intake: _Intake,
        streams: Mapping[str, Sequence[Stream]],
        advance: Callable[[int], None],
    ) -> None:
        self._catalog, self._streams, self._advance = catalog, streams, advance
        self._features, self._taken = intake.features(), Taken(intake.seen)
        self._rejected: dict[Stream, list[Rejected]] = {}

    def store(self, write: Callable[[Layer, Iterable[Block]], int], progress: Progress) -> dict[str, int]:
        """Store every layer. Returns how many features each has."""
        counts: dict[str, int] = {}
        for layer in self._catalog.values():
            counts[layer.id] = write(layer, self._blocks(layer))
            progress(f"{layer.id}: {counts[layer.id]} features")
        return counts

    def _blocks(self, layer: Layer) -> Iterator[Block]:
        yield from storing.blocks(layer, self._features[layer.id])
        for stream in self._streams.get(layer.id, ()):
            rejected = self._rejected.setdefault(stream, [])
            yield from self._taken.blocks(stream, rejected, self._advance)

    def features(self, layer: Layer) -> Iterator[Feature]:
        """The features of a layer, one by one."""
        for part in self._blocks(layer):
            yield from part.features()

    def rejected(self) -> Iterator[tuple[str, list[Rejected]]]:
        """What was rejected, by the id of its layer."""
        for stream, many in self._rejected.items():
            yield stream.source.layer.id, many

    def refused(self) -> list[Rejected]:
        """The rows of files of which all must be good."""
        return [one for stream, many in self._rejected.items() if not stream.lenient for one in many]

    def left_out(self) -> dict[str, tuple[Rejected, ...]]:
        """The rows that were left out of those of which some may be bad, by the name of the file."""
        return {
            stream.name: tuple(many) for stream, many in self._rejected.items() if stream.lenient and many
        }


def _streams(
    catalog: Catalog,
    areas: Areas,
    declared: Sequence[Declared],
    imports: Sequence[Kept],
    progress: Progress,
) -> dict[str, list[Stream]]:
    """The files that are open now and taken in later, by the id of their layer."""
    found: dict[str, list[Stream]] = {}
    if not declared and not imports:
        return found
    # GDAL and the readers take a second to import, and most services have no such file.
    from etl import streams

    for one in declared:
        progress(f"reading {one.data.name}")
        found.setdefault(one.layer.id, []).append(streams.of_department(one, areas))
    for given in imports:
        progress(f"reading {given.name}")
        found.setdefault(given.layer, []).append(streams.of_import(given, catalog, areas))
    return found


def _source(document: Document) -> Source:
    return Source(document.id, document.title, document.issuer, document.date)


def _day(documents: Mapping[str, Document]) -> date | None:
    """The day of which the data tell: that of the newest plan or notice."""
    told = [one.date for one in documents.values() if one.kind is not DocumentKind.DATASET]
    return max(told, default=None)


def gather(
    catalog: Catalog,
    *,
    folder: Path = read.SOURCES,
    declared: Sequence[Declared] = (),
    imports: Sequence[Kept] = (),
    progress: Progress = silent,
) -> Gathered:
    """Read and conform everything, publish nothing. A layer without data has no features."""
    intake, documents = _taken_in(catalog, folder, progress)
    streams = _streams(catalog, intake.areas, declared, imports, progress)
    publication = _Publication(catalog, intake, streams, lambda _: None)
    features = {
        layer.id: tuple(sorted(publication.features(layer), key=lambda one: one.id))
        for layer in catalog.values()
    }
    rejected = dict(intake.rejected())
    for layer_id, many in publication.rejected():
        rejected[layer_id] = (*rejected[layer_id], *many)
    return Gathered(FrozenMapping(features), FrozenMapping(rejected), intake.areas, documents)


def _taken_in(catalog: Catalog, folder: Path, progress: Progress) -> tuple[_Intake, Mapping[str, Document]]:
    """The reviewed files, with what is drawn from them."""
    documents = read.documents(folder / "registry.toml")
    areas = Areas.from_rows(read.boundaries(folder / "base" / "districts.geojson"))
    intake = _Intake(catalog, areas)
    progress("reading boundaries and places")
    days = {document.id: document.date for document in documents.values()}
    for layer in catalog.values():
        intake.take(layer, _rows(folder, layer, days))
    progress("drawing the structure")
    _draw(intake, folder, documents)
    return intake, documents


def _rows(folder: Path, layer: Layer, days: Mapping[str, date]) -> Iterator[Row]:
    """The rows of the files that are named like the layer; there may be none."""
    drawn, listed = folder / "base" / f"{layer.id}.geojson", folder / "places" / f"{layer.id}.csv"
    told = folder / INDICATORS / f"{layer.id}.csv"
    if told.exists():
        yield from indicators.rows(told, days)
    if drawn.exists():
        yield from read.boundaries(drawn)
    if listed.exists():
        yield from read.table(listed, read.columns(layer))


def _draw(intake: _Intake, folder: Path, documents: Mapping[str, Document]) -> None:
    file = folder / "structure.toml"
    if not file.exists():
        return
    shapes = structure.declared(file.name, read.toml(file))
    # Seats of counties that GeoNames has kilometres off stand in a reviewed list of their own, which comes first.
    towns = read.towns(*(folder.parent / "gazetteer" / name for name in ("seats.csv", "towns.csv")))
    nodes = Nodes(intake.all_features(), towns, intake.areas)
    told = {f"place:{key}" for key in intake.rejected_keys()}
    for layer_id, row in structure.rows(shapes, nodes.find, documents):
        if isinstance(row, Rejected):
            # A node whose own row was rejected has been told where it stands.
            intake.take(
                _layer(intake.catalog, layer_id, row.row), [] if row.row.values["node"] in told else [row]
            )
        else:
            intake.take(_fitting(intake.catalog, layer_id, row), [row])


def _layer(catalog: Catalog, layer_id: str, row: Row) -> Layer:
    if layer_id not in catalog:
        raise BadData(row.where, f"layer={layer_id!r}: expected one of {', '.join(catalog)}")
    return catalog[layer_id]


def _fitting(catalog: Catalog, layer_id: str, row: Row) -> Layer:
    layer = _layer(catalog, layer_id, row)
    known = {"id", *(field.name for field in layer.all_fields)}
    for name in row.values.keys() - known:
        raise BadData(row.where, f"{layer_id} has no field {name!r}")
    return layer


class _Intake:
    """Takes rows in, layer by layer, and keeps what became of them."""

    def __init__(self, catalog: Catalog, areas: Areas) -> None:
        self.catalog, self.areas = catalog, areas
        self.seen: dict[tuple[str, str], str] = {}
        self._features: dict[str, list[Feature]] = {layer_id: [] for layer_id in catalog}
        self._rejected: dict[str, list[Rejected]] = {layer_id: [] for layer_id in catalog}

    def take(self, layer: Layer, rows: Iterable[Row | Rejected]) -> None:
        for one in conform(layer, unique(rows, layer.id, self.seen), self.areas):
            if isinstance(one, Rejected):
                self._rejected[layer.id].append(one)
            else:
                self._features[layer.id].append(one)

    def rejected_keys(self) -> set[str]:
        return {str(one.row.values.get("key")) for many in self._rejected.values() for one in many}

    def all_features(self) -> Iterator[Feature]:
        for features in self._features.values():
            yield from features

    def features(self) -> Mapping[str, tuple[Feature, ...]]:
        by_id = {name: sorted(found, key=lambda one: one.id) for name, found in self._features.items()}
        return FrozenMapping({name: tuple(found) for name, found in by_id.items()})

    def rejected(self) -> Mapping[str, tuple[Rejected, ...]]:
        return FrozenMapping({name: tuple(found) for name, found in self._rejected.items()})


def sources_version(
    catalog: Catalog,
    *,
    folder: Path = read.SOURCES,
    declared: Sequence[Declared] = (),
    imports: Sequence[Kept] = (),
) -> str:
    """The name of the version that a build of these sources would publish: 12 hexadecimal digits.

    It differs when a data file, a declaration, or the code that makes features differs. The data of
    departments may be large and count by size and time of change.
    """
    digest = hashlib.sha256()
    for file in (
        *_files(folder),
        *_files(folder.parent / "gazetteer"),
        *sorted(_HERE.glob("*.py")),
        *sorted((_HERE / "importing").glob("*.py")),
        *(Path(m.__file__ or "") for m in _FORMS),
    ):
        digest.update(f"\0{file.name}\0".encode())
        digest.update(file.read_bytes())
    digest.update(repr(tuple(catalog.values())).encode())
    for one in declared:
        stat = one.data.stat()
        seen = (one.layer.id, one.data.name, one.data_layer, stat.st_size, stat.st_mtime_ns)
        digest.update(repr(seen).encode())
    for given in imports:
        digest.update(repr(given.version).encode())
    return digest.hexdigest()[:12]


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())
