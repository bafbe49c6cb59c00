"""Every address of Brook, except /ws/ (chat/asgi.py)."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.urls import path

from chat.api import health
from chat.live import stream
from chat.pages import accounts, chat

urlpatterns = [
    path("", chat.page, name="chat"),
    path("c/<uuid:conversation>/", chat.page, name="conversation"),
    path("conversations/", chat.conversations, name="conversations"),
    path("accounts/setup/", accounts.setup, name="setup"),
    path("accounts/login/", accounts.LoginView.as_view(), name="login"),
    # Public: who is logged out already is not to log in first, and then be led back here.
    path("accounts/logout/", login_not_required(auth.LogoutView.as_view()), name="logout"),
    path("events/", stream.events, name="events"),
    path("commands/", stream.carry_out, name="commands"),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]
