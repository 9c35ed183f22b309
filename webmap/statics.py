"""The files of `static/` as they are sent: read and compressed once, then answered before the application is asked.

An address that tells what its file holds (`?v=…`) is good for ever; another is asked for again each time, and
answered by 304 while it holds. A file that has changed on disk is read anew.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.http import parse_accept_header, parse_etags
from werkzeug.security import safe_join

from webmap import assets, headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PREFIX = "/static/"
_FOR_EVER = "public, max-age=31536000, immutable"
_COMPRESSIBLE = ("text/", "application/json", "image/svg")


@dataclass(frozen=True)
class File:
    """One file. `packed` is its body as gzip, None for one that does not gain by it."""

    body: bytes
    packed: bytes | None
    media_type: str
    version: str


class Statics:
    """Answers for the files, or lets the application answer."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        is_asked = path.startswith(_PREFIX) and environ["REQUEST_METHOD"] in ("GET", "HEAD")
        file = held(path.removeprefix(_PREFIX)) if is_asked and "HTTP_RANGE" not in environ else None
        if file is None:
            return self._application(environ, start_response)
        return _send(file, environ, start_response)


def register(app: Flask) -> None:
    """Let an application send its files so, and link to them by what they hold."""
    app.wsgi_app = Statics(app.wsgi_app)  # type: ignore[method-assign]
    app.url_defaults(_told)


def _told(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and (file := held(values["filename"])):
        values["v"] = file.version


def held(name: str) -> File | None:
    """A file by its path below `static/`; None where there is none."""
    path = safe_join(str(assets.STATIC), name)
    if path is None or not Path(path).is_file():
        return None
    found = Path(path).stat()
    return _read(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=512)
def _read(path: str, _changed_ns: int, _size: int) -> File:
    body = Path(path).read_bytes()
    media_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
    packed = gzip.compress(body, mtime=0) if media_type.startswith(_COMPRESSIBLE) else None
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    return File(body, packed, f"{media_type}{charset}", hashlib.sha256(body).hexdigest()[:16])


def _send(file: File, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    packed = file.packed if parse_accept_header(environ.get("HTTP_ACCEPT_ENCODING"))["gzip"] else None
    tag = file.version if packed is None else f"{file.version}-gzip"
    is_exact = environ.get("QUERY_STRING") == f"v={file.version}"
    common = [
        ("ETag", f'"{tag}"'),
        ("Cache-Control", _FOR_EVER if is_exact else "no-cache"),
        ("Vary", "Accept-Encoding"),
        *headers.EVERYWHERE,
    ]
    if parse_etags(environ.get("HTTP_IF_NONE_MATCH")).contains_weak(tag):
        start_response("304 Not Modified", common)
        return []
    body = packed or file.body
    about = [("Content-Type", file.media_type), ("Content-Length", str(len(body)))]
    encoding = [("Content-Encoding", "gzip")] if packed else []
    start_response("200 OK", [*about, *encoding, *common])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
