"""The sockets of a chat: the visitor's, and the operator's who reads it."""

from django.urls import re_path

from chat_app.admin.live import TranscriptConsumer
from chat_app.consumers.chat import ChatConsumer

websocket_urlpatterns = [
    # Everything after the prefix is the name, slashes too, so that one rule can refuse a bad one with a sentence.
    re_path(r"^ws/chat/(?P<user_id>(?s:.*))$", ChatConsumer.as_asgi()),
    re_path(r"^ws/admin/transcript$", TranscriptConsumer.as_asgi()),
]
