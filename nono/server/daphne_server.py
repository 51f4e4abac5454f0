"""Web server of ``make run``: Daphne with limits, a graceful stop, and a callback once it listens."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server, twisted_loop
from daphne.ws_protocol import WebSocketFactory
from twisted.internet import defer

from nono.errors import ConfigurationError
from nono.server import http_limits
from nono.server.websocket_limits import BoundedWebSocket

FRAME_LIMIT = 16 * 1024 + 4 * 1024
"""Maximum bytes of one websocket message: the contract's 16 KiB, and 4 KiB so that the consumer refuses larger ones."""

RESTARTS = 4012
"""Close code of a server restart; pages reconnect."""

GRACE = 10.0
"""Seconds that running replies have to finish before their leases are released."""

BACKLOG = 1024
"""Listen backlog; with Twisted's 50, clients of a burst retry after 1, 3 and 7 seconds."""

Goodbye = Callable[[float], Awaitable[None]]


class WebServer(Server):  # type: ignore[misc]  # Daphne carries no types
    """Serves one ASGI application on one address until Ctrl-C or SIGTERM."""

    def __init__(
        self, application: Any, *, host: str, port: int, on_ready: Callable[[int], None], goodbye: Goodbye
    ) -> None:
        super().__init__(
            application,
            endpoints=[f"{one}:backlog={BACKLOG}" for one in build_endpoint_description_strings(host=host, port=port)],
            signal_handlers=False,
            ready_callable=self._ready,
            server_name="",
            ping_interval=20,
            ping_timeout=30,
            websocket_handshake_timeout=5,
            websocket_max_message_size=FRAME_LIMIT,
            websocket_max_frame_size=FRAME_LIMIT,
        )
        self._address = (host, port)
        self._on_ready = on_ready
        self._goodbye = goodbye
        self._failure = ""
        self._stopping: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Serves, and returns once stopped. Raises ConfigurationError if it cannot listen."""
        http_limits.install()
        WebSocketFactory.protocol = BoundedWebSocket
        for number in (signal.SIGINT, signal.SIGTERM):
            twisted_loop.add_signal_handler(number, self._stop_once)
        super().run()
        if not self.listening_addresses:
            host, port = self._address
            raise ConfigurationError(f"Nono cannot listen on port {port} of {host}: {self._failure}")

    async def drain(self) -> None:
        """Stops listening, closes every websocket with 4012, and waits for running replies."""
        for listener in self.listeners:
            port = getattr(listener, "result", None)
            if port is not None:
                await port.stopListening().asFuture(twisted_loop)
        for connection in list(self.connections):
            if isinstance(connection, BoundedWebSocket) and connection.state == connection.STATE_OPEN:
                connection.serverClose(RESTARTS)
        await self._goodbye(GRACE)

    def listen_error(self, failure: Any) -> None:
        """Stores the reason for ``run`` to raise, and stops; Daphne would log it and continue."""
        self._failure = failure.getErrorMessage()
        self.stop()

    def kill_all_applications(self) -> Any:
        """Cancels running applications; unlike Daphne's version, handles idle connections without an application."""
        running = [
            details["application_instance"]
            for details in self.connections.values()
            if "application_instance" in details and not details["application_instance"].done()
        ]
        for application in running:
            application.cancel()
        if not running:
            return None
        return defer.Deferred.fromFuture(asyncio.ensure_future(asyncio.wait(running, timeout=5)))

    def _ready(self) -> None:
        self._on_ready(self.listening_addresses[0][1])

    def _stop_once(self) -> None:
        if self._stopping is None:
            self._stopping = twisted_loop.create_task(self._drain_and_stop())
        else:  # a second signal stops at once
            self.stop()

    async def _drain_and_stop(self) -> None:
        try:
            await self.drain()
        finally:
            self.stop()
