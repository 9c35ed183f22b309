"""What is taken in while it is stored: block after block of files, each key and id once in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.importing.source import Source
from etl.records import Rejected, Row
from gis.block import Block


@dataclass(frozen=True, eq=False)
class Stream:
    """A file whose rows are taken in while they are stored. `lenient` says that bad rows are left out."""

    source: Source
    name: str
    lenient: bool = False


@dataclass(frozen=True, eq=False)
class _Earlier:
    """The ids and keys of a block that was taken in."""

    source: Source
    ids: np.ndarray
    keys: Any


class Taken:
    """The keys of all layers and the ids of each, with where they stand."""

    def __init__(self, seen: Mapping[tuple[str, str], str]) -> None:
        self._seen = seen
        self._curated = pa.array([key for scope, key in seen if scope == ""], pa.string())
        self._earlier: list[_Earlier] = []

    def blocks(
        self, stream: Stream, rejected: list[Rejected], advance: Callable[[int], None]
    ) -> Iterator[Block]:
        """The blocks of a stream; what is not taken in is added to the rejected."""
        for block, left_out in stream.source.blocks():
            rejected += left_out
            kept, twice = self._sifted(stream.source, block)
            rejected += twice
            advance(len(block) + len(left_out))
            yield kept

    def _sifted(self, source: Source, block: Block) -> tuple[Block, list[Rejected]]:
        keys = block.columns["key"]
        twice = _known(keys, self._curated)
        if source.own_keys:
            twice |= _repeated(keys)
        for one in self._earlier:
            # Ids are unique in a source, and so are the keys that are made of them.
            if one.source is not source or source.own_keys:
                twice |= _known(keys, one.keys)
            if one.source is not source and one.source.layer.id == block.layer.id:
                twice |= _known(pa.array(block.ids), pa.array(one.ids))
        rejected = [self._told(source, block, int(i)) for i in np.flatnonzero(twice)]
        kept = block.taken(np.flatnonzero(~twice)) if rejected else block
        self._earlier.append(_Earlier(source, kept.ids, kept.columns["key"]))
        return kept, rejected

    def _told(self, source: Source, block: Block, i: int) -> Rejected:
        key = block.columns["key"][i].as_py()
        row = Row(source.where(int(block.ids[i])), {"key": key, "id": int(block.ids[i])})
        if ("", key) in self._seen:
            return Rejected(row, "key", f"a key of its own; {self._seen['', key]} has this one")
        first = pc.index(block.columns["key"], key).as_py()
        if first < i:
            return Rejected(
                row, "key", f"a key of its own; {source.where(int(block.ids[first]))} has this one"
            )
        for one in self._earlier:
            place = pc.index(one.keys, key).as_py()
            if place >= 0:
                where = one.source.where(int(one.ids[place]))
                return Rejected(row, "key", f"a key of its own; {where} has this one")
        return Rejected(row, "id", "a number of its own; another source of the layer has this one")


def _known(values: Any, others: Any) -> np.ndarray:
    found: np.ndarray = pc.is_in(values, others).to_numpy(zero_copy_only=False)
    return found


def _repeated(keys: Any) -> np.ndarray:
    """Which keys have stood before in the same column."""
    coded = keys.dictionary_encode()
    if len(coded.dictionary) == len(keys):
        return np.zeros(len(keys), dtype=bool)
    repeated = np.ones(len(keys), dtype=bool)
    repeated[np.unique(coded.indices.to_numpy(), return_index=True)[1]] = False
    return repeated
