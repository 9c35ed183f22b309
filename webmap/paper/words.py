"""Where a name may be broken into lines: between its parts, never inside a word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gis.adcodes import CITIES, DISTRICTS

_OPENING = "（(《“[【"
_AFTER = "）)》”]】、·—-／/ ，"
_PLACES = tuple(
    sorted(
        {
            short
            for zh, _en in (*CITIES.values(), *DISTRICTS.values())
            for short in (zh, zh[:-1])
            if len(short) > 1
        }
        | {"湖北省", "湖北", "国家", "中国", "全国", "中国科学院", "中国工程院", "中科院"},
        key=len,
        reverse=True,
    )
)
# Words that end or carry a name; a name may be broken before each of them.
_HEADS = (
    "重点实验室 国家实验室 湖北实验室 联合实验室 实验室 研究中心 创新中心 技术中心 服务中心 "
    "工程中心 中心 研究院 研究所 科学院 产业园 科技园 科创园 工业园 示范区 开发区 保税区 经济区 "
    "高新区 产业基地 中试基地 基地 服务平台 平台 设施 装置 孵化器 众创空间 加速器 大学 学院 "
    "医院 有限公司 有限责任公司 股份 集团 产业带 发展带 创新带 组团 工程 技术 产业 科技 创新 "
    "科学 公共 服务 产业化 特色 集群 园区 新城 新区 枢纽 机场 企校 联合 院士 专家 成果 转移 "
    "转化 功能区 试验区 高新技术 高技术 集聚区 服务业 生态 片区 自主 检验 检测 知识产权 大数据 "
    "人工智能 增长极 科学城 科创岛 极核 联动轴 "
).split()


# What a name may begin with, and then is broken after instead of before.
_BODIES = ("大学", "学院", "研究院", "研究所", "科学院", "医院", "公司", "集团")


def lines(name: str, count: int, endings: Iterable[str] = ()) -> tuple[str, ...] | None:
    """The name in that many lines of about the same length; None when it has too few places to break."""
    if count == 1:
        return (name,)
    cuts = sorted(breaks(name, endings))
    best: tuple[int, tuple[str, ...]] | None = None
    for chosen in _choices(cuts, count - 1):
        parts = _parts(name, chosen)
        if min(len(part) for part in parts) < 2:
            continue
        longest = max(len(part) for part in parts)
        if best is None or longest < best[0]:
            best = (longest, parts)
    return best[1] if best else None


def breaks(name: str, endings: Iterable[str] = ()) -> set[int]:
    """The positions at which a name may be broken: after a place, before what it is, at brackets and dashes.

    A name of letters is broken at its spaces.
    """
    found = {at for at, letter in enumerate(name) if letter in _OPENING}
    found |= {at + 1 for at, letter in enumerate(name) if letter in _AFTER}
    heads = (*_HEADS, *(ending for ending in endings if len(ending) > 1))
    for word in heads:
        found |= {match.start() for match in re.finditer(re.escape(word), name)}
    found |= {len(place) for place in _PLACES if name.startswith(place)}
    inside = {
        at for word in heads for start in _starts(word, name) for at in range(start + 1, start + len(word))
    }
    found |= {at + 2 for at in _starts("中心", name)}
    bodies = {at for word in _BODIES for at in _starts(word, name) if at + len(word) + 1 < len(name)}
    found |= {at + len(word) for word in _BODIES for at in _starts(word, name)}
    kept = {at for at in found if at not in inside | bodies or name[at - 1] in _AFTER}
    return {at for at in kept if 1 < at < len(name) - 1}


def _starts(word: str, name: str) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(word), name)]


def _choices(cuts: Sequence[int], count: int) -> Iterable[tuple[int, ...]]:
    if count == 0:
        yield ()
        return
    for at, first in enumerate(cuts):
        for rest in _choices(cuts[at + 1 :], count - 1):
            yield (first, *rest)


def _parts(name: str, cuts: Sequence[int]) -> tuple[str, ...]:
    ends = (0, *cuts, len(name))
    return tuple(name[a:b].strip() for a, b in zip(ends, ends[1:], strict=False))
