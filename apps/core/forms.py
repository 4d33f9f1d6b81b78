"""What the forms of all rooms share."""

from __future__ import annotations

from django import forms

from apps.core.errors import SynAnnoError
from apps.core.sentences import without_name


def without_field(error: SynAnnoError) -> str:
    """The sentence for somebody who sees no names of fields."""
    return without_name(error.sentence, error.field)


def put_error(form: forms.Form, error: SynAnnoError) -> None:
    """Show what a service refused at the field that it names, else above the form."""
    field = error.field if error.field in form.fields else None
    form.add_error(field, without_field(error))
