"""Answers that are kept: as many as fit into a number of bytes, the least used going first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock

from webmap.moment import Open, closed


@dataclass(frozen=True)
class Answer:
    """What is sent again as it was: headers, and the body in the encoding the headers name.

    A body that is open is closed with the moment each time that it is sent.
    """

    headers: tuple[tuple[str, str], ...]
    body: bytes
    open: Open | None = None

    def sent(self) -> bytes:
        """The body as it goes out now."""
        return closed(self.body, self.open) if self.open else self.body


class Kept:
    """A bounded store of answers. `limit` is in bytes; one answer may take an eighth of it, `largest`."""

    def __init__(self, limit: int) -> None:
        self.largest = limit // 8
        self._limit = limit
        self._size = 0
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Answer | None:
        """The answer kept under a key."""
        with self._lock:
            answer = self._answers.get(key)
            if answer is not None:
                self._answers.move_to_end(key)
            return answer

    def put(self, key: Hashable, answer: Answer) -> None:
        """Keep an answer, unless it is too large."""
        size = _size(answer)
        if size > self.largest:
            return
        with self._lock:
            old = self._answers.pop(key, None)
            self._size += size - (_size(old) if old else 0)
            self._answers[key] = answer
            while self._size > self._limit:
                _key, dropped = self._answers.popitem(last=False)
                self._size -= _size(dropped)


def _size(answer: Answer) -> int:
    return len(answer.body) + sum(len(name) + len(value) for name, value in answer.headers) + 200
