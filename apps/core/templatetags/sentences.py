"""`{{ run.words|plain }}`: what a worker noted of an error, for people."""

from __future__ import annotations

from django import template

from apps.core.sentences import without_any_name

register = template.Library()


@register.filter
def plain(sentence: str) -> str:
    """Without the name that programs have for the field at fault."""
    return without_any_name(sentence)
