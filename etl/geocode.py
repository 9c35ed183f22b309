"""Placing a name or an address: a chain of geocoders, and what its members disagree about.

The order is that of trust: reviewed sites, the host's campus, services where some are set up, towns and
localities, the district, the city. The best-known answer counts that lies in the area asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from etl import read
from etl.areas import Areas
from etl.geocoders import online
from etl.geocoders.base import LONGEST, RANK, Geocoder, Placed, Sought, beyond_m
from etl.geocoders.offline import Campus, City, Curated, District, Localities
from etl.lexicon import Lexicon, lexicon
from etl.measure import to_metres
from gis.adcodes import CITIES, city_of
from gis.config import Settings
from gis.feature import Feature, Precision

# An answer at least so well known is not improved by asking further.
_ENOUGH = RANK[Precision.CAMPUS]
# Districts and cities give their names to roads elsewhere: 黄石路 is in 武汉.
_ROAD = re.compile(r"[东西南北中一二三四五六七八九十]?(?:路|街(?!道)|大道|巷)")


@dataclass(frozen=True)
class Disagreement:
    """Two answers that cannot both be right: `metres` more lie between them than their radii allow."""

    first: Placed
    second: Placed
    metres: float

    def __str__(self) -> str:
        one, other = (
            f"{answer.by} {answer.name} ({answer.precision}, ±{answer.radius_m:.0f} m)"
            for answer in (self.first, self.second)
        )
        return f"{one} and {other} lie {self.metres / 1000:.1f} km farther apart than that allows"


@dataclass(frozen=True)
class Answers:
    """What all members of a chain answered, in its order, and which answers contradict each other."""

    answers: tuple[Placed, ...]
    best: Placed | None
    disagreements: tuple[Disagreement, ...]


class Chain:
    """Geocoders in the order of trust."""

    def __init__(self, members: Sequence[Geocoder], areas: Areas, words: Lexicon, curated: Curated) -> None:
        self.members = tuple(members)
        self._areas, self._words, self._curated = areas, words, curated
        self._planes: dict[int, BaseGeometry] = {}

    def offline(self) -> Chain:
        """The chain without the members that ask a service."""
        members = [member for member in self.members if not isinstance(member, online.Online)]
        return Chain(members, self._areas, self._words, self._curated)

    def find(
        self, text: str, *, city: int | None = None, district: int | None = None, host: str | None = None
    ) -> Placed | None:
        """The place of a name or an address, None when not even its city is known.

        Members are asked until one knows the campus or better. Raises `GeocoderError` when a service fails.
        """
        sought = self.completed(Sought(text, city, district, host or ""))
        answers: list[Placed] = []
        for answer in self._ask(sought):
            answers.append(answer)
            if self._fits(answer, sought) and RANK[answer.precision] <= _ENOUGH:
                break
        return self._best(answers, sought)

    def ask(self, sought: Sought) -> Answers:
        """What every member answers, and where they disagree. Raises `GeocoderError` when a service fails."""
        completed = self.completed(sought)
        answers = tuple(self._ask(completed))
        return Answers(answers, self._best(answers, completed), tuple(disagreements(answers)))

    def completed(self, sought: Sought) -> Sought:
        """What is sought, with the city and the district that its text tells; a text too long tells nothing."""
        if len(sought.text) > LONGEST:
            return replace(sought, text="")
        codes = [code for code in self._codes(sought.text) if sought.city in (None, city_of(code))]
        city = sought.city or (city_of(sought.district) if sought.district else None)
        if city is None and codes:
            city = city_of(codes[0])
        told = [code for code in codes if code not in CITIES and city_of(code) == city]
        return replace(sought, city=city, district=sought.district or (told[-1] if told else None))

    def _codes(self, text: str) -> Iterator[int]:
        """The areas that a text names, not counting those in the names of institutions and roads."""
        rest = next((rest for _, rest in self._curated.within(text)), text)
        for found in self._words.place.finditer(rest):
            if not _ROAD.match(rest, found.end()):
                yield self._words.codes[found.group()]

    def _ask(self, sought: Sought) -> Iterator[Placed]:
        for member in self.members:
            answer = member.find(sought)
            if answer:
                yield answer

    def _best(self, answers: Iterable[Placed], sought: Sought) -> Placed | None:
        fitting = [answer for answer in answers if self._fits(answer, sought)]
        return min(fitting, key=lambda one: RANK[one.precision], default=None)

    def _fits(self, answer: Placed, sought: Sought) -> bool:
        """Whether an answer can lie in the area that is known."""
        if answer.extent is not None or sought.area is None or sought.area not in self._areas:
            return True
        return bool(shapely.dwithin(self._plane(sought.area), to_metres(answer.geometry), answer.radius_m))

    def _plane(self, code: int) -> BaseGeometry:
        """An area in metres, made once: many questions are about the same few."""
        if code not in self._planes:
            self._planes[code] = to_metres(self._areas.area(code))
            shapely.prepare(self._planes[code])
        return self._planes[code]


class Witnesses:
    """What else tells where reviewed places are: their hosts, and the towns that names and evidence name."""

    def __init__(self, features: Iterable[Feature], folder: Path = read.SOURCES) -> None:
        """Over reviewed features and the gazetteer beside a folder. Raises `BadData` for a broken gazetteer."""
        words = lexicon()
        self._campus = Campus(Curated(features, words), words)
        self._localities = Localities.from_folder(folder.parent / "gazetteer", words)

    def against(self, feature: Feature) -> Iterator[tuple[str, Disagreement]]:
        """The field that tells another place than a reviewed point's, and what it tells.

        What is placed no better than its district is contradicted by nothing.
        """
        row = _reviewed(feature)
        if row is None:
            return
        told = feature.properties
        city = told["city"] if isinstance(told["city"], int) else None
        host = self._campus.beside(
            Sought(row.name, city, None, str(told["host"] or "")), without=str(told["key"])
        )
        named = [("host", host)] if host else []
        for field in ("name", "position_source"):
            text = Sought(str(told[field] or ""), city)
            named += [(field, locality) for locality in self._localities.named(text)]
        for field, witness in named:
            yield from ((field, one) for one in disagreements((row, witness)))


def _reviewed(feature: Feature) -> Placed | None:
    """A reviewed point as an answer among others, None for one no better known than its district."""
    told, radius = feature.properties, feature.properties["radius_m"]
    precision = Precision(str(told["precision"]))
    if RANK[precision] >= RANK[Precision.DISTRICT] or not isinstance(feature.geometry, shapely.Point):
        return None
    if not isinstance(radius, float):
        return None
    source = str(told["position_source"] or "")
    return Placed("reviewed", str(told["name"]), feature.geometry, precision, radius, source)


def disagreements(answers: Iterable[Placed]) -> Iterator[Disagreement]:
    """The pairs of answers that lie farther apart than their radii allow."""
    for first, second in combinations(answers, 2):
        metres = beyond_m(first, second)
        if metres > 0:
            yield Disagreement(first, second, metres)


def chain(
    settings: Settings, areas: Areas, features: Iterable[Feature], *, folder: Path = read.SOURCES
) -> Chain:
    """The chain over reviewed features, the services of the settings, and the gazetteer beside the sources.

    No service is asked unless the settings list one. Raises `BadData` for a broken gazetteer.
    """
    words = lexicon()
    curated = Curated(features, words)
    campus, localities = Campus(curated, words), Localities.from_folder(folder.parent / "gazetteer", words)
    services = online.geocoders(settings)
    return Chain(
        (curated, campus, *services, localities, District(areas), City(areas)), areas, words, curated
    )
