"""What goes wrong, as problem documents (RFC 9457): the one place where errors meet HTTP."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus

from flask import Flask, Response
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from gis.database import STATEMENT_SECONDS, took_too_long
from gis.errors import (
    BadData,
    BadDeclaration,
    BadParameter,
    BadSettings,
    GisError,
    MissingAsset,
    NotFound,
    Overloaded,
    StoreError,
    TooMuch,
    UpstreamError,
)

STATUS: dict[type[GisError], int] = {
    NotFound: 404,
    BadParameter: 400,
    StoreError: 503,
    Overloaded: 503,
    UpstreamError: 502,
    TooMuch: 503,
    BadDeclaration: 500,
    BadData: 500,
    BadSettings: 500,
    MissingAsset: 500,
    GisError: 500,
}
_RETRY_AFTER_SECONDS = "10"
_TOO_LONG = (
    f"The database needed more than {STATEMENT_SECONDS} s for this request and was stopped; "
    "ask for less: a smaller box, a simpler filter."
)
_log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Answer every error of an application with a problem document."""
    app.register_error_handler(GisError, from_gis)
    app.register_error_handler(HTTPException, from_http)
    app.register_error_handler(SQLAlchemyError, from_database)
    app.register_error_handler(Exception, from_fault)


def from_gis(error: GisError) -> Response:
    """The answer to an error of ours: its own words, its class's status."""
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if status >= 500:
        _log.error("%s", error)
    return problem(error.title, status, str(error))


def from_http(error: HTTPException) -> Response:
    """The answer to an error of routing: unknown path, wrong method, broken request."""
    answer = problem(error.name, error.code or 500, error.description or error.name)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after", "location"):
            answer.headers[name] = value
    return answer


def from_database(error: SQLAlchemyError) -> Response:
    """The answer when the database fails under a request; its text goes to the log, not to the client."""
    _log.error("database: %s", error)
    if isinstance(error, DBAPIError) and took_too_long(error):
        return problem("Takes too long", 503, _TOO_LONG)
    return problem("Database error", 503, "The database did not answer this request; try again later.")


def from_fault(error: Exception) -> Response:
    """The answer to a fault of the programme; the traceback goes to the log."""
    _log.exception("fault", exc_info=error)
    return problem("Internal error", 500, "The service failed on this request; it has been logged.")


def problem(title: str, status: int, detail: str) -> Response:
    """A problem document."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    # Half of a surrogate pair, which JSON can hold and UTF-8 cannot, is written as JSON escapes it.
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    answer = Response(text, status, mimetype="application/problem+json")
    if status == 503:
        answer.headers["Retry-After"] = _RETRY_AFTER_SECONDS
    return answer


def refusal(status: int, detail: str) -> bytes:
    """A problem document as a whole answer, for what reached no application: it was no request."""
    answer = problem(HTTPStatus(status).phrase, status, detail)
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nConnection: close\r\n"
    headers = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    return f"{head}{headers}Access-Control-Allow-Origin: *\r\n\r\n".encode("latin-1") + answer.get_data()
