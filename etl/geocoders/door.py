"""The one place that speaks to geocoding services: GET, JSON, within their rate, with bounded patience.

Errors never hold an address: it would show the key.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from threading import Lock
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from gis.errors import GeocoderError
from gis.geocoding import GeocodingService

AGENT = "guanggu-corridor/0.1 (planning map, geocoding)"
MAXIMUM_BYTES = 2**20
_CHUNK = 64 * 1024


class Busy(Exception):
    """A service that may answer when asked again; `seconds` is how long it wants to be left alone."""

    def __init__(self, reason: str, seconds: float = 0.0) -> None:
        self.reason, self.seconds = reason, seconds
        super().__init__(reason)


@dataclass
class Door:
    """Asks one service. `tries` times at most, waiting `first_wait` seconds, then twice as long each time."""

    service: GeocodingService
    timeout: float = 10.0
    tries: int = 4
    first_wait: float = 1.0
    longest_wait: float = 30.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _lock: Lock = field(default_factory=Lock, repr=False)
    _next: float = 0.0

    def ask(self, path: str, parameters: Mapping[str, str], check: Callable[[Any], None]) -> Any:
        """The JSON that the service answers. `check` raises `Busy` for one that wants to be asked again.

        Raises `GeocoderError` when there is no such answer after all tries.
        """
        address = f"{self.service.url}{path}?{urlencode(parameters)}"
        reason = ""
        for attempt in range(self.tries):
            self._wait_for_turn()
            try:
                answer = self._answer(address)
                check(answer)
            except Busy as busy:
                reason = busy.reason
                if attempt + 1 < self.tries:
                    self.sleep(min(self.longest_wait, max(busy.seconds, self.first_wait * 2**attempt)))
            else:
                return answer
        raise GeocoderError(self.service.id, f"{reason}, after {self.tries} tries.")

    def _wait_for_turn(self) -> None:
        """Take the next moment at which the service may be asked, and wait for it."""
        with self._lock:
            now = self.clock()
            turn = max(now, self._next)
            self._next = turn + 1 / self.service.per_second
        if turn > now:
            self.sleep(turn - now)

    def _answer(self, address: str) -> Any:
        asked = Request(address, headers={"User-Agent": AGENT, "Accept": "application/json"})
        try:
            with _OPENER.open(asked, timeout=self.timeout) as answer:
                body = self._body(answer)
        except HTTPError as error:
            with error:
                body = self._refused(error)
        except (OSError, HTTPException):
            raise Busy("did not answer") from None
        except ValueError:
            raise GeocoderError(self.service.id, "its address cannot be asked.") from None
        return self._json(body)

    def _refused(self, error: HTTPError) -> bytes:
        """The body of an answer that is not 200: services say there in their own words what is wrong."""
        if error.code == 429 or error.code >= 500:
            wanted = error.headers.get("Retry-After", "")
            patience = float(wanted) if wanted.isdecimal() and len(wanted) < 6 else 0.0
            raise Busy(f"answered {error.code}", patience)
        try:
            body = self._body(error)
            self._json(body)
        except (GeocoderError, Busy, OSError, HTTPException):
            raise GeocoderError(self.service.id, f"answered {error.code}.") from None
        return body

    def _body(self, answer: IO[bytes]) -> bytes:
        deadline, parts, size = time.monotonic() + self.timeout, [], 0
        while part := answer.read1(_CHUNK):  # type: ignore[attr-defined]
            parts.append(part)
            size += len(part)
            if size > MAXIMUM_BYTES:
                raise GeocoderError(self.service.id, f"sent more than {MAXIMUM_BYTES} bytes.")
            if time.monotonic() > deadline:
                raise Busy("did not answer")
        return b"".join(parts)

    def _json(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise GeocoderError(self.service.id, "sent no JSON.") from None


class _NoRedirect(HTTPRedirectHandler):
    """A redirect is an answer like any other that is not JSON: it could lead anywhere, with the key."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None


_OPENER = build_opener(_NoRedirect)
