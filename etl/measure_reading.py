"""How much of what a careful reader finds the extraction finds, how much of it is false, what is said right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from etl import read
from etl.decisions import Decisions
from etl.lexicon import Lexicon
from etl.mentions import Candidate
from etl.proposals import find
from etl.text.model import Text
from gis.errors import BadData
from gis.frozen import FrozenMapping
from gis.layer import Catalog

_COLUMNS = ("key", "name", "aliases", "layer", "kind", "city", "status", "level", "sources")


@dataclass(frozen=True)
class Place:
    """A place as the careful reader has it; `sources` are `document#section@line`."""

    key: str
    names: tuple[str, ...]
    layer: str
    kind: str
    city: str
    status: str
    level: str
    sources: tuple[str, ...]

    @property
    def documents(self) -> frozenset[str]:
        """The documents that name it."""
        return frozenset(source.partition("#")[0] for source in self.sources)


@dataclass(frozen=True)
class Measure:
    """The comparison of candidates with a careful reading.

    `split` are places that were found as several things, `lumped` candidates that are several places; neither
    counts as false.
    """

    document: str
    places: int
    candidates: int
    missed: tuple[Place, ...]
    false: tuple[Candidate, ...]
    split: tuple[Place, ...]
    lumped: tuple[Candidate, ...]
    wrong_kind: tuple[tuple[Place, Candidate], ...]
    wrong_city: tuple[tuple[Place, Candidate], ...]
    mentions: int
    mentions_found: int

    @property
    def recall(self) -> float:
        """The share of the reader's places that were found."""
        return 1 - len(self.missed) / self.places if self.places else 1.0

    @property
    def false_share(self) -> float:
        """The share of the candidates that are no place of the reader's."""
        return len(self.false) / self.candidates if self.candidates else 0.0

    @property
    def kind_share(self) -> float:
        """The share of the places found whose layer and kind are right."""
        return self._right(len(self.wrong_kind))

    @property
    def city_share(self) -> float:
        """The share of the places found whose city is right."""
        return self._right(len(self.wrong_city))

    def _right(self, wrong: int) -> float:
        found = self.places - len(self.missed)
        return 1 - wrong / found if found else 1.0

    def __str__(self) -> str:
        head = (
            f"{self.document}: {self.places - len(self.missed)} of {self.places} places ({self.recall:.1%}), "
            f"{len(self.false)} false of {self.candidates} ({self.false_share:.1%}), kind right {self.kind_share:.1%}, "
            f"city right {self.city_share:.1%}; {self.mentions_found} of {self.mentions} mentions"
        )
        return "\n".join([head, *(f"  {line}" for line in self._details())])

    def _details(self) -> Iterator[str]:
        yield from (f"missed: {one.names[0]} ({one.key}) {' '.join(one.sources)}" for one in self.missed)
        yield from (f"false: {one.name} {one.mentions[0].locator}" for one in self.false)
        yield from (f"found as several: {one.names[0]} ({one.key})" for one in self.split)
        yield from (f"several in one: {'、'.join(one.names)}" for one in self.lumped)
        for place, one in self.wrong_kind:
            yield f"kind: {one.name}: {one.layer}/{one.kind}, expected {place.layer}/{place.kind}"
        for place, one in self.wrong_city:
            yield f"city: {one.name}: {one.city}, expected {place.city}"


def reading(file: Path) -> tuple[Place, ...]:
    """The careful reading kept in a CSV file. Raises `BadData` when two places have one key."""
    places: dict[str, Place] = {}
    for row in read.table(file, _COLUMNS):
        values = {name: str(value) for name, value in row.values.items()}
        if values["key"] in places:
            raise BadData(row.where, f"key={values['key']!r}: another place has this key")
        names = tuple(name for name in (values["name"], *values["aliases"].split("|")) if name)
        places[values["key"]] = Place(
            values["key"],
            names,
            values["layer"],
            values["kind"],
            values["city"],
            values["status"],
            values["level"],
            tuple(values["sources"].split("|")),
        )
    return tuple(places.values())


def measures(
    texts: Sequence[Text],
    places: Sequence[Place],
    catalog: Catalog,
    words: Lexicon,
    *,
    folder: Path = read.SOURCES,
) -> Iterator[Measure]:
    """What is found in each document by itself and in all together, before anybody has decided about it."""
    registry = read.documents(folder / "registry.toml")
    nothing = Decisions(FrozenMapping({}), FrozenMapping({}))
    for some in (*((text,) for text in texts), tuple(texts)):
        found = find(some, catalog, words, registry=registry, decided=nothing)
        yield measure(some[0].id if len(some) == 1 else "", found.candidates, places, words)


def measure(
    document: str, candidates: Sequence[Candidate], places: Sequence[Place], words: Lexicon
) -> Measure:
    """Compare the candidates of a document ("" for all documents together) with the reader's places.

    A candidate is a place when they have a name in common, as `Lexicon.comparable` writes it.
    """
    by_name = {words.comparable(name): place for place in reversed(places) for name in place.names}
    wanted = [place for place in places if not document or document in place.documents]
    found: dict[str, list[Candidate]] = {}
    false, lumped = [], []
    for one in candidates:
        keys = {by_name[name].key for name in map(words.comparable, one.names) if name in by_name}
        false += [one] if not keys else []
        lumped += [one] if len(keys) > 1 else []
        for key in keys:
            found.setdefault(key, []).append(one)
    pairs = [(place, found[place.key][0]) for place in wanted if place.key in found]
    sources = list(_sections(wanted, document))
    return Measure(
        document or "all documents",
        len(wanted),
        len(candidates),
        tuple(place for place in wanted if place.key not in found),
        tuple(false),
        tuple(place for place in wanted if len(found.get(place.key, ())) > 1),
        tuple(lumped),
        tuple((place, one) for place, one in pairs if (one.layer, one.kind) != (place.layer, place.kind)),
        tuple((place, one) for place, one in pairs if str(one.city) != place.city),
        len(sources),
        sum(any(source in one.sources for one in found.get(key, ())) for key, source in sources),
    )


def _sections(places: Iterable[Place], document: str) -> Iterator[tuple[str, str]]:
    """Each section in which the reader has a place, once."""
    for place in places:
        for section in dict.fromkeys(source.rpartition("@")[0] for source in place.sources):
            if not document or section.startswith(f"{document}#"):
                yield place.key, section
