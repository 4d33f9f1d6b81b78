"""What the forms of all rooms share."""

from __future__ import annotations

from django import forms

from apps.core.errors import SynAnnoError
from apps.core.sentences import with_labels, without_name


def in_words(error: SynAnnoError) -> str:
    """The sentence where it stands beside no field: the name of one is told as words."""
    return with_labels(error.sentence, error.field)


def put_error(form: forms.BaseForm, error: SynAnnoError) -> None:
    """Show what a service refused at the field that it names, else above the form."""
    if error.field in form.fields:
        form.add_error(error.field, without_name(error.sentence, error.field))
    else:
        form.add_error(None, in_words(error))
