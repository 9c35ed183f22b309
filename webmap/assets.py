"""The files that a page loads, all our own: what folium calls by an address elsewhere → a file of `static/`."""

from __future__ import annotations

import base64
import json
import mimetypes
import posixpath
import re
from pathlib import Path

from gis.errors import MissingAsset

STATIC = Path(__file__).parent / "static"
VENDOR = STATIC / "vendor"
MANIFEST = VENDOR / "manifest.json"

# Our own files are named by a scheme that no browser can follow, so that none can slip through.
OWN = "corridor:"

# folium and its plugins name files of other hosts. Each pattern → a vendored file, or None where our
# pages do without: the symbols, popups and controls that need them are not used.
_FILES: tuple[tuple[str, str | None], ...] = (
    (r"/leaflet@[\d.]+/dist/leaflet\.js\Z", "leaflet/leaflet.js"),
    (r"/leaflet@[\d.]+/dist/leaflet\.css\Z", "leaflet/leaflet.css"),
    (r"/jquery-[\d.]+\.min\.js\Z", None),
    (r"/bootstrap@[\d.]+/dist/(js/bootstrap\.bundle\.min\.js|css/bootstrap\.min\.css)\Z", None),
    (r"/bootstrap-glyphicons\.css\Z", None),
    (r"/Leaflet\.awesome-markers/[\d.]+/leaflet\.awesome-markers\.(js|css)\Z", None),
    (r"/@fortawesome/fontawesome-free@[\d.]+/css/all\.min\.css\Z", None),
    (r"/leaflet\.awesome\.rotate(\.min)?\.css\Z", None),
)


def resolve(url: str) -> str | None:
    """The path below `static/` of the file that a link means, None when the link is dropped.

    Raises `MissingAsset` for a link that nobody has decided about, and for a file that was not brought.
    """
    if url.startswith(OWN):
        return _present(url.removeprefix(OWN))
    for pattern, name in _FILES:
        if re.search(pattern, url):
            return None if name is None else _present(_vendored(name))
    raise MissingAsset(f"{url}: no file of ours stands for this link; add it to webmap/assets.py.")


def own_files(suffix: str) -> tuple[str, ...]:
    """The paths below `static/` of the files of our own script that have a suffix, in name order."""
    return tuple(sorted(path.relative_to(STATIC).as_posix() for path in (STATIC / "app").glob(f"*{suffix}")))


def text(name: str) -> str:
    """A text file of `static/`."""
    return (STATIC / _present(name)).read_text(encoding="utf-8")


def style_sheet(name: str) -> str:
    """A style sheet of `static/` that needs no other file: what it refers to stands in it as data."""
    return re.sub(
        r"url\(\s*['\"]?(?!data:|#)([^'\")]+)['\"]?\s*\)",
        lambda found: f"url({_data_uri(posixpath.join(posixpath.dirname(name), found[1]))})",
        text(name),
    )


def _data_uri(name: str) -> str:
    path = STATIC / _present(posixpath.normpath(name))
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"data:{media_type};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _present(name: str) -> str:
    if not (STATIC / name).is_file():
        raise MissingAsset(f"webmap/static/{name} is not there; run `make assets`.")
    return name


def _vendored(name: str) -> str:
    if name not in _manifest():
        raise MissingAsset(f"{MANIFEST.name} does not list {name}; run `make assets`.")
    return f"vendor/{name}"


def _manifest() -> frozenset[str]:
    """The vendored files, by their paths below `static/vendor/`."""
    try:
        listed = json.loads(MANIFEST.read_text(encoding="utf-8"))["files"]
    except FileNotFoundError:
        raise MissingAsset(f"{MANIFEST} is not there; run `make assets`.") from None
    return frozenset(file["path"] for file in listed)
