"""The service under a second name. ArcGIS API for Python takes no address that does not end so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NAME = "ogcfeatureserver"
_KEY = "corridor.alias"


class Alias:
    """Answers below `/ogcfeatureserver`, in letters of either case, as at the root; links stay below it."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        first, _, rest = environ.get("PATH_INFO", "").removeprefix("/").partition("/")
        if first.lower() == NAME:
            prefix = f"{environ.get('SCRIPT_NAME', '')}/{first}"
            environ = {**environ, _KEY: f"/{first}", "SCRIPT_NAME": prefix, "PATH_INFO": f"/{rest}"}
        return self._application(environ, start_response)


def used() -> str:
    """The second name as this request has it, with its slash; "" where it goes by the first."""
    found: str = request.environ.get(_KEY, "")
    return found
