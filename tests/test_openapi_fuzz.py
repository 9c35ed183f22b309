"""Requests made from the OpenAPI document by Schemathesis: no fault, and no answer that it does not describe.

A few examples of each operation, the same every time. For a long search set CORRIDOR_TEST_EXAMPLES, or let
Schemathesis itself ask a running service.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode, checks

from gis.config import Settings
from gis.database import Store
from gis.layer import Catalog
from tests.conftest import WELLS
from webmap import create_app

EXAMPLES = int(os.environ.get("CORRIDOR_TEST_EXAMPLES", "3"))
PROMISES = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
PLAIN = {"Accept-Encoding": "identity"}  # what asks an application without a server unpacks nothing
CALM = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def operations(filled: Store) -> list[APIOperation]:
    """What a service of one layer offers."""
    app = create_app(Settings(), Catalog([WELLS]), filled)
    return [found.ok() for found in schemathesis.openapi.from_wsgi("/api", app).get_all_operations()]


def test_the_document_has_every_route_of_the_service(filled: Store, operations: list[APIOperation]) -> None:
    app = create_app(Settings(), Catalog([WELLS]), filled)
    described = {_shape(operation.path) for operation in operations}
    served = {_shape(path) for path in _paths(app.url_map.iter_rules())}
    assert served - described == {
        "/static/{}",
        "/collections/wells/filter",
        "/api",
    }  # it is read from the last
    assert described - served == set()


def _paths(rules: Iterable[object]) -> Iterator[str]:
    for rule in rules:
        yield str(rule).replace("<layer_id>", WELLS.id).replace("<set_id>", "WebMercatorQuad")


def _shape(path: str) -> str:
    """A path without the names of what varies in it."""
    return "/".join("{}" if part[:1] in ("{", "<") else part for part in path.split("/"))


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_request_finds_a_fault_or_an_answer_that_is_not_described(
    operations: list[APIOperation], mode: GenerationMode
) -> None:
    for operation in operations:

        @seed(20210914)
        @CALM
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Case) -> None:
            case.call_and_validate(checks=PROMISES, headers=PLAIN)

        with suppress(Unsatisfiable):  # nothing can be wrong in a request without parameters
            ask()
