"""How lists of the API come in parts, and how what is asked for is checked."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from apps.core.api import validated
from apps.core.errors import InvalidInputError, NotFoundError

MOST_IN_A_PART = 500


class Pages(CursorPagination):
    """Parts of a list, each with the address of the next: no counting, no growing offsets, so a
    list of a million rows costs what a short one does. The newest come first."""

    page_size = 50
    max_page_size = MOST_IN_A_PART
    page_size_query_param = "limit"
    ordering = "-pk"

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        """A part of the list. A cursor that was made up may hold what no row can be compared
        with."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError) as error:
            if "cursor" not in request.query_params:
                raise
            sentence = "cursor: this is no address of a part of the list."
            raise NotFoundError(sentence, field="cursor") from error

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        """The order of the list itself, where it has one."""
        return tuple(queryset.query.order_by) or (self.ordering,)

    def get_page_size(self, request: Request) -> int:
        text = request.query_params.get("limit", str(self.page_size))
        if text.isascii() and text.isdigit() and len(text) < 5:
            limit = int(text)
            if 1 <= limit <= MOST_IN_A_PART:
                return limit
        raise InvalidInputError(f"limit: give a number from 1 to {MOST_IN_A_PART}.", field="limit")


def filters_of(request: Request, serializer: type[Serializer[Any]]) -> dict[str, Any]:
    """What a list is narrowed to: the query parameters, checked by a serializer.

    The serializer also describes them in the OpenAPI (`@extend_schema(parameters=[…])`), which a
    filter library would do with a second language for the same. A parameter that it does not know
    is refused: a misspelt filter must not return everything.
    """
    checker = serializer(data=request.query_params)
    known = {*checker.fields, "cursor", "limit"}
    for name in request.query_params:
        if name not in known:
            raise InvalidInputError(
                f"{name}: there is no such filter; use {', '.join(sorted(known))}.", field=name
            )
    return validated(checker)
