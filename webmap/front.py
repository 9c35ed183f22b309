"""The first that sees a request: what has been answered is sent again before the application is asked.

Only what `webmap.answers` has given an entity tag is kept: its bytes depend on the published version and on
what a key holds of the request, and on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, cast

from flask import Flask, Response, request

from gis.errors import StoreError
from webmap import answers, context, moment
from webmap.context import Service
from webmap.kept import Answer, Kept
from webmap.moment import Momentary, Open

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Key: TypeAlias = tuple[str, ...]

_KEY = "corridor.key"
# What decides the bytes of an answer, besides the version; the last are those from which links are made.
_ASKED = ("PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING")
_ADDRESS = ("wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME")
_PROXIES = ("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PREFIX")
_DECISIVE = (*_ASKED, *_ADDRESS, *_PROXIES)


class Front:
    """Answers from what is kept, or lets the application answer."""

    def __init__(self, application: WSGIApplication, service: Service) -> None:
        self._application, self._service = application, service

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD") and "HTTP_IF_NONE_MATCH" not in environ:
            key = self._key(environ)
            answer = None if key is None else self._service.kept.get(key)
            if answer is not None:
                start_response("200 OK", list(answer.headers))
                return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.sent()]
            environ[_KEY] = key
        return self._application(environ, start_response)

    def _key(self, environ: WSGIEnvironment) -> Key | None:
        try:
            token = self._service.store.current().token
        except StoreError:
            return None
        return (token, *(environ.get(name, "") for name in _DECISIVE))


def register(app: Flask) -> None:
    """Let an application keep its answers; to be called before what completes them."""
    app.after_request(_close)
    app.after_request(_keep)


def _close(answer: Response) -> Response:
    """Give an answer that names a moment this one."""
    if isinstance(answer, Momentary) and answer.is_streamed:
        answer.response = moment.closing(cast(Iterable[bytes | str], answer.response), answer.open)
    elif isinstance(answer, Momentary):
        answer.set_data(moment.closed(answer.get_data(), answer.open))
    return answer


def _keep(answer: Response) -> Response:
    key: Key | None = request.environ.get(_KEY)
    if key is None or request.method != "GET" or not answers.is_of_its_version(answer):
        return answer
    if context.current().token != key[0]:  # published meanwhile
        return answer
    end = answer.open if isinstance(answer, Momentary) else None
    keep = partial(_put, context.kept(), key, answer.headers.to_wsgi_list(), end)
    if answer.is_streamed:
        parts = cast(Iterable[bytes | str], answer.response)
        answer.response = _kept_while_sent(keep, context.kept().largest, parts)
    else:
        keep(answer.get_data())
    return answer


def _put(kept: Kept, key: Key, headers: list[tuple[str, str]], end: Open | None, body: bytes) -> None:
    length = len(body) + (end.value if end else 0)
    others = (header for header in headers if header[0].lower() != "content-length")
    kept.put(key, Answer((*others, ("Content-Length", str(length))), body, end))


def _kept_while_sent(
    keep: Callable[[bytes], None], most: int, parts: Iterable[bytes | str]
) -> Iterator[bytes]:
    """The parts of an answer, held until they are more than `most` bytes; the whole is kept at their end."""
    held: list[bytes] = []
    room = most
    for part in parts:
        sent = part.encode() if isinstance(part, str) else part
        room -= len(sent)
        if room >= 0:
            held.append(sent)
        else:
            held.clear()
        yield sent
    if room >= 0:
        keep(b"".join(held))
