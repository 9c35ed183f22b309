"""Geocoders that need no network: reviewed sites, the campus of the host, towns and localities, areas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from shapely import Point

from etl import read
from etl.areas import Areas
from etl.geocoders.base import RANK, Placed, Sought, beyond_m
from etl.lexicon import Lexicon
from etl.records import Row
from gis.adcodes import CITIES, DISTRICTS, city_of
from gis.errors import BadData
from gis.feature import Feature, Precision

SEATS, TOWNS, LOCALITIES = "seats.csv", "towns.csv", "localities.csv"
LOCALITY_COLUMNS = ("name_zh", "aliases", "district", "lon", "lat", "precision", "radius_m", "evidence")

_HOSTS = re.compile(r"[、，,;；]|等$")
# What makes of an institution's or a town's name the name of a road, a station or a bridge.
_WAY = re.compile(r"(?:[东西南北中]|[一二三四五六七八九十])?(?:路|街(?!道)|大道|站|桥|巷)")
_TOWN_ENDS = "镇|乡|街道|农场|办事处|开发区|经开区|工业园"
_LEAST_NAME = 4  # characters by which an institution is recognised inside another text
_LEAST_BARE = 3  # characters by which a town is recognised without 镇, 乡 or 街道
_HOST_RADIUS_M = 300.0
_SEAT_RADIUS_M = 3000.0
_DOUBTFUL_RADIUS_M = 8000.0
_TOWN_RADIUS_M = 4000.0


# --- reviewed places ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """A reviewed place that is known better than by its district."""

    key: str
    name: str
    city: object
    point: Point
    precision: Precision
    radius_m: float
    evidence: str


class Curated:
    """The reviewed places by their names and aliases, each with its evidence."""

    id = "curated"

    def __init__(self, features: Iterable[Feature], words: Lexicon) -> None:
        self._words = words
        self._by_name: dict[str, list[Known]] = {}
        for feature in features:
            known = _known(feature)
            if known:
                names = [known.name, *str(feature.properties["aliases"] or "").split("|")]
                for name in {words.comparable(name) for name in names} - {""}:
                    self._by_name.setdefault(name, []).append(known)
        institutions = sorted(filter(self._tells_itself, self._by_name), key=len, reverse=True)
        self._inside = re.compile("|".join(map(re.escape, institutions)) or r"(?!)")

    def find(self, sought: Sought) -> Placed | None:
        """The reviewed place of this name, None when none or several are called so in the city."""
        known = self._one(self._by_name.get(self._words.comparable(sought.text), ()), sought.city)
        if known is None:
            return None
        return _placed(self.id, known, known.precision, known.radius_m, f"已审定：{known.name}")

    def called(self, name: str, city: int | None, *, without: str = "") -> Known | None:
        """The one place of a name in a city (or anywhere, for None), leaving out that with a key."""
        many = self._by_name.get(self._words.comparable(name), ())
        return self._one([one for one in many if one.key != without], city)

    def within(self, text: str) -> Iterator[tuple[str, str]]:
        """The institutions named in a text, each with the text without it."""
        plain = self._words.comparable(text)
        for found in self._inside.finditer(plain):
            if not _WAY.match(plain, found.end()):
                yield found.group(), plain[: found.start()] + plain[found.end() :]

    def _tells_itself(self, name: str) -> bool:
        precise = (Precision.SITE, Precision.CAMPUS)
        many = self._by_name[name]
        return len(name) >= _LEAST_NAME and all(one.precision in precise for one in many)

    @staticmethod
    def _one(many: Iterable[Known], city: int | None) -> Known | None:
        there = [one for one in many if city is None or one.city == city]
        return there[0] if len({one.point.wkb for one in there}) == 1 else None


def _known(feature: Feature) -> Known | None:
    told, radius = feature.properties, feature.properties["radius_m"]
    precision = Precision(str(told["precision"]))
    if RANK[precision] >= RANK[Precision.DISTRICT] or told["visibility"] != "public":
        return None
    if not isinstance(feature.geometry, Point) or not isinstance(radius, float):
        return None
    evidence = str(told["position_source"] or "")
    name = str(told["name"])
    return Known(str(told["key"]), name, told["city"], feature.geometry, precision, radius, evidence)


def _placed(by: str, known: Known, precision: Precision, radius_m: float, why: str) -> Placed:
    source = f"{why}；{known.evidence}" if known.evidence else why
    return Placed(by, known.name, known.point, precision, radius_m, source)


class Campus:
    """The ground of the organisation that bears a thing, or in whose name the thing's name begins."""

    id = "campus"

    def __init__(self, curated: Curated, words: Lexicon) -> None:
        self._curated, self._words = curated, words

    def find(self, sought: Sought) -> Placed | None:
        """The host's ground; None when it is not known, or when several hosts lie apart."""
        return self.beside(sought, without="")

    def beside(self, sought: Sought, *, without: str) -> Placed | None:
        """The same, with a reviewed place (by its key) not taken for its own host."""
        names = [name for name in _HOSTS.split(sought.host) if name]
        hosts = [self._curated.called(name, sought.city, without=without) for name in names]
        found = [_on_ground(host) for host in hosts if host]
        if not found and not names:
            found = [_on_ground(host) for host in self._named(sought)]
        agree = all(beyond_m(found[0], other) == 0 for other in found[1:])
        return found[0] if found and agree else None

    def _named(self, sought: Sought) -> Iterator[Known]:
        """The institution in a name, unless the rest of the name tells another place."""
        for name, rest in self._curated.within(sought.text):
            host = self._curated.called(name, sought.city)
            elsewhere = (
                any(city_of(code) != host.city for _, code in self._words.places(rest)) if host else True
            )
            if host and not elsewhere:
                yield host
                return


