"""Which of the names found are of places: the rules for and against, each with the reason that it gives."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from etl.lexicon import Lexicon
from etl.names import Name
from etl.text.model import Paragraph
from gis.layer import Catalog

# Reasons that the merging of names looks at.
LISTED = "named in a list of its kind"
BARE = "named in a list only, without a word for what it is"
CLASSED = "put in a class by its list"

# A layout of space names things by what they will hold; elsewhere the same words are an aim.
_SPATIAL = re.compile(r"布局|空间|组团|格局|走廊|园区|高新区|合作|各区|区域|功能区")
_BUILDING = re.compile(r"(?:建设|打造|建成|规划(?:[\d.]+亩)?|布局|共建|新建|设立|[、和与]|做强|拥有|依托)$")
_PUSHED = re.compile(r"(?:推进|加快|支持|推动)$")
_SUBJECT = re.compile(r"建设|打造|构建|重点|将|聚焦")
_AIM = re.compile(
    r"(?:围绕打造|作为|成为|打造全国|打造国内|打造中部|(?:打造|建设)[^，。]{0,10}的|全国知名的|重要的|的(?:龙头|核心|前沿)[、和])$"
)
_AIMED = re.compile(r"(?:打造|形成|成为)$")
_RANKED = re.compile(r"国家|全国|中国|湖北|.{2,6}国家|.{2,14}湖北省(?=工程|重点|技术|临床)")
_NEW = re.compile(r"新建(?:[^，。；]{2,20}、)?$")
_CENTRE = re.compile(r"(?:创新|试验)中心$")
_LONGEST = 36
# From this length a class noun ("重大科技基础设施") says more than the name's own head.
_EXACT = 6


@dataclass(frozen=True)
class Verdict:
    """The layer that a name belongs to, "" when it is of no place, and the reason."""

    layer: str
    reason: str


class Judge:
    """Decides by a catalog's declarations and the general words; knows no place."""

    def __init__(self, catalog: Catalog, words: Lexicon, owners: Mapping[str, str]) -> None:
        self._words, self._owners = words, owners
        self._kind_words = {
            layer.id: [word for kind in layer.kinds for word in kind.words]
            for layer in catalog.values()
            if layer.id in set(owners.values())
        }

    def verdict(self, name: Name, paragraph: Paragraph) -> Verdict:
        """Whether a name is of a place, of which layer, and why."""
        against = self._against(name)
        if against:
            return Verdict("", against)
        reason = self._for(name, paragraph)
        if not reason:
            return Verdict("", "nothing tells which one it is")
        layer = self._layer(name)
        return Verdict(layer, reason if layer == name.layer else CLASSED)

    def _layer(self, name: Name) -> str:
        """The layer of the class in which a list puts the name, or of what its site is for, or of its head."""
        klass = self._words.plural_free(name.among)
        for layer, words in self._kind_words.items():
            if len(klass) >= _EXACT and klass in words:
                return layer
            if name.head == "园区" and any(
                len(w) >= 4 and w in name.text and w[-2:] != name.head for w in words
            ):
                return layer
        return name.layer

    def _against(self, name: Name) -> str:
        """Why a name is of no place, "" when nothing speaks against it."""
        text, words = name.text, self._words
        if self._is_outside(text):
            return "lies outside the corridor"
        if words.wish.search(text):
            return "an aim, a role or an office"
        if words.plural.search(name.before) and not name.among:
            return "one of many, unnamed"
        if len(text) > _LONGEST or text == name.head:
            return "no name"
        core = words.core(words.place.sub("", text) if name.head == "平台" else text.removesuffix(name.head))
        placed = words.is_anchored(text) or words.telling.search(text) is not None
        if not core and (not placed or name.head == "平台") and not self._is_park_beside_places(name):
            return "any of its kind could be called so"
        if not placed and words.role.search(text):
            return "a role"
        if _AIM.search(name.before) and not words.place.search(text):
            return "an aim"
        return ""

    def _is_outside(self, text: str) -> bool:
        """Whether the last place that a name names is not in the corridor."""
        foreign = [found.start() for found in self._words.outside.finditer(text)]
        local = [at for at, _ in self._words.places(text)]
        known = self._words.institution.search(text) is not None
        return bool(foreign) and (not local or max(local) < max(foreign)) and not known

    def _for(self, name: Name, paragraph: Paragraph) -> str:
        """What tells that a name is of one place, "" when nothing does."""
        text, words = name.text, self._words
        core = words.core(text.removesuffix(name.head))
        spatial = any(_SPATIAL.search(title) for title in paragraph.titles)
        if words.is_anchored(text):
            return "names a place or a known institution"
        if words.telling.search(text):
            return "one of its level"
        if not name.head:
            return BARE
        if words.named.search(text) and len(core) >= 2:
            return "a proper name"
        if name.among and (words.shared.search(text) or self._is_of_class(name)):
            return LISTED
        if name.alone and paragraph.section[-1].startswith("专栏"):
            return "the head of an item in a box"
        if _RANKED.match(text) and core and (spatial or not _AIMED.search(name.before)):
            return "one of its level"
        if (words.weak.search(text) and self._is_sited(name, spatial=spatial)) or _is_new_centre(name):
            return "to be built"
        return self._beside(name, core)

    def _beside(self, name: Name, core: str) -> str:
        """What the other members of its list tell of a name."""
        if name.among and len(core) >= 2 and any(map(self._words.is_anchored, name.beside)):
            return "named beside places"
        if any(other.startswith("国家") and other.endswith(name.head[-2:]) for other in name.beside):
            return "named beside others of its kind"
        return ""

    def _is_park_beside_places(self, name: Name) -> bool:
        return name.text.endswith("园") and any(map(self._words.is_anchored, name.beside))

    def _is_of_class(self, name: Name) -> bool:
        """Whether the class of its list is of the name's layer, and says more than a head. Parts are none."""
        klass = self._words.plural_free(name.among)
        heads = [head for head, layer in self._owners.items() if klass.endswith(head) and layer == name.layer]
        return "核心" not in klass and any(head != klass for head in heads)

    def _is_sited(self, name: Name, *, spatial: bool) -> bool:
        """Whether the sentence builds it somewhere, or lets it act. A base counts only in a layout of space."""
        starts = name.before[-1:] in ("", "，", "；")
        built = (
            _BUILDING.search(name.before) is not None
            or bool(name.beside)
            or (_PUSHED.search(name.before) is not None and name.after.startswith("建设"))
            or (starts and _SUBJECT.match(name.after) is not None)
        )
        return built and (spatial or not name.text.endswith("基地"))


def _is_new_centre(name: Name) -> bool:
    return _NEW.search(name.before) is not None and _CENTRE.search(name.text) is not None
