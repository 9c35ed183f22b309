"""What every answer carries: who may read it, how it varies, what a page may load."""

from __future__ import annotations

from secrets import token_urlsafe

from flask import Flask, Response, g, request

_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'"
)

# What an answer of any kind carries: it is what it says it is, and pages from elsewhere may read it.
EVERYWHERE = (("X-Content-Type-Options", "nosniff"), ("Access-Control-Allow-Origin", "*"))

_ASKED_AGAIN_SECONDS = "86400"  # how long a browser remembers what it may ask from another origin


def register(app: Flask) -> None:
    """Put the headers on every answer of an application."""
    app.after_request(_complete)


def nonce() -> str:
    """The word that lets this answer's own inline scripts run."""
    if "nonce" not in g:
        g.nonce = token_urlsafe(16)
    word: str = g.nonce
    return word


def _complete(answer: Response) -> Response:
    answer.headers.update(EVERYWHERE)
    answer.headers["Access-Control-Expose-Headers"] = "Content-Crs, Link, ETag"
    if request.method == "OPTIONS":
        answer.headers["Access-Control-Allow-Methods"] = answer.headers.get("Allow", "GET, HEAD, OPTIONS")
        answer.headers["Access-Control-Allow-Headers"] = (
            "Accept, Accept-Language, Content-Type, If-None-Match"
        )
        answer.headers["Access-Control-Max-Age"] = _ASKED_AGAIN_SECONDS
    vary(answer)
    if answer.mimetype == "text/html":
        answer.headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce())
        answer.headers["Referrer-Policy"] = "same-origin"
    return answer


def vary(answer: Response) -> None:
    """Say on which headers of a request the answer depends."""
    answer.headers["Vary"] = "Accept, Accept-Encoding"
