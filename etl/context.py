"""What the text around a name says of its bearer: city and district, kind, status, level, host."""

from __future__ import annotations

import re
from collections.abc import Mapping

from etl.lexicon import Lexicon
from etl.names import Name
from etl.text.model import Paragraph
from gis.layer import Layer

_SENTENCE = re.compile(r"[。；：]")
_CLAUSE = re.compile(r"[，。；]")
_PARTNER = re.compile(r"(?:对接|引进|承接|与|配合|加强|联合|服务|来自|同)[^，。；]{0,24}$")
_SOUGHT = re.compile(r"对接|承接")
_OF_ABOVE = re.compile(r"湖北|国家|中国|中科院")
_OFFSHORE = re.compile(r"（([^（）]{2,4})）离岸")
_BRACKET = re.compile(r"（[^（）]*）")
_LEADS = re.compile(r"。?由([^，。；]{3,40}?)(?:共同)?(?:牵头|共建)")
_BUILDS = re.compile(r"(?:推进|支持|引导|依托|[，、]|^)([^，。；、]{4,30}?)(?:组建|建设|打造)$")
_NEAR = 16
_ABOUT = 60


def place(name: Name, home: int | None, words: Lexicon) -> tuple[int | None, bool]:
    """The adcode of the seat, and whether the text itself tells it; `home` is what the document is about.

    A place in the name comes first, then the institution in it, then places in the clause before it.
    """
    offshore = _OFFSHORE.search(name.text)
    within = list(words.places(offshore.group(1) if offshore else name.text))
    if within:
        return within[-1][1], True
    of_city = home is not None and home % 10000 != 0
    seat = words.seat(name.text)
    if seat:
        # A branch of an institution that the plan of another city names is in that city.
        return (seat[0], True) if seat[1] or not of_city else (home, False)
    capital = home // 10000 * 10000 + 100 if home else None
    return _near(name, home, capital, words) if of_city else (capital, False)


def _near(name: Name, home: int | None, capital: int | None, words: Lexicon) -> tuple[int | None, bool]:
    clause = _CLAUSE.split(name.before)[-1]
    partner = _PARTNER.search(name.before) is not None
    near = list(words.places(clause if partner else _BRACKET.sub("", clause)))
    if near:
        return near[-1][1], True
    above = partner and (_OF_ABOVE.match(name.text) is not None or _SOUGHT.search(clause) is not None)
    return (capital if above else home), False


def class_of(name: Name, paragraph: Paragraph) -> str:
    """The noun of the class to which a list or a box puts a name, "" when neither does."""
    return name.among or (paragraph.titles[-1] if name.alone and paragraph.titles else "")


def kind(layer: Layer, name: Name, klass: str) -> str:
    """The kind whose word the name ends with, or that its class or the words after it tell more exactly."""
    own = max(_kind_words(layer, name.text), default=None)
    after = re.split(r"[，。；、]", name.after)[0][:24]
    beside = [found for where in (klass, after) for found in _kind_words(layer, where)]
    if own is None:
        return max(beside)[-1] if beside else str(layer.kinds[-1].code) if layer.kinds else ""
    exact = [found for found in beside if found[1] > own[1] and found[3].endswith(own[3])]
    return max(exact, key=lambda found: found[1])[-1] if exact else own[-1]


def _kind_words(layer: Layer, text: str) -> list[tuple[int, int, bool, str, str]]:
    """Where kinds are told in a text: end, length, whether word by word, the word, the code.

    In a word "…" stands for whatever comes between its two parts.
    """
    found = []
    for coded in layer.kinds:
        for word in coded.words:
            length = len(word.replace("…", ""))
            for match in re.finditer(".*".join(map(re.escape, word.split("…"))), text):
                found.append((match.end(), length, "…" not in word, word, str(coded.code)))
    return found


def status(name: Name, words: Lexicon) -> str:
    """The status that the nearest words tell, those before the name first; "" when none does."""
    if words.standing.search(name.text) and "（筹）" not in name.text:
        return "built"
    if name.alone:  # what a box lists is to be, and its text is of what it will do
        return "proposed" if words.status["proposed"].search(name.after[:_ABOUT]) else "planned"
    before = _last(_CLAUSE.split(name.before)[-1], words.status)
    return before or _earliest(_SENTENCE.split(name.after)[0][:_NEAR], words.status)


def _last(text: str, cues: Mapping[str, re.Pattern[str]]) -> str:
    ends = [
        (found.end(), found.end() - found.start(), code)
        for code, cue in cues.items()
        for found in cue.finditer(text)
    ]
    return max(ends)[2] if ends else ""


def _earliest(text: str, cues: Mapping[str, re.Pattern[str]]) -> str:
    starts = [(found.start(), code) for code, cue in cues.items() if (found := cue.search(text))]
    return min(starts)[1] if starts else ""


def level(name: Name, klass: str, words: Lexicon) -> str:
    """The level that the name tells, else a class of things like it; "" when neither does."""
    alike = name.alone or klass.endswith((name.head, *words.shared_nouns))
    for where in (name.text, klass if alike else ""):
        for code, cue in words.level.items():
            if cue.search(where):
                return code
    return ""


def host(name: Name) -> str:
    """Who leads it ("…由X牵头") or builds it ("X组建…"), "" when nobody is named."""
    leads = _LEADS.match(name.after) if name.alone else None
    builds = _BUILDS.search(name.before) if name.head else None
    found = leads or builds
    return found.group(1) if found else ""
