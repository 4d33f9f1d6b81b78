"""The pages of people: their tokens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.http import PersonRequest
from apps.accounts.selectors import tokens_of
from apps.accounts.services.tokens import LONGEST_DAYS, create_token, revoke_token
from apps.core.errors import InvalidInputError
from apps.core.forms import put_error


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, label="What is it for?")
    days = forms.IntegerField(
        min_value=1, max_value=LONGEST_DAYS, initial=90, label="Good for how many days?"
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def tokens(request: PersonRequest) -> HttpResponse:
    """The tokens of this person; a new one is shown once."""
    context: dict[str, Any] = {"form": TokenForm()}
    if request.method == "POST":
        context["form"] = form = TokenForm(request.POST)
        if form.is_valid():
            try:
                made, secret = create_token(request.user, **form.cleaned_data)
            except InvalidInputError as error:
                put_error(form, error)
            else:
                context = {"form": TokenForm(), "made": made, "secret": secret}
    context["tokens"] = tokens_of(request.user)
    return render(request, "accounts/tokens.html", context)


@require_POST
@login_required
def revoke(request: PersonRequest, token_id: int) -> HttpResponse:
    revoke_token(request.user, token_id)
    messages.success(request, "The token is revoked: it opens nothing any more.")
    return redirect("tokens")
