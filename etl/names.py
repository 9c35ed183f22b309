"""Where names stand in a paragraph: the heads that the layers declare, and how far left of each its name goes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from etl.lexicon import Lexicon
from gis.layer import Catalog, Geometry, Theme

_HARD = re.compile(
    r"《[^《》]*》|[，。；：！？“”‘’《》〈〉【】…+—<>]|（(?:责任|牵头)单位：|"
    r"（(?:[^（）]*[、，。；：][^（）]*|[^（）]{9,})）|[（）](?=[，。；、]|$)"
)
_BRACKET = re.compile(r"（[^（）、，。；：]{1,8}）")
_AND = re.compile(r"和|与|及(?!其)|或(?!许)|暨")
_AMONG = re.compile(r"(?<![高平优初中劣均])等(?![级离同价量份分候待于距效])")
_COUNTED = re.compile(r"(?<=[一-鿿])(?=(?:[两二三四五六七八九十]|\d+)(?:个|大|家|所|座|处)[一-鿿])")
_LEVEL_WORD = re.compile(r"国家|省级|全国|中国|湖北省?")
_ABOUT = re.compile(r"(?:优化提升|升级改造|提升|建设|[一二三]期)?(?:项目|工程)?[。：（]")
_NO_CLASS = re.compile(r"领域|方面|方式|形式|产品|资源|优势|功能(?!区)|体系|向")
_NUMBERED = re.compile(
    r"\d{1,2}(?:[.．]{1,2}|、)(?!\d)|（[一二三四五六七八九十\d]+）|[一二三四五六七八九十]+、|第[一二三四五六七八九十]+章|——"
)
_AFTER = re.compile(r"[。：]?[^。；]{0,60}")
_BEFORE = 300
_NOTHING = "(?!)"
_NO_AREA = "(?!区(?![域位县内]))"
_SHORTEST, _LONGEST_BARE = 2, 20


@dataclass(frozen=True)
class Name:
    """A stretch of a paragraph that reads like a name.

    `head` is the word of its end that a layer declares, "" when the name has none of its own. `before` is the
    clause to the left, `after` that to the right. `among` is the class noun of the list in which it stands
    ("A、B等<class>", "A、B两个<class>"), `beside` are the list's other members, and `alone` says that it makes
    up a sentence.
    """

    start: int
    end: int
    text: str
    head: str
    layer: str
    before: str
    after: str
    among: str = ""
    alone: bool = False
    beside: tuple[str, ...] = ()


class Finder:
    """Finds what reads like a name, by the words of a catalog's point layers."""

    def __init__(self, catalog: Catalog, words: Lexicon) -> None:
        self._words = words
        self._layers = [layer for layer in catalog.values() if layer.geometry is Geometry.POINT]
        self._never = {layer.id: layer.recognise.never for layer in self._layers}
        self._shapes = {
            ending
            for layer in catalog.values()
            if layer.theme is Theme.STRUCTURE
            for ending in layer.recognise.endings
        }

    @cached_property
    def owners(self) -> Mapping[str, str]:
        """Each ending with the id of the first layer that declares it."""
        owners: dict[str, str] = {}
        for layer in self._layers:
            for ending in layer.recognise.endings:
                owners.setdefault(ending, layer.id)
        return owners

    @cached_property
    def _heads(self) -> re.Pattern[str]:
        """The endings, the longest first; one that the 区 of another follows gives way to it: 东湖高新 to 高新区."""
        endings = sorted({*self.owners, *self._shapes}, key=len, reverse=True)
        longer = tuple(ending for ending in endings if ending.endswith("区"))
        words = (
            f"{re.escape(ending)}{_NO_AREA if f'{ending}区'.endswith(longer) else ''}" for ending in endings
        )
        return re.compile("|".join(words) or _NOTHING)

    def names(self, text: str) -> Iterator[Name]:
        """What reads like a name in a paragraph, left to right. Titles in 《》 are left out."""
        numbered = _NUMBERED.match(text)
        start = numbered.end() if numbered else 0
        for stop in [*_HARD.finditer(text, start), None]:
            end = stop.start() if stop else len(text)
            while start < end:
                listed, rest = _list_end(text, start, end)
                yield from self._list(text, start, listed, rest, end)
                start = rest
            start = stop.end() if stop else end

    def _list(self, text: str, start: int, listed: int, rest: int, end: int) -> Iterator[Name]:
        """The names from `start` to `listed`, a list if it has several; its class noun begins at `rest`."""
        klass = self._class(text, rest) if listed < end else ""
        found: list[Name] = []
        pieces = _pieces(text, start, listed)
        for a, b in pieces:
            found += self._piece(text, a, b, bare=bool(klass) or len(pieces) > 1)
        found = self._rejoined(text, found, bool(klass))
        texts = [name.text for name in found]
        for at, name in enumerate(found):
            if name.layer or not name.head:
                beside = (*texts[:at], *texts[at + 1 :])
                yield replace(name, among=klass, alone=_is_alone(text, name), beside=beside)

    def _class(self, text: str, at: int) -> str:
        """The class noun of a list: to the end of its head, or of its clause."""
        tail = re.match(r"[^。；，、]{0,30}", text[at:])
        words = (tail.group() if tail else "").replace("“", "").replace("”", "")
        head = self._heads.search(words)
        plain = re.search(r"企业(?!的)|项目|高校|园区|机构|载体|功能区", words)
        none = _NO_CLASS.search(words)
        ends = [found.end() for found in (head, plain) if found]
        if not ends or (none and none.end() < min(ends)):
            return words[: none.end()] if none else words[:12]
        return words[: min(ends)]

    def _piece(self, text: str, start: int, end: int, *, bare: bool) -> Iterator[Name]:
        """The names in one element of a list: one to each head that no later head takes in."""
        heads = [m for m in self._heads.finditer(text, start, end) if not self._is_never(text, m)]
        left = start
        for at, head in enumerate(heads):
            following = heads[at + 1] if at + 1 < len(heads) else None
            if head.start() < left:
                continue
            if following and self._goes_on(text, head.end(), following.start()):
                continue
            begin = self._begin(text, left, head.start())
            stop = _with_bracket(text, head.end(), end, self._words)
            yield self._name(text, begin, stop, head.group())
            left = stop
        joint = re.match(r"以及|和|及|与", text[left:end])
        if bare and (not heads or joint):
            begin = self._begin(text, left + (joint.end() if joint else 0), end)
            if _SHORTEST <= end - begin <= _LONGEST_BARE:
                yield self._name(text, begin, end, "")

    def _is_never(self, text: str, head: re.Match[str]) -> bool:
        around = text[max(0, head.start() - 12) : head.end() + 4]
        offset = head.start() - max(0, head.start() - 12)
        for word in self._never.get(self.owners.get(head.group(), ""), ()):
            for found in re.finditer(re.escape(word), around):
                if (
                    found.start() <= offset < found.end()
                    or found.start() < offset + len(head.group()) <= found.end()
                ):
                    return True
        return False

    def _goes_on(self, text: str, head_end: int, next_start: int) -> bool:
        """Whether the words between two heads only join them: "…大学鄂州…研究院" is one name."""
        between = text[head_end:next_start]
        if between.startswith("（") and "）" not in between:
            return False
        if self._words.cut.search(between) or _AND.match(between) or _AMONG.search(between):
            return False
        joints = _AND.finditer(text, head_end, next_start)
        if any(self._starts_named(text[joint.end() : next_start + 12]) for joint in joints):
            return False
        return not re.match(r"国家|省级|全国|中国|湖北省", text[head_end : next_start + 4])

    def _begin(self, text: str, start: int, head: int) -> int:
        """Where the name begins whose head begins at `head`."""
        begin = start
        for cut in self._words.cut.finditer(text, start, head):
            begin = cut.end()
        many = self._words.count.match(text[begin:head])
        begin += many.end() if many else 0
        return self._after_and(text, begin, head)

    def _after_and(self, text: str, begin: int, head: int) -> int:
        """Where the name begins when the words to its left are joined to it by 和, 与 or 及."""
        for joint in _AND.finditer(text, begin, head):
            left, right = text[begin : joint.start()], text[joint.end() : head + 12]
            heads = list(self._heads.finditer(left))
            parted = bool(heads) and heads[-1].end() == len(left)
            named = self._starts_named(right) or _LEVEL_WORD.match(right) is not None
            of_city = left[:1] == right[:1] == "市"
            if not left or parted or named or of_city or re.search(r"[区县市省](?:（市）)?$", left):
                begin = joint.end()
        return begin

    def _starts_named(self, text: str) -> bool:
        words = self._words
        return any(pattern.match(text) for pattern in (words.place, words.institution, words.anchor))

    def _rejoined(self, text: str, names: Sequence[Name], listed: bool) -> list[Name]:
        """Without a class noun, an element without a head belongs to the name after it: "固废、危废循环经济园区"."""
        out: list[Name] = []
        for name in names:
            last = out[-1] if out else None
            if (
                last
                and not last.head
                and not listed
                and text[last.end : name.start] == "、"
                and _takes_in(name, last)
            ):
                out[-1] = replace(
                    name, start=last.start, text=text[last.start : name.end], before=last.before
                )
            else:
                out.append(name)
        return [name for name in out if name.head or listed]

    def _name(self, text: str, begin: int, end: int, head: str) -> Name:
        clause = max((text.rfind(mark, 0, begin) for mark in "。；！？"), default=-1) + 1
        after = _AFTER.match(text, end)
        layer = self.owners.get(head, "")
        return Name(
            begin,
            end,
            text[begin:end],
            head,
            layer,
            text[max(clause, begin - _BEFORE) : begin],
            after.group() if after else "",
        )


