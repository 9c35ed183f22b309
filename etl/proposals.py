"""What documents name, beside what has been reviewed: what is new, what differs, what is no longer named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from etl import read
from etl.decisions import Decisions, Rejection, decisions
from etl.extract import Extractor
from etl.geocode import Answers, Chain
from etl.geocoders.base import Sought
from etl.lexicon import Lexicon
from etl.mentions import Candidate, Mention, PassedOver
from etl.merge import Merger
from etl.records import Document
from etl.text.model import Text
from etl.text.reader import read as read_document
from gis.adcodes import CITIES
from gis.errors import BadData, GeocoderError
from gis.feature import Feature
from gis.frozen import FrozenMapping
from gis.layer import Catalog, Geometry, Recognise

_SUFFIXES = frozenset((".txt", ".docx", ".pdf", ".html", ".htm", ".xhtml"))
# Fields of a reviewed place about which a document that is new to it may say something else.
_COMPARED = ("kind", "city", "status", "level")


@dataclass(frozen=True)
class Extraction:
    """What was read and found. `rejected` are candidates that people have decided against."""

    texts: tuple[Text, ...] = field(repr=False)
    candidates: tuple[Candidate, ...]
    rejected: tuple[tuple[Candidate, Rejection], ...]
    passed: tuple[PassedOver, ...] = field(repr=False)


@dataclass(frozen=True)
class Reviewed:
    """A place of the reviewed files, with its feature and the names by which documents may call it."""

    layer: str
    feature: Feature
    spellings: frozenset[str]

    def __getitem__(self, name: str) -> object:
        return self.feature.properties[name]

    @property
    def sources(self) -> tuple[str, ...]:
        """Each `document#section` that names it."""
        return tuple(str(self["source"]).split("|"))

    @property
    def documents(self) -> frozenset[str]:
        """The documents that name it."""
        return frozenset(source.partition("#")[0] for source in self.sources)


@dataclass(frozen=True)
class Change:
    """What a document says of a reviewed place that its row does not."""

    place: Reviewed
    candidate: Candidate
    field: str
    reviewed: str
    proposed: str


@dataclass(frozen=True)
class Diff:
    """What documents would add to the reviewed places, change in them, or name no longer."""

    adds: tuple[Candidate, ...]
    changes: tuple[Change, ...]
    gone: tuple[tuple[Reviewed, str], ...]
    found: tuple[tuple[Reviewed, Candidate], ...]
    positions: Mapping[Candidate, Answers] = field(default_factory=lambda: FrozenMapping({}))

    def __str__(self) -> str:
        lines: list[str] = []
        for one in self.adds:
            lines.append(f"+ {one.name}  [{one.layer}/{one.kind}, {one.city}]  {' '.join(one.sources)}")
            lines += self._position(one)
        for change in self.changes:
            told = f"{change.field}: {change.reviewed or '(none)'} → {change.proposed}"
            lines.append(f"~ {change.place['key']}  {told}  {' '.join(change.candidate.sources)}")
        lines += [
            f"- {place['key']}  {place['name']}: not named in {document}" for place, document in self.gone
        ]
        counts = f"{len(self.adds)} new, {len(self.changes)} changes, {len(self.gone)} no longer named"
        return "\n".join([*lines, f"{counts}; {len(self.found)} reviewed places found"])

    def _position(self, one: Candidate) -> Iterator[str]:
        """Where the geocoders would put a candidate, and where they disagree."""
        if one in self.positions:
            answers = self.positions[one]
            yield f"    at {answers.best or 'no place'}"
            yield from (f"    ? {doubt}" for doubt in answers.disagreements)


def files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The documents named by paths, of a folder all that it holds. Raises `BadData` when there is none."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(one for one in path.glob("*") if one.suffix.lower() in _SUFFIXES and one.is_file())
        if path.is_dir() and not inside:
            raise BadData(str(path), f"holds no document: expected {', '.join(sorted(_SUFFIXES))}")
        found += inside if path.is_dir() else [path]
    return tuple(found)


def extract(
    paths: Iterable[Path], catalog: Catalog, words: Lexicon, *, folder: Path = read.SOURCES
) -> Extraction:
    """Read the documents and find the places that they name, less those decided against.

    Raises `BadData` for a document that cannot be read.
    """
    registry = read.documents(folder / "registry.toml")
    texts = tuple(read_document(file, registry) for file in files(paths))
    return find(texts, catalog, words, registry=registry, decided=decisions(folder, words))


def find(
    texts: Sequence[Text],
    catalog: Catalog,
    words: Lexicon,
    *,
    registry: Mapping[str, Document],
    decided: Decisions,
) -> Extraction:
    """The places that texts name: candidates, and those of them that people have decided against."""
    extractor, merger = Extractor(catalog, words), Merger(catalog, words)
    named = [one for text in texts for one in extractor.mentions(text, home=home(text, registry, words))]
    candidates = merger.candidates(one for one in named if isinstance(one, Mention))
    against = {candidate: decided.rejection(candidate, words) for candidate in candidates}
    return Extraction(
        tuple(texts),
        tuple(one for one in candidates if not against[one]),
        tuple((one, why) for one, why in against.items() if why),
        tuple(one for one in named if isinstance(one, PassedOver)),
    )


def home(text: Text, registry: Mapping[str, Document], words: Lexicon) -> int | None:
    """The city or province that a document is about, as its title tells; None when it tells none."""
    document = registry.get(text.id)
    titles = [document.title] if document else [one.text for one in text.paragraphs[:3]]
    for title in titles:
        cities = [code for _, code in words.places(title) if code in CITIES]
        if cities:
            return cities[-1]
        if "湖北省" in title:
            return 420000
    return None


def reviewed(
    features: Mapping[str, Iterable[Feature]], catalog: Catalog, words: Lexicon
) -> tuple[Reviewed, ...]:
    """The placed things of the layers that say by which words documents name their features."""
    found = []
    for layer_id, many in features.items():
        layer = catalog[layer_id]
        if layer.geometry is not Geometry.POINT or layer.recognise == Recognise():
            continue
        for feature in many:
            names = [str(feature.properties["name"]), *str(feature.properties["aliases"] or "").split("|")]
            spellings = frozenset(words.comparable(name) for name in names if name)
            found.append(Reviewed(layer_id, feature, spellings))
    return tuple(found)


def compare(extraction: Extraction, places: Sequence[Reviewed], decided: Decisions, words: Lexicon) -> Diff:
    """What documents say beside what has been reviewed; what people have settled is left out."""
    by_name = {spelling: place for place in reversed(places) for spelling in place.spellings}
    adds: list[Candidate] = []
    found: list[tuple[Reviewed, Candidate]] = []
    for candidate in extraction.candidates:
        places_named = (by_name.get(words.comparable(name)) for name in candidate.names)
        place = next((one for one in places_named if one), None)
        if place:
            found.append((place, candidate))
        else:
            adds.append(candidate)
    changes = tuple(
        change for place, candidate in found for change in _changes(place, candidate, decided, words)
    )
    gone = tuple(_gone(extraction, places, [place for place, _ in found], decided))
    return Diff(tuple(adds), changes, gone, tuple(found))


def _changes(place: Reviewed, candidate: Candidate, decided: Decisions, words: Lexicon) -> Iterator[Change]:
    """Only a document that the place does not name yet proposes changes; the others have been reviewed."""
    fresh = [source for source in candidate.sources if source.partition("#")[0] not in place.documents]
    fresh = [
        one for one in fresh if not decided.is_settled(str(place["key"]), one.partition("#")[0], "source")
    ]
    if not fresh:
        return
    yield Change(place, candidate, "source", "", "|".join(fresh))
    for name in candidate.names:
        if words.comparable(name) not in place.spellings:
            yield Change(place, candidate, "aliases", str(place["aliases"] or ""), name)
    for name in _COMPARED:
        said, kept = getattr(candidate, name), place[name]
        if said and said != kept and (name != "kind" or candidate.layer == place.layer):
            yield Change(place, candidate, name, str(kept or ""), str(said))


def _gone(
    extraction: Extraction, places: Sequence[Reviewed], found: Sequence[Reviewed], decided: Decisions
) -> Iterator[tuple[Reviewed, str]]:
    seen = {place.feature.properties["key"] for place in found}
    for place in places:
        for text in extraction.texts:
            named = text.id in place.documents and place["key"] not in seen
            if named and not decided.is_settled(str(place["key"]), text.id, "named"):
                yield place, text.id


def positions(
    candidates: Iterable[Candidate], chain: Chain, warn: Callable[[str], None]
) -> Mapping[Candidate, Answers]:
    """What geocoders answer for candidates. A service that fails is told once and not asked any more."""
    found = {}
    for one in candidates:
        sought = Sought(one.name, one.city, one.district, one.host)
        try:
            found[one] = chain.ask(sought)
        except GeocoderError as error:
            warn(f"{error} Going on without geocoding services.")
            chain = chain.offline()
            found[one] = chain.ask(sought)
    return FrozenMapping(found)
