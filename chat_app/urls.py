"""Where the page lives: ``/`` for a new visit, ``/chat/<name>`` for an open chat."""

from django.urls import path

from chat_app.views import chat_page

urlpatterns = [
    path("", chat_page, name="home"),
    path("chat/<path:user_id>", chat_page, name="chat"),
]
