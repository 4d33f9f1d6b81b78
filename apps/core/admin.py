"""What Django's admin shares in all rooms: it stays quick with a million rows, and it shows
history without touching it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import ForeignKey, Model, OneToOneField, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

MOST_COUNTED = 5_000


# Generic in the stubs only: at run time these classes take no parameters.
class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than somebody turns pages: a full count reads the whole table."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return len(rows.order_by().values_list("pk")[:MOST_COUNTED])


class RoomAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Of large tables: no full counts, related rows in the same query, searches by index. Nothing
    is deleted here: services know what hangs together."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    texts: ClassVar[tuple[str, ...]] = ()  # what a word is looked for in
    numbers: ClassVar[tuple[str, ...]] = ("pk",)  # what a number is compared with, by index
    search_fields = ("pk",)  # that there is a box to search in

    def __init__(self, model: type[Model], site: admin.AdminSite) -> None:
        super().__init__(model, site)
        related = [
            field.name
            for field in model._meta.get_fields()
            if isinstance(field, ForeignKey | OneToOneField)
        ]
        self.related = related

    def get_list_select_related(self, request: HttpRequest) -> list[str] | bool:
        return self.related or False  # True would follow no relation that may be empty

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Django's own compares numbers as texts, which no index helps."""
        term, found = search_term.strip(), Q()
        if not term:
            return queryset, False
        if term.isascii() and term.isdigit() and len(term) < 19:
            for name in self.numbers:
                found |= Q(**{name: int(term)})
        for name in self.texts:
            found |= Q(**{f"{name}__icontains": term})
        return (queryset.filter(found) if found else queryset.none()), False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HistoryAdmin(RoomAdmin):
    """To look at: what happened is not changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
