"""ASGI application: HTTP by Django, websockets by Channels."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nono.settings")
http = get_asgi_application()

# The imports below need an initialised Django.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import re_path  # noqa: E402

from chat_app import routing as chat_routing  # noqa: E402
from chat_app.safety import warmup  # noqa: E402
from nono import private_redis  # noqa: E402
from nono.metrics import flusher  # noqa: E402
from nono.realtime.consumer import not_found  # noqa: E402
from nono.web.cross_origin import SameOriginSockets  # noqa: E402
from sessions_app import routing as sessions_routing  # noqa: E402

if settings.NONO_STORE_IS_PRIVATE:
    private_redis.join(settings.NONO_DATA_DIR, keep_alive=True)
flusher.keeper.begin()
warmup.begin()

sockets = URLRouter(
    [
        *chat_routing.websocket_urlpatterns,
        *sessions_routing.websocket_urlpatterns,
        re_path("", not_found),  # without it, an unknown path logs a traceback
    ]
)
application = ProtocolTypeRouter({"http": http, "websocket": SameOriginSockets(SessionMiddlewareStack(sockets))})
