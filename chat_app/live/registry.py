"""Registry of the chats that are open in this process: one room each, while it has a subscriber or a reference."""

import asyncio
from weakref import WeakKeyDictionary

from chat_app.live.room import ChatRoom

_rooms: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, ChatRoom]] = WeakKeyDictionary()


def open_rooms() -> dict[str, ChatRoom]:
    """Returns this event loop's rooms by user_id."""
    return _rooms.setdefault(asyncio.get_running_loop(), {})


def get_room(user_id: str) -> ChatRoom:
    """Returns the room of a chat; creates it if it is not open."""
    return open_rooms().setdefault(user_id, ChatRoom(user_id))


def release(room: ChatRoom) -> None:
    """Removes a room without subscribers and references (pending joins, a reply task) from the registry."""
    if not room.tabs and not room.refcount and open_rooms().get(room.user_id) is room:
        del open_rooms()[room.user_id]
