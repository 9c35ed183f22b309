"""The moment in an answer: `timeStamp` is when the answer was sent (Part 1, 7.16, /req/core/fc-timeStamp).

It is the last member of a collection and is written when the answer leaves, so that all before it can be
kept. What is kept is open: text without its end, or gzip (RFC 1952) flushed at a byte, with checksum and
length in place of its trailer, that takes the end as a stored block and the trailer that follows from it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import Enum

from flask import Response

_LEVEL = 5  # of zlib: most of the gain for little of the time
_SUMS = struct.Struct("<II")  # CRC-32 and length modulo 2³², as at the end of gzip
_STORED = struct.Struct("<BHH")  # the last block, not compressed: its length, and that inverted


class Open(Enum):
    """How an open answer is closed; the value is what that adds to its length, in bytes."""

    TEXT = 43
    GZIP = 48


class Momentary(Response):
    """An answer whose text is one JSON object that lacks its last member, the moment, and its brace."""

    open: Open = Open.TEXT


def packed(parts: Iterable[bytes | str], *, left_open: bool = False) -> Iterator[bytes]:
    """The gzip form without a time in its head: the same body gives the same bytes."""
    machine = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)
    checksum = length = 0
    for part in parts:
        text = part.encode() if isinstance(part, str) else part
        if left_open:
            checksum, length = zlib.crc32(text, checksum), length + len(text)
        if block := machine.compress(text):
            yield block
    yield machine.flush(zlib.Z_FULL_FLUSH) + _SUMS.pack(checksum, length) if left_open else machine.flush()


def closed(body: bytes, how: Open) -> bytes:
    """An open answer, or its last part, closed now."""
    end = f',"timeStamp":"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"}}'.encode()
    if how is Open.TEXT:
        return body + end
    before, (checksum, length) = body[: -_SUMS.size], _SUMS.unpack(body[-_SUMS.size :])
    block = _STORED.pack(1, len(end), len(end) ^ 0xFFFF) + end
    return before + block + _SUMS.pack(zlib.crc32(end, checksum), (length + len(end)) & 0xFFFFFFFF)


def closing(parts: Iterable[bytes | str], how: Open) -> Iterator[bytes]:
    """The parts of an open answer as they come, the last of them closed."""
    last = b""
    for part in parts:
        if last:
            yield last
        last = part.encode() if isinstance(part, str) else part
    yield closed(last, how)
