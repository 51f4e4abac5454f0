"""Websocket route of the live list."""

from django.urls import path

from sessions_app.consumers import SessionsConsumer

websocket_urlpatterns = [path("ws/sessions", SessionsConsumer.as_asgi())]
