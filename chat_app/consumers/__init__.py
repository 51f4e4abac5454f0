"""Websocket consumers that follow a chat."""
