"""How an answer is sent: with a validator, compressed, or not sent at all (304). `webmap.front` keeps it.

Data change only by publishing a version, so an answer is good until the next version: its entity tag
(RFC 9110, 8.8.3) is a digest of the version, the moment from which answers are generated, and the
request; it is known before any work is done. Two answers with one strong tag have the same bytes; those
with one weak tag may differ in the moment that they name (`webmap.moment`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable
from typing import cast

from flask import Flask, Response, g, request

from gis.errors import StoreError
from webmap import context, headers, links, moment
from webmap.moment import Momentary, Open

_BLUEPRINTS = frozenset({"api", "areas", "pages", "tiles"})
_WORTH_COMPRESSING = 800  # bytes
_COMPRESSIBLE = ("application/", "text/")
_NOT_COMPRESSED = ("application/geopackage", "application/flatgeobuf", "application/zip")


def register(app: Flask) -> None:
    """Let an application answer with validators, and compressed."""
    app.before_request(_not_changed)
    app.after_request(_finish)


def _not_changed() -> Response | None:
    """304 for who has the answer already, None when there is work to do."""
    given = request.if_none_match
    if not _has_validator() or not given or given.star_tag:
        return None
    try:
        tag = _tag(_identity())
    except StoreError:
        return None
    return _not_modified(tag, weak=given.is_weak(tag)) if given.contains_weak(tag) else None


def _has_validator() -> bool:
    return request.method in ("GET", "HEAD") and request.blueprint in _BLUEPRINTS


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
    """Give an answer its tag, and compress it."""
    if answer.status_code != 200 or not _has_validator():
        return answer
    if answer.mimetype == "text/html":
        _compress(answer)  # a page carries a nonce of its own: it has no tag and is not kept
        return answer
    tag, weak = _tag(_identity()), isinstance(answer, Momentary)
    answer.set_etag(tag, weak=weak)
    g.tagged = True
    answer.headers["Cache-Control"] = "no-cache"
    _compress(answer)
    if request.if_none_match.star_tag:  # holds for whatever there is, which is known only now
        answer.close()
        return _not_modified(tag, weak=weak)
    return answer


def is_of_its_version(answer: Response) -> bool:
    """Whether an answer holds for the published version and for nothing else, so that it may be kept."""
    return answer.status_code == 200 and "tagged" in g


def _not_modified(tag: str, *, weak: bool) -> Response:
    answer = Response(status=304)
    answer.set_etag(tag, weak=weak)
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
    left_open = isinstance(answer, Momentary)
    if answer.is_streamed:
        answer.response = moment.packed(cast(Iterable[bytes | str], answer.response), left_open=left_open)
    elif len(body := answer.get_data()) >= _WORTH_COMPRESSING:
        answer.set_data(b"".join(moment.packed([body], left_open=left_open)))
    else:
        return
    answer.headers["Content-Encoding"] = "gzip"
    if isinstance(answer, Momentary):
        answer.open = Open.GZIP
