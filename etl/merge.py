"""Mentions → candidates: what is one thing under several names, in one document and over all of them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TypeVar

from etl.judge import BARE, CLASSED
from etl.lexicon import Lexicon
from etl.mentions import Candidate, Mention
from gis.adcodes import CITIES, DISTRICTS
from gis.layer import Catalog

_T = TypeVar("_T")
_AREAS = "|".join(
    f"{name}|{name[:-1]}(?=.{{4}})" if len(name) > 2 else name
    for name, _ in (*CITIES.values(), *DISTRICTS.values())
)
# What may stand before a name and be left out elsewhere: its rank, its province, city or district.
_PREFIX = re.compile(rf"(?:国家级|国家|全国|中国|省级|湖北省|湖北|{_AREAS})")
_RANK = re.compile(r"省级|国家级")
_CITY_LAST = re.compile(r"（[^（）]{2,4}）$")
_FACILITY = re.compile(r"(?:研究|实验|预研)*(?:重大科技基础设施|设施|装置)$")
_FIRM = re.compile(r"(?:股份)?(?:有限)?(?:责任)?公司$|(?:控股)?集团(?:股份|有限)?(?:公司)?$")
_BRANCH = re.compile(r"(?:分院|分中心|分市场|分园|校区|院区|分校|黄石中心|科技园|片区|园区)$")
_BASE, _SITE, _SEAT = "基地", "设施", "公司"
_CAPITAL = 100
_LEAST_STEM = 2
_LEAST_SHARE = 0.55


@dataclass(frozen=True)
class _Thing:
    """Mentions that are of one thing, and by what it may be recognised as the same as another.

    `layers` and `cities` count the mentions: each layer with its reason, each city with whether it is sure.
    """

    mentions: tuple[Mention, ...]
    layers: Counter[tuple[str, str]]
    cities: Counter[tuple[int | None, bool]]
    spellings: frozenset[str]
    stems: frozenset[str]
    ends: frozenset[bool]
    based: bool

    @cached_property
    def layer(self) -> str:
        """The layer that a list's class says, else that of the names' own heads, else any."""
        return _layer(self.layers)

    @cached_property
    def bare(self) -> bool:
        """Whether it is named in lists only."""
        return all(reason == BARE for _, reason in self.layers)

    @cached_property
    def city(self) -> int | None:
        """The city that the text tells, else that which is supposed."""
        told: Counter[int | None] = _counted(
            (city, count) for (city, sure), count in self.cities.items() if city and sure
        )
        every = _counted((city, count) for (city, _), count in self.cities.items())
        return _top(told or every)

    @cached_property
    def told(self) -> bool:
        """Whether a text tells the city."""
        return any(sure for _, sure in self.cities)


class _Near:
    """Finds the things of which a stem may be a shortened stem of another's, or the other way round.

    Every mark of a shortened text is one of the full text too, so that each text need only be looked for
    under its own rarest mark, and under those marks that are the rarest of a text already put.
    """

    def __init__(self, stems: Iterable[str]) -> None:
        self._frequency = Counter(mark for stem in stems for mark in _marks(stem))
        self._by_rarest: defaultdict[str, set[int]] = defaultdict(set)
        self._by_any: defaultdict[str, set[int]] = defaultdict(set)

    def put(self, at: int, stems: Iterable[str]) -> None:
        """Let a thing be found by its stems; those that it had before find it too."""
        for marks in map(_marks, stems):
            self._by_rarest[self._rarest(marks)].add(at)
            for mark in marks:
                self._by_any[mark].add(at)

    def of(self, stems: Iterable[str]) -> list[int]:
        """The things put that may have a stem in common with these, in their order."""
        found: set[int] = set()
        for marks in map(_marks, stems):
            found |= self._by_any.get(self._rarest(marks), set())
            found.update(*(self._by_rarest[mark] for mark in marks if mark in self._by_rarest))
        return sorted(found)

    def _rarest(self, marks: Iterable[str]) -> str:
        return min(marks, key=lambda mark: (self._frequency[mark], mark))


class Merger:
    """Gathers mentions of one thing by the spellings of its names."""

    def __init__(self, catalog: Catalog, words: Lexicon) -> None:
        self._words = words
        self._endings = {layer.id: frozenset(layer.recognise.endings) for layer in catalog.values()}
        self._other = {layer.id: str(layer.kinds[-1].code) for layer in catalog.values() if layer.kinds}

    def candidates(self, mentions: Iterable[Mention]) -> tuple[Candidate, ...]:
        """Each thing once, in the order of first mention."""
        by_name: dict[tuple[str, int | None], list[Mention]] = {}
        for one in mentions:
            key = self._words.comparable(one.name), one.city if one.sure else None
            by_name.setdefault(key, []).append(one)
        things = [self._thing(group) for group in by_name.values()]
        for same in (_is_one, self._is_part_of):
            things = self._joined(things, same)
        return tuple(self._candidate(thing) for thing in things)

    def _joined(self, things: Sequence[_Thing], same: Callable[[_Thing, _Thing], bool]) -> list[_Thing]:
        """Things that are the same are made one; what could be several, without a spelling in common, stays."""
        kept: list[_Thing] = []
        near = _Near(stem for thing in things for stem in thing.stems)
        for thing in things:
            others = ((at, kept[at]) for at in near.of(thing.stems))
            fitting = [at for at, other in others if self._may_meet(other, thing) and same(other, thing)]
            exact = [at for at in fitting if kept[at].spellings & thing.spellings]
            if exact or len(fitting) == 1:
                at = (exact or fitting)[0]
                before, kept[at] = kept[at].stems, self._joint(kept[at], thing)
                near.put(at, kept[at].stems - before)
            else:
                near.put(len(kept), thing.stems)
                kept.append(thing)
        return kept

    def _thing(self, mentions: Sequence[Mention]) -> _Thing:
        layers = Counter((one.layer, one.reason) for one in mentions)
        names = {one.name for one in mentions}
        return _Thing(
            tuple(mentions),
            layers,
            Counter((one.city, one.sure) for one in mentions),
            frozenset(map(self._words.comparable, names)),
            self._stems(names, _layer(layers)),
            frozenset(_BRANCH.search(name) is not None for name in names),
            all(name.endswith(_BASE) for name in names),
        )

    def _joint(self, a: _Thing, b: _Thing) -> _Thing:
        layers = a.layers + b.layers
        layer = _layer(layers)
        stems = (
            one.stems if one.layer == layer else self._stems({m.name for m in one.mentions}, layer)
            for one in (a, b)
        )
        return _Thing(
            (*a.mentions, *b.mentions),
            layers,
            a.cities + b.cities,
            a.spellings | b.spellings,
            frozenset().union(*stems),
            a.ends | b.ends,
            a.based and b.based,
        )

    def _may_meet(self, a: _Thing, b: _Thing) -> bool:
        alike = bool(a.spellings & b.spellings)
        if a.city and b.city and a.city != b.city:
            if a.told and b.told:
                return False
            if a.told != b.told and not (alike or _is_guess(a, b)):
                return False
        if a.layer != b.layer and not (alike or self._is_bare_firm(a) or self._is_bare_firm(b)):
            return False
        return a.ends == b.ends

    def _is_bare_firm(self, thing: _Thing) -> bool:
        return thing.bare and _SEAT in self._endings[thing.layer]

    def _is_base(self, thing: _Thing) -> bool:
        return thing.based and _BASE in self._endings[thing.layer]

    def _stems(self, names: Iterable[str], layer: str) -> frozenset[str]:
        return frozenset(self._stem(name, layer) for name in names)

    def _stem(self, name: str, layer: str) -> str:
        """A name without what other spellings of it leave out."""
        endings = self._endings[layer]
        text = _RANK.sub("", self._words.comparable(_CITY_LAST.sub("", name)))
        text = re.sub(r"与|及", "和", re.sub(r"高新$", "高新区", text))
        if _SEAT in endings:
            return _stripped(_FIRM.sub("", text), _LEAST_STEM)
        if _SITE in endings:
            text = _FACILITY.sub("", text)
        if _BASE in endings and text.endswith(_BASE):
            text = self._words.core(text.removesuffix(_BASE)) or text
        short = _stripped(text, _LEAST_STEM + 2)
        return text if short in endings else short

    def _is_part_of(self, a: _Thing, b: _Thing) -> bool:
        """Whether a name of one is the shortened name of the other: "…工业研究院" of "…工业技术研究院"."""
        pairs = ((x, y) for x in a.stems for y in b.stems)
        if _SEAT in self._endings[a.layer]:
            return any(x.startswith(y) or y.startswith(x) for x, y in pairs)
        if self._is_base(a) and self._is_base(b):
            return any(x.endswith(y) or y.endswith(x) for x, y in pairs)
        return any(self._shortens(x, y) or self._shortens(y, x) for x, y in pairs)

    def _shortens(self, short: str, long: str) -> bool:
        """Whether a name is another with words left out of its middle or before it."""
        if not 4 <= len(short) < len(long) or len(short) < _LEAST_SHARE * len(long):
            return False
        begins = short[:2] == long[:2] or (
            long.endswith(short) and len(self._words.core(short)) >= _LEAST_STEM
        )
        return begins and short[-1] == long[-1] and _is_within(short, long)

    def _candidate(self, thing: _Thing) -> Candidate:
        names = dict.fromkeys(one.name for one in thing.mentions)
        ranked = sorted(names, key=lambda name: -len(self._words.comparable(name)))
        told = [one for one in thing.mentions if one.layer == thing.layer]
        exact = [one for one in told if one.kind != self._other.get(thing.layer)] or told
        longest = max(len(one.name) for one in exact)
        return Candidate(
            name=ranked[0],
            aliases=tuple(ranked[1:]),
            layer=thing.layer,
            kind=_most(one.kind for one in exact if len(one.name) == longest),
            city=thing.city,
            district=_first(one.district for one in thing.mentions),
            status=_first(one.status for one in told) or "",
            level=_first(one.level for one in told) or "",
            host=_first(one.host for one in told) or "",
            mentions=thing.mentions,
        )


def _layer(layers: Counter[tuple[str, str]]) -> str:
    classed = _counted((layer, count) for (layer, reason), count in layers.items() if reason == CLASSED)
    headed = _counted((layer, count) for (layer, reason), count in layers.items() if reason != BARE)
    return _top(classed or headed or _counted((layer, count) for (layer, _), count in layers.items()))


def _is_guess(a: _Thing, b: _Thing) -> bool:
    """Whether the city of one is but the capital, where plans of the province put what has no other place."""
    return any(one.city and not one.told and one.city % 10000 == _CAPITAL for one in (a, b))


def _is_one(a: _Thing, b: _Thing) -> bool:
    """Whether two have a name in common once prefixes and the words of their class are off."""
    return bool(a.stems & b.stems)


def _marks(text: str) -> frozenset[str]:
    """What is left of a text with all but two, one or none of its letters left out."""
    return frozenset("".join(some) for many in range(3) for some in combinations(text, many))


def _stripped(text: str, least: int) -> str:
    """A name without the ranks and districts before it, as long as so many characters are left."""
    while (found := _PREFIX.match(text)) and len(text) - found.end() >= least:
        text = text[found.end() :]
    return text


def _is_within(short: str, long: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)


def _counted(counts: Iterable[tuple[_T, int]]) -> Counter[_T]:
    total: Counter[_T] = Counter()
    for value, count in counts:
        total[value] += count
    return total


def _top(counts: Counter[_T]) -> _T:
    return counts.most_common(1)[0][0]


def _most(values: Iterable[_T]) -> _T:
    """The most frequent value, of several the first."""
    return _top(Counter(values))


def _first(values: Iterable[_T]) -> _T | None:
    """The most frequent value that says something, None when none does."""
    said = [value for value in values if value]
    return _most(said) if said else None
