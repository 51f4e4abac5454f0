"""URL routes: the chat page (``/`` for a new visit, ``/chat/<name>`` for an open chat) and the safety pages."""

from django.urls import path

from chat_app.safety.views import help_page, protocol_page
from chat_app.views import chat_page, icon

urlpatterns = [
    path("", chat_page, name="home"),
    path("favicon.ico", icon, name="icon"),
    path("help", help_page, name="help"),
    path("safety", protocol_page, name="safety"),
    path("chat/<path:user_id>", chat_page, name="chat"),
]
