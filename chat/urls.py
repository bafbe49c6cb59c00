"""Every address of Brook, except /ws/ (chat/asgi.py)."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.urls import path

from chat.api import health
from chat.live import stream
from chat.pages import accounts, chat, connection, files, manifest, search, settings_page, share, transfer

urlpatterns = [
    path("", chat.page, name="chat"),
    path("c/<uuid:conversation>/", chat.page, name="conversation"),
    path("conversations/", chat.conversations, name="conversations"),
    path("list/", chat.sidebar, name="list"),
    path("search/", search.page, name="search"),
    path("c/<uuid:conversation>/export.md", transfer.as_markdown, name="export-markdown"),
    path("c/<uuid:conversation>/export.json", transfer.as_json, name="export-json"),
    path("export.json", transfer.export, name="export"),
    path("import/", transfer.imports, name="import"),
    path("settings/", settings_page.page, name="settings"),
    path("settings/password/", settings_page.PasswordView.as_view(), name="password"),
    path("settings/delete-all/", settings_page.delete_all, name="delete-all"),
    path("settings/shares/<slug:share>/revoke/", settings_page.revoke, name="revoke"),
    path("files/", files.upload, name="files"),
    path("files/<uuid:file>/", files.download, name="file"),
    path("s/<str:share>/", share.page, name="share"),
    path("s/<slug:share>/files/<uuid:file>/", share.picture, name="share-file"),
    path("connection/", connection.page, name="connection"),
    path("connection/ticks/", connection.ticks, name="ticks"),
    path("manifest.webmanifest", manifest.manifest, name="manifest"),
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