def _on_ground(host: Known) -> Placed:
    precision = max(host.precision, Precision.CAMPUS, key=RANK.__getitem__)
    radius = max(host.radius_m, _HOST_RADIUS_M)
    return _placed(Campus.id, host, precision, radius, f"依托单位所在：{host.name}")


# --- towns and localities -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Locality:
    """A town, a street, a park: a name by which addresses tell where something is."""

    names: tuple[str, ...]
    bare: bool
    district: int
    point: Point
    precision: Precision
    radius_m: float
    evidence: str


class Localities:
    """The towns of the gazetteer and the reviewed localities, recognised inside names and addresses."""

    id = "locality"

    def __init__(self, localities: Iterable[_Locality], words: Lexicon) -> None:
        self._words = words
        self._by_spelling: dict[str, list[_Locality]] = {}
        for one in localities:
            for spelling in _spellings(one):
                self._by_spelling.setdefault(words.comparable(spelling), []).append(one)
        longest = sorted(self._by_spelling, key=len, reverse=True)
        self._any = re.compile("|".join(map(re.escape, longest)) or r"(?!)")

    @classmethod
    def from_folder(cls, folder: Path, words: Lexicon) -> Localities:
        """Those of the gazetteer's files. Raises `BadData` for a row that cannot be read."""
        return cls(
            [*_localities(folder / LOCALITIES), *_seats(folder / SEATS), *_towns(folder / TOWNS)], words
        )

    def find(self, sought: Sought) -> Placed | None:
        """The closest locality named in the text, in the area that is known."""
        named = list(self.named(sought))
        return min(named, key=lambda one: (RANK[one.precision], one.radius_m)) if named else None

    def named(self, sought: Sought) -> Iterator[Placed]:
        """All localities named in the text that lie in the area, as they come."""
        plain = self._words.comparable(sought.text)
        for found in self._any.finditer(plain):
            there = [one for one in self._by_spelling[found.group()] if _lies_in(one.district, sought.area)]
            if len({one.district for one in there}) == 1 and not _WAY.match(plain, found.end()):
                yield _at(there[0], found.group())


def _lies_in(district: int, area: int | None) -> bool:
    return area is None or area in (district, city_of(district))


