"""The general words of plans: where a name may begin, what is generic, where places lie."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from etl import read
from etl.text.characters import plain
from gis.adcodes import CITIES, DISTRICTS
from gis.errors import BadData
from gis.frozen import FrozenMapping

FILE = read.SOURCES / "lexicon.toml"

_BESIDE_NAME = re.compile(r"[\s·—\-（）《》“”‘’、，.。/]")


@dataclass(frozen=True)
class Lexicon:
    """The words of `lexicon.toml`, made ready for matching."""

    cut: re.Pattern[str]
    plural: re.Pattern[str]
    count: re.Pattern[str]
    generic: re.Pattern[str]
    wish: re.Pattern[str]
    anchor: re.Pattern[str]
    telling: re.Pattern[str]
    outside: re.Pattern[str]
    place: re.Pattern[str]
    institution: re.Pattern[str]
    named: re.Pattern[str]
    weak: re.Pattern[str]
    role: re.Pattern[str]
    shared: re.Pattern[str]
    shared_nouns: tuple[str, ...]
    standing: re.Pattern[str]
    status: Mapping[str, re.Pattern[str]] = field(repr=False)
    level: Mapping[str, re.Pattern[str]] = field(repr=False)
    codes: Mapping[str, int] = field(repr=False)
    same: Mapping[str, str] = field(repr=False)
    nicknames: Mapping[str, str] = field(repr=False)

    def core(self, name: str) -> str:
        """What of a name tells which thing it is; "" when any such thing could be called so."""
        return self.generic.sub("", _BESIDE_NAME.sub("", name))

    def comparable(self, name: str) -> str:
        """A name in the one spelling in which names are compared."""
        text = _BESIDE_NAME.sub("", plain(name)).casefold()
        for long, short in self.same.items():
            text = text.replace(long, short)
        return text

    def is_anchored(self, text: str) -> bool:
        """Whether a text names a place, a known institution, or what is of one thing."""
        return any(pattern.search(text) for pattern in (self.place, self.institution, self.anchor))

    def plural_free(self, noun: str) -> str:
        """A class noun without the words that say how many."""
        return self.count.sub("", noun)

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where in a text places are named, and the adcodes of these."""
        for found in self.place.finditer(text):
            yield found.start(), self.codes[found.group()]

    def seat(self, name: str) -> tuple[int, bool] | None:
        """The adcode of the institution in a name, and whether the name is that institution's own."""
        found = self.institution.search(name)
        return (self.codes[found.group()], found.end() == len(name)) if found else None


@cache
def lexicon(file: Path = FILE) -> Lexicon:
    """The lexicon in a file. Raises `BadData` when an expression in it is none."""
    words = read.toml(file)
    geography = _codes(words.get("places", {}))
    for code, (name, _) in {**CITIES, **DISTRICTS}.items():
        geography.setdefault(name, code)
        geography.setdefault(name[:-1] if len(name) > 2 else name, code)
    seats = _codes(words.get("institutions", {}))
    nicknames = {short: full for full, shorts in words.get("nicknames", {}).items() for short in shorts}
    same = {long: short for short, longs in words.get("same", {}).items() for long in longs}
    try:
        return Lexicon(
            cut=_any(words["cuts"]),
            plural=re.compile(f"(?:{'|'.join(words['plurals'])})[^，。]{{0,2}}$"),
            count=re.compile(f"^(?:{'|'.join(words['plurals'])})"),
            generic=_any(sorted(words["generic"], key=len, reverse=True)),
            wish=_any(words["wishes"]),
            anchor=_any(words["anchors"]),
            telling=re.compile(f"(?:国家|中国|全国|国际|湖北).*(?:{'|'.join(words['telling'])})$"),
            outside=_any(words["outside"]),
            place=_any(map(re.escape, sorted(geography, key=len, reverse=True))),
            institution=_any(map(re.escape, sorted(seats, key=len, reverse=True))),
            named=_end(words["heads"]["named"]),
            weak=_end(words["heads"]["weak"]),
            role=_end(words["heads"]["roles"]),
            shared=_end(words["heads"]["shared"]),
            shared_nouns=tuple(words["heads"]["shared"]),
            standing=_end(words["heads"]["standing"]),
            status=FrozenMapping({code: _any(cues) for code, cues in words["status"].items()}),
            level=FrozenMapping({code: _any(cues) for code, cues in words["level"].items()}),
            codes=FrozenMapping({**geography, **seats}),
            same=FrozenMapping(dict(sorted(same.items(), key=lambda pair: -len(pair[0])))),
            nicknames=FrozenMapping(nicknames),
        )
    except (KeyError, re.error) as error:
        raise BadData(f"{file.parent.name}/{file.name}", f"cannot be used: {error}") from None


def _any(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(words))


def _end(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(words)})$")


def _codes(groups: Mapping[str, list[str]]) -> dict[str, int]:
    return {name: int(code) for code, names in groups.items() for name in names}
