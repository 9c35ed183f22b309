"""What can go wrong, as a tree. These errors know no HTTP: `webmap.problems` gives each its status.

GisError
├── NotFound            what was asked for does not exist
├── BadParameter        a value in a request that cannot be understood
├── BadDeclaration      a layer that contradicts itself
├── BadData             a row or a file that cannot be taken in
├── BadSettings         a setting that cannot work
├── StoreError          the database
│   ├── NoStore         it cannot be reached or opened
│   ├── MissingExtension  it has no spatial functions
│   ├── NothingPublished  no version of the data has been published yet
│   ├── StaleTable      the data were built from another declaration of the layer
│   └── Busy            another build holds the lock
├── TooMuch             the service does as much of this as it can at the moment
├── UpstreamError       another service whose tiles are passed on
│   └── Overloaded      it has been asked too often
├── GeocoderError       a geocoding service that cannot be asked
│   └── QuotaUsedUp     it gives no more answers today
└── MissingAsset        a file that the build should have brought
"""

from __future__ import annotations


class GisError(Exception):
    """The root: its text says what came, what was expected, and what to do about it."""

    title = "Error"

    def __reduce__(self) -> tuple[object, ...]:
        """An error comes out of another process as it was, whatever its class is made from."""
        return _made_again, (type(self), self.args, self.__dict__)


def _made_again(kind: type[GisError], args: tuple[object, ...], state: dict[str, object]) -> GisError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class NotFound(GisError):
    """What was asked for does not exist."""

    title = "Not found"

    def __init__(self, what: str, name: object, known: str = "") -> None:
        super().__init__(f"No {what} {str(name)!r}{f'; {known}' if known else ''}.")


class BadParameter(GisError):
    """A value in the request that cannot be understood."""

    title = "Invalid parameter"

    def __init__(self, name: str, value: object, expected: str) -> None:
        self.name = name
        super().__init__(f"{name}={str(value)!r}: expected {expected}.")


class BadDeclaration(GisError):
    """A layer that contradicts itself."""

    title = "Invalid layer declaration"

    def __init__(self, where: str, key: str, reason: str) -> None:
        self.where, self.key, self.reason = where, key, reason
        super().__init__(f"{where}: {key}: {reason}")


class BadData(GisError):
    """A row or a file that cannot be taken in."""

    title = "Invalid data"

    def __init__(self, where: str, reason: str) -> None:
        self.where, self.reason = where, reason
        super().__init__(f"{where}: {reason}")


class BadSettings(GisError):
    """A setting that cannot work."""

    title = "Invalid setting"

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(f"{name}={str(value)!r}: expected {expected}.")


class StoreError(GisError):
    """The database does not do what is needed of it."""

    title = "Database error"


class NoStore(StoreError):
    """The database cannot be reached or opened."""

    title = "Database unreachable"


class MissingExtension(StoreError):
    """The database has no spatial functions."""

    title = "Spatial extension missing"


class NothingPublished(StoreError):
    """No version of the data has been published yet."""

    title = "No data"


class StaleTable(StoreError):
    """The data were built from another declaration of the layer."""

    title = "Data out of date"


class Busy(StoreError):
    """Another build holds the lock."""

    title = "Build in progress"


class TooMuch(GisError):
    """The service does as much of this as it can at the moment."""

    title = "Too much at once"


class UpstreamError(GisError):
    """Another service does not give what it should; what it said is not passed on."""

    title = "Basemap unavailable"


class Overloaded(UpstreamError):
    """Another service has been asked too often."""

    title = "Basemap overloaded"


class GeocoderError(GisError):
    """A geocoding service does not answer as it should; neither its key nor its own words are passed on."""

    title = "Geocoding unavailable"

    def __init__(self, service: str, reason: str) -> None:
        self.service = service
        super().__init__(f"{service}: {reason}")


class QuotaUsedUp(GeocoderError):
    """A geocoding service gives no more answers for this key today."""

    title = "Geocoding quota used up"


class MissingAsset(GisError):
    """A file that the build should have brought is not there."""

    title = "Asset missing"
