"""The chats that are open in this process: one room each, for as long as it has a tab or a running reply."""

import asyncio
from weakref import WeakKeyDictionary

from chat_app.live.room import ChatRoom

_rooms: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, ChatRoom]] = WeakKeyDictionary()


def open_rooms() -> dict[str, ChatRoom]:
    """Returns this event loop's rooms by user_id."""
    return _rooms.setdefault(asyncio.get_running_loop(), {})


def get_room(user_id: str) -> ChatRoom:
    """Returns the room of a chat, opened if need be."""
    return open_rooms().setdefault(user_id, ChatRoom(user_id))


def release(room: ChatRoom) -> None:
    """Forgets a room that has no tab, nobody on the way in and no run: whoever came next would have another."""
    if not room.tabs and not room.refcount and open_rooms().get(room.user_id) is room:
        del open_rooms()[room.user_id]
