"""The geocoding services that an installation may ask, and where their answers are kept. None unless set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gis.errors import BadSettings


@dataclass(frozen=True)
class GeocodingService:
    """A service that gives places for names and addresses.

    id          which protocol it speaks: tianditu, amap, nominatim
    url         its address without the path of the protocol
    key         what it wants to be shown; never in a log, an error or the cache
    per_second  how many questions it may be asked in a second
    """

    id: str
    url: str
    key: str = field(default="", repr=False)
    per_second: float = 1.0


# What is known of each service: its public address, whether it wants a key, its rate.
_KNOWN: Mapping[str, tuple[str, bool, float]] = {
    "tianditu": ("https://api.tianditu.gov.cn", True, 5.0),
    "amap": ("https://restapi.amap.com", True, 3.0),
    "nominatim": ("https://nominatim.openstreetmap.org", False, 1.0),
}


def services(environ: Mapping[str, str]) -> tuple[GeocodingService, ...]:
    """The services that `CORRIDOR_GEOCODERS` lists, in its order, with their keys and addresses.

    Raises `BadSettings` for a service that is not known, one without its key, and an address that is none.
    """
    listed = [name.strip() for name in environ.get("CORRIDOR_GEOCODERS", "").split(",")]
    return tuple(_service(name, environ) for name in dict.fromkeys(filter(None, listed)))


def _service(name: str, environ: Mapping[str, str]) -> GeocodingService:
    if name not in _KNOWN:
        raise BadSettings("CORRIDOR_GEOCODERS", name, f"some of {', '.join(_KNOWN)}")
    url, wants_key, per_second = _KNOWN[name]
    variable = f"CORRIDOR_{name.upper()}"
    key = environ.get(f"{variable}_KEY", "").strip()
    if wants_key and not key:
        raise BadSettings(f"{variable}_KEY", "", f"the key of {name}, which CORRIDOR_GEOCODERS lists")
    given = environ.get(f"{variable}_URL", "").strip() or url
    if urlsplit(given).scheme not in ("http", "https") or not urlsplit(given).netloc:
        raise BadSettings(f"{variable}_URL", given, f"a URL such as {url}")
    return GeocodingService(name, given.rstrip("/"), key, per_second)
