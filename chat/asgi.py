"""Wiring: HTTP to Django, /ws/ to the tab's consumer, both around the one switchboard of this process."""

# ruff: noqa: E402  Django must be set up before anything that needs its models is imported

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chat.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.urls import path, re_path

from chat.live.consumer import ChatConsumer
from chat.live.origin import ExactOriginValidator
from chat.relay.this_process import switchboard

sockets = URLRouter(
    [
        path("ws/", AuthMiddlewareStack(ChatConsumer.as_asgi(switchboard=switchboard))),
        re_path("", WebsocketDenier.as_asgi()),
    ]
)
application = ProtocolTypeRouter({"http": http, "websocket": ExactOriginValidator(sockets, settings.SOCKET_ORIGINS)})
