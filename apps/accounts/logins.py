"""Logging in, with a limit to how many passwords may be tried."""

from __future__ import annotations

import math
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from apps.core.throttling import count, until_next_s

WINDOW_S = 600
# People of one institute may share an address; each of them mistypes now and then.
ACCOUNTS_AT_AN_ADDRESS = 10
THROTTLED = "throttled"


class LimitedForm(AuthenticationForm):
    """Refuses to look at a password after too many wrong ones.

    They are counted by account and address together, so whoever tries the password of somebody
    else keeps them out nowhere but at the own address; and by address alone, against one password
    tried on many accounts. After ten minutes at most it goes on.
    """

    def clean(self) -> dict[str, Any]:
        most = settings.ENVIRONMENT.login_attempts
        if not most or "username" not in self.cleaned_data or "password" not in self.cleaned_data:
            return super().clean()
        address = address_of(self.request)
        there = f"logins:{address}"
        here = f"{there}:{self.cleaned_data['username']}"
        # Counted before the look, so that many at once are not all let through.
        tried, tried_there = count(here, WINDOW_S), count(there, WINDOW_S)
        if tried > most or tried_there > most * ACCOUNTS_AT_AN_ADDRESS:
            minutes = math.ceil(until_next_s(WINDOW_S) / 60)
            raise ValidationError(
                f"Too many wrong passwords. Try again in {minutes} "
                f"minute{'' if minutes == 1 else 's'}, or ask an administrator for an invitation "
                "with which you choose a new one.",
                code=THROTTLED,
            )
        cleaned = super().clean()
        count(here, WINDOW_S, -tried)  # it was the right one
        count(there, WINDOW_S, -1)
        return cleaned


class LimitedAdminForm(LimitedForm, AdminAuthenticationForm):
    """The same at the door of Django's admin."""


class LimitedLoginView(LoginView):
    template_name = "accounts/login.html"
    redirect_authenticated_user = True
    form_class = LimitedForm

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_invalid(form)
        if form.has_error("__all__", THROTTLED):
            response.status_code = 429
            response["Retry-After"] = str(math.ceil(until_next_s(WINDOW_S)))
        return response


def address_of(request: HttpRequest | None) -> str:
    """Where a request comes from: an IPv4 address or the /64 of an IPv6 one, of which people have
    a whole network.

    Behind a proxy, as there is one where SYNANNO_HTTPS is set, it is what the proxy has added to
    X-Forwarded-For: the last part, which no client can choose.
    """
    if request is None:
        return ""
    text = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.headers.get("X-Forwarded-For")
    if settings.ENVIRONMENT.https and forwarded:
        text = forwarded.rpartition(",")[2].strip()
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if address.version == 4:
        return str(address)
    return str(ip_network((address, 64), strict=False))
