"""Geocoders that ask a service, once for each question."""

from __future__ import annotations

from dataclasses import dataclass

from etl.geocoders.base import LONGEST, Placed, Sought
from etl.geocoders.cache import Cache
from etl.geocoders.dialects import Dialect, dialect
from etl.geocoders.door import Door
from gis.config import Settings


@dataclass(frozen=True)
class Online:
    """One service: what it answered before comes from the cache."""

    dialect: Dialect
    door: Door
    cache: Cache

    @property
    def id(self) -> str:
        return self.dialect.id

    def find(self, sought: Sought) -> Placed | None:
        """The place that the service gives. Raises `GeocoderError` when it does not answer as it should."""
        if not _can_be_asked(sought.text):
            return None
        question = self.dialect.question(sought)
        answer = self.cache.get(self.id, question)
        if answer is None:
            parameters = self.dialect.with_key(question, self.door.service.key)
            answer = self.door.ask(self.dialect.path, parameters, self.dialect.check)
            placed = self.dialect.placed(answer)
            self.cache.put(self.id, question, answer)
            return placed
        return self.dialect.placed(answer)


def _can_be_asked(text: str) -> bool:
    """Whether a text may be an address: cells of a user's file may hold anything, of any length."""
    fit = bool(text.strip()) and len(text) <= LONGEST
    return fit and not any("\ud800" <= character <= "\udfff" for character in text)


def geocoders(settings: Settings) -> tuple[Online, ...]:
    """The services of the settings, in their order; none unless they are listed there."""
    cache = Cache(settings.geocode_cache)
    return tuple(Online(dialect(one.id), Door(one), cache) for one in settings.geocoders)
