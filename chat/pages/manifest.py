"""What a browser must know to install Brook as an application: https://www.w3.org/TR/appmanifest/"""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.templatetags.static import static
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

PAPER = "#fbfcfa"
"""`--paper` of static/css/tokens.css, of the light theme: a manifest has one set of colours; the page says its own."""

ICONS = [
    ("favicon.svg", "any", "image/svg+xml", "any"),
    ("icons/icon-192.png", "192x192", "image/png", "any"),
    ("icons/icon-512.png", "512x512", "image/png", "any"),
    ("icons/maskable-512.png", "512x512", "image/png", "maskable"),
    ("icons/maskable.svg", "any", "image/svg+xml", "maskable"),
]


@login_not_required  # browsers fetch it without cookies
@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> JsonResponse:
    described = {
        "id": "/",
        "name": "Brook",
        "short_name": "Brook",
        "description": gettext("A chat with a language model that writes while you read."),
        "lang": get_language(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": PAPER,
        "background_color": PAPER,
        "icons": [
            {"src": static(name), "sizes": sizes, "type": kind, "purpose": purpose}
            for name, sizes, kind, purpose in ICONS
        ],
    }
    return JsonResponse(described, content_type="application/manifest+json")
