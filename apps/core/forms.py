"""What the forms of all rooms share."""

from __future__ import annotations

from django import forms

from apps.core.errors import SynAnnoError


def put_error(form: forms.Form, error: SynAnnoError) -> None:
    """Show what a service refused at the field that it names, else above the form."""
    field = error.field if error.field in form.fields else None
    sentence = error.sentence
    if field is not None:
        sentence = sentence.removeprefix(f"{field}: ")
        sentence = sentence[:1].upper() + sentence[1:]
    form.add_error(field, sentence)
