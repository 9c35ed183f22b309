"""Statements that take too long are ended. PostgreSQL does so by itself (`statement_timeout`), SQLite does not."""

from __future__ import annotations

import time
from threading import Lock, Thread
from typing import Any

from sqlalchemy import Engine, event

_LOOK_SECONDS = 0.5


class Watch:
    """Ends what runs longer than so many seconds on the connections of an engine, from a thread of its own.

    A statement counts as running until the next one begins or its connection is given back; ending what
    has ended changes nothing. A progress handler would do without the thread, but each of its calls waits
    for the interpreter, which other requests hold.
    """

    def __init__(self, engine: Engine, seconds: float) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._began: dict[Any, float] = {}
        self._disposed = False
        event.listen(engine, "before_cursor_execute", self._begin)
        event.listen(engine, "checkin", self._forget)
        event.listen(engine, "close", self._forget)
        event.listen(engine, "engine_disposed", self._stop)
        Thread(target=self._look, name="corridor-patience", daemon=True).start()

    def _begin(self, connection: Any, *_: object) -> None:
        with self._lock:
            self._began[connection.connection.driver_connection] = time.monotonic()

    def _forget(self, driver_connection: Any, *_: object) -> None:
        with self._lock:
            self._began.pop(driver_connection, None)

    def _stop(self, _engine: Engine) -> None:
        self._disposed = True

    def _look(self) -> None:
        while self._began or not self._disposed:
            time.sleep(_LOOK_SECONDS)
            self._end_what_is_late(time.monotonic())

    def _end_what_is_late(self, now: float) -> None:
        """Under the lock, so that no statement begins between the look at the clock and the end."""
        with self._lock:
            for driver_connection, began in self._began.items():
                if now - began > self._seconds:
                    driver_connection.interrupt()
