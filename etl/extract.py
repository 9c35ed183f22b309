"""Documents → mentions of places: the names found, completed by their lists and boxes, judged and described."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from etl import context
from etl.judge import Judge
from etl.lexicon import Lexicon
from etl.mentions import Mention, PassedOver
from etl.names import Finder, Name
from etl.text.model import Locator, Paragraph, Role, Text
from gis.adcodes import city_of
from gis.layer import Catalog

_FIRMS = re.compile(r"企业$|(?:重大|一批|创新|^)项目$")
_NO_FIRM = ("企业", "产业", "领域", "技术", "项目", "工程")
_STARTUPS = re.compile(r"双创平台")
_COUNT = re.compile(r"(?:\d+|[一二两三四五六七八九十]+)[个家大类座]|一批|国家|省级")
_LATIN_END = re.compile(r"[A-Za-z/+\-]+$")
_SETTLES = re.compile(r"在([^，。；、]{2,4})(?:设立|开设|建立)(分(?:中心|院|园|市场|校|所))")
_UNNAMED = re.compile(r"(?:支持|依托)([^，。；、]{6,30}?)(?:组建|打造|创建)((?:省级|国家级)重点)$")
_PART = re.compile(r"(?:集聚区|示范区|园区|功能区)$")
_SUBJECT = re.compile(r"建设|打造|重点|将|聚焦")
_RESEARCHING = re.compile(r"(?:^|[。；])([一-鿿]{2,4}科技)(?=研发|研制|推出)")
# The endings by which the layers of firms, of start-ups and of districts are told.
_FIRM, _STARTUP, _DISTRICT = "公司", "孵化器", "功能区"


class Extractor:
    """Finds the places that a document names, by the declarations of a catalog and the general words."""

    def __init__(self, catalog: Catalog, words: Lexicon) -> None:
        self._catalog, self._words = catalog, words
        self._finder = Finder(catalog, words)
        self._owners = self._finder.owners
        self._endings = sorted(self._owners, key=len, reverse=True)
        self._judge = Judge(catalog, words, self._owners)

    def mentions(self, text: Text, *, home: int | None) -> Iterator[Mention | PassedOver]:
        """What a document names, in its order. `home` is the city (or province) that the document is about."""
        for paragraph in text.paragraphs:
            if paragraph.role is Role.HEADING:
                continue
            for name in self._names(paragraph):
                locator = text.locate(paragraph, name.start, name.end)
                verdict = self._judge.verdict(name, paragraph)
                if verdict.layer:
                    judged = replace(name, layer=verdict.layer)
                    yield self._mention(judged, paragraph, home, locator, verdict.reason)
                elif name.head:
                    yield PassedOver(name.text, name.layer, locator, verdict.reason)

    def _mention(
        self, name: Name, paragraph: Paragraph, home: int | None, locator: Locator, reason: str
    ) -> Mention:
        klass = context.class_of(name, paragraph)
        place, sure = context.place(name, home, self._words)
        return Mention(
            name=name.text,
            layer=name.layer,
            kind=context.kind(self._catalog[name.layer], name, klass),
            city=city_of(place) if place else None,
            district=place if place and place % 100 else None,
            status=context.status(name, self._words),
            level=context.level(name, klass, self._words),
            host=context.host(name),
            locator=locator,
            reason=reason,
            sure=sure,
        )

    # --- the names of a paragraph, as they are meant ----------------------------------------------

    def _names(self, paragraph: Paragraph) -> Iterator[Name]:
        for name in self._finder.names(paragraph.text):
            yield from self._meant(name, paragraph)
        yield from self._short_names(paragraph.text)

    def _short_names(self, text: str) -> Iterator[Name]:
        """Institutions by a nickname, and firms by a short name that develop something: "…科技研发…"."""
        for short, full in self._words.nicknames.items():
            head = self._ending(full)
            if head:
                for at in re.finditer(re.escape(short), text):
                    yield Name(*at.span(), full, head, self._owners[head], "", text[at.end() : at.end() + 40])
        for found in _RESEARCHING.finditer(text):
            if self._words.core(found.group(1)) and _FIRM in self._owners:
                after = text[found.end() : found.end() + 40]
                yield Name(*found.span(1), found.group(1), "", self._owners[_FIRM], "", after)

    def _ending(self, text: str) -> str:
        return next((ending for ending in self._endings if text.endswith(ending)), "")

    def _meant(self, name: Name, paragraph: Paragraph) -> Iterator[Name]:
        """The name itself, or the names that its list or box makes of it."""
        if not name.head:
            yield from self._member(name)
            return
        settles = _SETTLES.search(name.after) if name.among else None
        if settles and (self._words.telling.search(name.text) or self._words.is_anchored(name.text)):
            yield replace(name, text=f"{name.text}{settles.group(1)}{settles.group(2)}")
        yield self._whole(name, paragraph)

    def _member(self, name: Name) -> Iterator[Name]:
        """What the class noun of its list makes of a name without a head of its own."""
        klass = self._words.plural_free(name.among)
        bare = _LATIN_END.sub("", name.text)
        head = self._ending(klass) if self._words.shared.search(klass) else ""
        if _FIRMS.search(klass) and self._could_be_firm(bare) and _FIRM in self._owners:
            yield replace(name, text=bare, layer=self._owners[_FIRM], among=klass)
        elif _STARTUPS.search(klass) and _STARTUP in self._owners:
            yield replace(name, text=bare, layer=self._owners[_STARTUP], among=klass)
        elif head and _names_members(name.among) and not self._words.place.fullmatch(bare):
            yield replace(name, text=bare + klass, head=head, layer=self._owners[head], among=klass)

    def _could_be_firm(self, bare: str) -> bool:
        return 3 <= len(bare) <= 8 and len(self._words.core(bare)) >= 2 and not bare.endswith(_NO_FIRM)

    def _whole(self, name: Name, paragraph: Paragraph) -> Name:
        """The name with what the text leaves out because it has just been said."""
        modifier = name.text.removesuffix(name.head)
        unnamed = _UNNAMED.search(name.before + modifier)
        if unnamed and not self._words.core(modifier):
            return replace(name, text=unnamed.group(1) + unnamed.group(2) + name.head)
        if _PART.search(name.text) and not self._words.is_anchored(name.text):
            parent = self._parent(name, paragraph)
            layer = self._owners.get(_DISTRICT, name.layer)
            return replace(name, text=parent + name.text, layer=layer) if parent else name
        return name

    def _parent(self, name: Name, paragraph: Paragraph) -> str:
        """The city whose part the text tells a name to be: that of the box, or the last one said before."""
        title = paragraph.titles[-1] if paragraph.section[-1].startswith("专栏") else ""
        boxed = title if self._words.is_anchored(title) and title.endswith("城") else ""
        if not name.among.endswith("功能区"):
            return boxed if _SUBJECT.match(name.after) else ""
        said = [one.text for one in self._finder.names(name.before) if one.text.endswith("城")]
        return boxed or (said[-1] if said else "")


def _names_members(klass: str) -> bool:
    """Whether the members of a class go by its noun: "4个省级…基地" yes, "…人才基地" no."""
    return _COUNT.match(klass) is not None or not klass.endswith("基地")
