"""Websocket routes: the visitor's chat and the operator's transcript."""

from django.urls import re_path

from chat_app.admin.live import TranscriptConsumer
from chat_app.consumers.chat import ChatConsumer

websocket_urlpatterns = [
    # Everything after the prefix is the name, including slashes, so that one rule rejects invalid names with a message.
    re_path(r"^ws/chat/(?P<user_id>(?s:.*))$", ChatConsumer.as_asgi()),
    re_path(r"^ws/admin/transcript$", TranscriptConsumer.as_asgi()),
]