def _list_end(text: str, start: int, end: int) -> tuple[int, int]:
    """Where a list ends and where the noun of its class begins; both are `end` when there is no class noun."""
    among = _AMONG.search(text, start, end)
    if among:
        return among.start(), among.end()
    for counted in _COUNTED.finditer(text, start, end):
        if "、" in text[start : counted.start()] and text[counted.start() - 1] not in "、第":
            return counted.start(), counted.start()
    return end, end


def _is_alone(text: str, name: Name) -> bool:
    begins = (
        not text[: name.start].strip()
        or text[name.start - 1] in "。"
        or _NUMBERED.fullmatch(text[: name.start])
    )
    return bool(begins) and _ABOUT.match(text, name.end) is not None


def _takes_in(name: Name, bare: Name) -> bool:
    return name.head.endswith(("园", "园区")) and len(bare.text) <= 4


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    marks = [found.start() for found in re.finditer("、", text[start:end])]
    edges = [start - 1, *(start + mark for mark in marks), end]
    return [(a + 1, b) for a, b in zip(edges, edges[1:], strict=False) if b > a + 1]


def _with_bracket(text: str, end: int, limit: int, words: Lexicon) -> int:
    """The end of a name with what belongs to it: "·…区", a place in brackets, that it is being set up."""
    joined = re.compile(r"·[一-鿿]{1,3}区").match(text, end)
    if joined:
        return joined.end()
    found = _BRACKET.match(text, end)
    inside = found.group()[1:-1] if found else ""
    belongs = inside == "筹" or bool(words.place.match(inside)) or inside.endswith("中心")
    return found.end() if found and belongs else end
