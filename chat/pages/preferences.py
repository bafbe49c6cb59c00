"""What a person has set, on the way to every page: the language before the view runs, the rest for the templates."""

from typing import Any, cast

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject

from chat.models import Profile

REVIEW = "/admin/"
"""The review desk speaks English: half of it is Django's own words, and the other half is not translated."""


class PreferencesMiddleware(MiddlewareMixin):
    """Sets `request.profile`, and the language. Stands behind the login, and behind Django's choice of a language."""

    def process_request(self, request: HttpRequest) -> None:
        request.profile = SimpleLazyObject(lambda: _profile(request))  # type: ignore[attr-defined]  # ours alone
        if language := _language(request):
            translation.activate(language)
            request.LANGUAGE_CODE = language


def profile_of(request: HttpRequest) -> Profile:
    return cast(Profile, request.profile)  # type: ignore[attr-defined]  # ours alone


def preferences(request: HttpRequest) -> dict[str, Any]:
    """For templates. A request that was refused on its way has no profile: its page looks as the system has it."""
    return {"profile": getattr(request, "profile", None)}


def _profile(request: HttpRequest) -> Profile:
    """The defaults for a visitor."""
    return Profile.of(request.user) if request.user.is_authenticated else Profile()


def _language(request: HttpRequest) -> str:
    """Empty: as the browser asks. So too where the database cannot say who asks: not every answer depends on that."""
    if request.path_info.startswith(REVIEW):
        return settings.LANGUAGE_CODE
    try:
        wanted = profile_of(request).language
    except DatabaseError:
        return ""
    return wanted if wanted in dict(settings.LANGUAGES) else ""
