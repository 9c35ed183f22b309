"""Which version PostGIS serves, known without asking each time: PostgreSQL tells when it changes (NOTIFY)."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from select import POLLIN, poll
from selectors import EVENT_READ, DefaultSelector
from threading import Event, Lock, Thread
from typing import Any, Generic, TypeVar

CHANNEL = "corridor_published"
_ASK_AGAIN_SECONDS = 10  # even when nothing was told: a line may be dead without a word
_RECONNECT_SECONDS = 1

_LOG = logging.getLogger(__name__)

T = TypeVar("T")


class Pointer(Generic[T]):
    """What `ask` answers on a connection, kept up to date by a thread that listens.

    `connect` gives a DBAPI connection of psycopg in autocommit; `lost` is called when it has died, for then
    others will have died as well. A process that was forked from another listens for itself.
    """

    def __init__(
        self, connect: Callable[[], Any], ask: Callable[[Any], T | None], lost: Callable[[], None]
    ) -> None:
        self._connect, self._ask, self._lost = connect, ask, lost
        self._lock = Lock()
        self._process = 0
        self._known: T | None = None
        self._closed = Event()
        self._line: int | None = None  # our end; the thread wakes when it is closed

    def known(self) -> T | None:
        """What the database has told last; None as long as it is not being listened to."""
        if self._process != os.getpid():
            self._listen()
        return self._known

    def doubt(self) -> None:
        """Know nothing until the database has told again."""
        self._known = None

    def close(self) -> None:
        """Listen no more. What is asked for later is listened to again."""
        with self._lock:
            self._known, self._process = None, 0
            self._closed.set()
            if self._line is not None:
                os.close(self._line)
                self._line = None

    def _listen(self) -> None:
        with self._lock:
            if self._process == os.getpid():
                return
            self._process, self._known = os.getpid(), None
            other_end, self._line = os.pipe()
            self._closed = Event()
            Thread(
                target=self._follow, args=(self._closed, other_end), name="corridor-pointer", daemon=True
            ).start()

    def _follow(self, closed: Event, line: int) -> None:
        try:
            while not closed.is_set():
                try:
                    self._follow_one(closed, line)
                except Exception as error:  # whatever it was: until it is over, every reader asks
                    self._known = None
                    _LOG.warning("not told of new versions: %s", str(error).partition("\n")[0])
                    self._lost()
                closed.wait(_RECONNECT_SECONDS)
        finally:
            os.close(line)

    def _follow_one(self, closed: Event, line: int) -> None:
        """Follow on one connection until it dies or this is closed."""
        with self._connect() as connection, DefaultSelector() as selector:
            connection.add_notify_handler(lambda _: None)  # else psycopg hoards what it was told
            connection.execute(f"LISTEN {CHANNEL}")
            for source in (connection, line):
                selector.register(source, EVENT_READ)
            while not closed.is_set():
                self._known = self._ask(connection)
                selector.select(_ASK_AGAIN_SECONDS)


def quiet(connection: Any) -> bool:
    """Whether nothing has come on an idle connection: what comes there unasked is mostly its end."""
    looking = poll()
    looking.register(connection.fileno(), POLLIN)
    return not looking.poll(0)
