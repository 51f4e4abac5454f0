"""Where the page lives: ``/`` for a new visit, ``/chat/<name>`` for an open chat; and its icon."""

from django.urls import path

from chat_app.views import chat_page, icon

urlpatterns = [
    path("", chat_page, name="home"),
    path("favicon.ico", icon, name="icon"),
    path("chat/<path:user_id>", chat_page, name="chat"),
]
