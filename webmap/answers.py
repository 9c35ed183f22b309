"""How an answer is sent: with a validator, compressed, kept for the next who asks, or not sent at all (304).

Data change only by publishing a version, so an answer is good until the next version: its entity tag
(RFC 9110, 8.8.3) is a digest of the version, the moment from which answers are generated, and the
request; it is known before any work is done. Two answers with one tag have the same bytes.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Hashable, Iterable, Iterator
from typing import cast

from flask import Flask, Response, g, request

from gis.errors import StoreError
from webmap import context, headers, links
from webmap.kept import Answer

_BLUEPRINTS = frozenset({"api", "areas", "pages", "tiles"})
_WORTH_COMPRESSING = 800  # bytes
_LEVEL = 5  # of zlib: most of the gain for little of the time
_COMPRESSIBLE = ("application/", "text/")
_NOT_COMPRESSED = ("application/geopackage", "application/flatgeobuf", "application/zip")


def register(app: Flask) -> None:
    """Let an application answer with validators, compressed, and from what it keeps."""
    app.before_request(_known_already)
    app.after_request(_finish)


def _known_already() -> Response | None:
    """The answer that is kept, or 304, or None when there is work to do."""
    if request.method not in ("GET", "HEAD") or request.blueprint not in _BLUEPRINTS:
        return None
    try:
        g.identity = _identity()
    except StoreError:
        return None
    if request.if_none_match.contains_weak(_tag(g.identity)) and not request.if_none_match.star_tag:
        return _not_modified(_tag(g.identity))
    answer = context.kept().get(g.identity)
    return None if answer is None else Response(answer.body, answer.status, list(answer.headers))


def _identity() -> Hashable:
    """What decides the bytes of an answer: version and moment, address, wanted form and encoding."""
    return (
        context.current().token,
        context.generated().isoformat(),
        links.root(),
        request.path,
        request.query_string,
        request.headers.get("Accept", ""),
        _wants_gzip(),
    )


def _wants_gzip() -> bool:
    return bool(request.accept_encodings["gzip"])


def _tag(identity: Hashable) -> str:
    return hashlib.sha256(repr(identity).encode()).hexdigest()[:32]


def _finish(answer: Response) -> Response:
    """Complete an answer: a fresh one gets its tag, is compressed and kept; one that was kept is whole."""
    identity = g.get("identity")
    if identity is None or answer.status_code != 200:
        return answer
    if answer.mimetype == "text/html":
        _compress(answer)  # a page carries a nonce of its own: it has no tag and is not kept
        return answer
    if "ETag" not in answer.headers:
        _complete(answer, identity)
    if request.if_none_match.star_tag:  # holds for whatever there is, which is known only now
        answer.close()
        return _not_modified(_tag(identity))
    return answer


def _complete(answer: Response, identity: Hashable) -> None:
    answer.set_etag(_tag(identity))
    answer.headers["Cache-Control"] = "no-cache"
    _compress(answer)
    if not answer.is_streamed:
        body = answer.get_data()
        context.kept().put(identity, Answer(200, tuple(answer.headers.to_wsgi_list()), body))


def _not_modified(tag: str) -> Response:
    answer = Response(status=304)
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = "no-cache"
    headers.vary(answer)
    return answer


def _compress(answer: Response) -> None:
    """Put gzip on an answer that gains by it, as a whole or as it flows."""
    kind = answer.mimetype or ""
    if not _wants_gzip() or not kind.startswith(_COMPRESSIBLE):
        return
    if kind.startswith(_NOT_COMPRESSED):
        return
    if answer.is_streamed:
        answer.response = _flowing(cast(Iterable[bytes | str], answer.response))
        answer.headers["Content-Encoding"] = "gzip"
        return
    body = answer.get_data()
    if len(body) >= _WORTH_COMPRESSING:
        answer.set_data(b"".join(_flowing([body])))
        answer.headers["Content-Encoding"] = "gzip"


def _flowing(parts: Iterable[bytes | str]) -> Iterator[bytes]:
    """The gzip form without a time in its head: the same body gives the same bytes."""
    machine = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)
    for part in parts:
        if packed := machine.compress(part.encode() if isinstance(part, str) else part):
            yield packed
    yield machine.flush()
