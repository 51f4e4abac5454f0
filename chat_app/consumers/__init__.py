"""The sockets on which a chat is followed."""
