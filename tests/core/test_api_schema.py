"""The API describes itself, wholly and from the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from synanno_server.env import REPOSITORY
from tests.support.people import Team
from tests.support.work import client_of

NOT_DESCRIBED = {"/api/", "/api/schema"}  # the description itself
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def schema() -> Any:
    """The description; a warning of its generator fails the test."""
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        made = SchemaGenerator().get_schema(request=None, public=True)
    assert [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache] == []
    return made


def api_routes() -> dict[str, set[str]]:
    """The methods of each address of the API, from the resolver."""
    found = {}
    for path, view in _views("/", get_resolver().url_patterns):
        if path.startswith("/api/") and path not in NOT_DESCRIBED:
            view_class = view.view_class
            found[path] = {method for method in METHODS if hasattr(view_class, method)}
    return found


def _views(prefix: str, patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _views(path, pattern.url_patterns)
        else:
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path), pattern.callback


def test_every_route_of_the_api_is_described(schema: Any) -> None:
    described = {path: METHODS & set(operations) for path, operations in schema["paths"].items()}
    assert described == api_routes()
    assert len(described) > 20


def test_the_description_is_valid_openapi(schema: Any) -> None:
    validate_schema(schema)


def test_every_operation_says_what_it_does_and_how_it_fails(schema: Any) -> None:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), f"{method} {path} has no text"
            assert "default" in operation["responses"]
            assert {"token": []} in operation["security"], f"{method} {path} takes no token"


def test_lists_and_filters_are_described(schema: Any) -> None:
    operation = schema["paths"]["/api/people"]["get"]
    named = {parameter["name"] for parameter in operation["parameters"]}
    assert named == {"cursor", "limit", "search", "is_active"}
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/PaginatedUserList"}


def test_it_is_served_as_json_and_yaml_and_as_a_page(team: Team) -> None:
    anna = client_of(team.anna)
    assert anna.get("/api/schema").json()["openapi"].startswith("3.")
    yaml = anna.get("/api/schema", headers={"Accept": "application/vnd.oai.openapi"})
    assert yaml.content.startswith(b"openapi: 3.")
    page = anna.get("/api/").content.decode()
    assert 'data-schema="/api/schema"' in page
    script = re.search(r'src="(/static/drf_spectacular_sidecar/[^"]+)"', page)
    assert script is not None
    assert anna.get(script[1]).status_code == 200


def test_the_table_of_the_manual_names_every_route(schema: Any) -> None:
    text = (REPOSITORY / "docs" / "api.md").read_text(encoding="utf-8")
    for path in schema["paths"]:
        last = next(part for part in reversed(path.split("/")) if not part.startswith("{"))
        assert last in text, f"docs/api.md does not name {path}"