def _at(one: _Locality, spelling: str) -> Placed:
    return Placed(
        Localities.id,
        one.names[0],
        one.point,
        one.precision,
        one.radius_m,
        f"地名“{spelling}”：{one.evidence}",
    )


def _spellings(one: _Locality) -> Iterator[str]:
    """The names by which a locality is recognised: a short one of a town only with 镇, 乡, 街道 after it."""
    for name in one.names:
        if one.bare or len(name) >= _LEAST_BARE or name.endswith(tuple(_TOWN_ENDS.split("|"))):
            yield name
        else:
            yield from (name + end for end in _TOWN_ENDS.split("|"))


def _localities(file: Path) -> Iterator[_Locality]:
    for row in read.table(file, LOCALITY_COLUMNS):
        precision = str(row.values["precision"])
        if precision not in (Precision.CAMPUS, Precision.STREET, Precision.TOWN):
            raise BadData(row.where, f"precision={precision!r}: expected campus, street or town")
        names = (str(row.values["name_zh"]), *filter(None, str(row.values["aliases"]).split("|")))
        point, radius = _point(row), _number(row, "radius_m")
        evidence = str(row.values["evidence"])
        yield _Locality(names, True, _district(row), point, Precision(precision), radius, evidence)


def _seats(file: Path) -> Iterator[_Locality]:
    for row in read.table(file, ("name_zh", "district", "lon", "lat", "evidence")):
        yield _town(row, (str(row.values["name_zh"]),), _SEAT_RADIUS_M, str(row.values["evidence"]))


def _towns(file: Path) -> Iterator[_Locality]:
    for row in read.table(file, ("name_zh", "district", "lon", "lat"), more=True):
        name, aliases = str(row.values["name_zh"]), str(row.values.get("aliases") or "")
        areas = {title for title, _ in (*CITIES.values(), *DISTRICTS.values())}
        areas |= {title[:-1] for title in areas}
        names = tuple(one for one in (name, *aliases.split("|")) if one and one not in areas)
        doubt = str(row.values.get("suspect") or "")
        evidence = f"GeoNames {row.values.get('geonameid', '')}".strip() + (f"，{doubt}" if doubt else "")
        if names:
            yield _town(row, names, _DOUBTFUL_RADIUS_M if doubt else _TOWN_RADIUS_M, evidence)


def _town(row: Row, names: tuple[str, ...], radius_m: float, evidence: str) -> _Locality:
    return _Locality(names, False, _district(row), _point(row), Precision.TOWN, radius_m, evidence)


def _district(row: Row) -> int:
    code = str(row.values["district"])
    if not code.isdecimal() or int(code) not in DISTRICTS:
        raise BadData(row.where, f"district={code!r}: expected the adcode of a district")
    return int(code)


def _point(row: Row) -> Point:
    return Point(_number(row, "lon"), _number(row, "lat"))


def _number(row: Row, name: str) -> float:
    try:
        return float(str(row.values[name]))
    except ValueError:
        raise BadData(row.where, f"{name}={row.values[name]!r}: expected a number") from None


# --- areas --------------------------------------------------------------------------------------------


class District:
    """The district that is known, by the point that stands for it."""

    id = "district"

    def __init__(self, areas: Areas) -> None:
        self._areas = areas

    def find(self, sought: Sought) -> Placed | None:
        """The whole district."""
        return _area(self.id, self._areas, sought.district, Precision.DISTRICT)


class City:
    """The city that is known, by the point that stands for it."""

    id = "city"

    def __init__(self, areas: Areas) -> None:
        self._areas = areas

    def find(self, sought: Sought) -> Placed | None:
        """The whole city."""
        return _area(self.id, self._areas, sought.city, Precision.CITY)


def _area(by: str, areas: Areas, code: int | None, precision: Precision) -> Placed | None:
    if code is None or code not in areas:
        return None
    spot, name = areas.spot(code), {**CITIES, **DISTRICTS}[code][0]
    point = Point(spot.lon, spot.lat)
    return Placed(by, name, point, precision, spot.radius_m, f"{name}的代表点", areas.area(code))
