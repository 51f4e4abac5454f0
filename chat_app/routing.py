"""The chat's socket."""

from django.urls import re_path

from chat_app.consumers import ChatConsumer

# Everything after the prefix is the name, slashes too, so that one rule can refuse a bad one with a sentence.
websocket_urlpatterns = [re_path(r"^ws/chat/(?P<user_id>(?s:.*))$", ChatConsumer.as_asgi())]
