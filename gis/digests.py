"""Digests of the features of a layer, by ranges of ids: where two versions agree, told without reading them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter

import numpy as np
from sqlalchemy import Connection, select

from gis import bulk
from gis.layer import Layer
from gis.tables import DIGEST

RANGE = 4096  # ids


def of(ids: np.ndarray, ends: np.ndarray, written: memoryview) -> dict[int, int]:
    """The digests of features by the number of their range. Ids ascend; the text of the feature at place `i` is
    what is written from `ends[i]` to `ends[i + 1]`."""
    numbers = ids // RANGE
    firsts = np.flatnonzero(np.diff(numbers, prepend=-1))
    bounds = [*ends[firsts].tolist(), int(ends[len(ids)])]
    parts = zip(numbers[firsts].tolist(), bounds, bounds[1:], strict=False)
    return {number: _digest(written[start:end]) for number, start, end in parts}


def _digest(part: memoryview) -> int:
    return int.from_bytes(hashlib.sha256(part).digest()[:8], "big", signed=True)


def store(connection: Connection, layer: Layer, parts: Iterable[Mapping[int, int]]) -> None:
    """Store digests of parts of a layer, each range of which may have features in several parts."""
    found: dict[int, int] = {}
    for part in parts:
        for number, digest in part.items():
            found[number] = found.get(number, 0) ^ digest
    bulk.insert(connection, DIGEST, [(layer.id, number, digest) for number, digest in found.items()])


def differing(before: Connection, building: Connection, layer: Layer) -> Iterator[tuple[int, int]]:
    """The ranges of ids, first and last, in which features may differ between two versions."""
    old, new = _stored(before, layer), _stored(building, layer)
    differ = [(number, old.get(number) != new.get(number)) for number in sorted({**old, **new})]
    for differs, together in groupby(differ, key=itemgetter(1)):
        numbers = [number for number, _ in together]
        if differs:
            yield numbers[0] * RANGE, (numbers[-1] + 1) * RANGE - 1


def _stored(connection: Connection, layer: Layer) -> Mapping[int, int]:
    wanted = select(DIGEST.c.number, DIGEST.c.digest).where(DIGEST.c.layer == layer.id)
    return dict(tuple(row) for row in connection.execute(wanted))
