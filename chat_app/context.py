"""What a persona reads of a chat before it answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from chat_app.budget import budget
from chat_app.messages import ChatMessage
from chat_app.safety import Level
from chat_app.safety.levels import level_of
from chat_app.safety.prompt import briefed
from sessions_app import personas
from sessions_app.personas import Persona
from sessions_app.session import Session


@dataclass(frozen=True, slots=True)
class ContextWindow:
    """What the persona reads: its instructions and the newest messages, from seq ``context_from`` on.

    ``safety`` is the highest level of danger that was found in the session; the instructions speak of it.
    """

    persona: Persona
    system: str
    messages: tuple[ChatMessage, ...]
    context_from: int
    safety: Level = "none"

    @property
    def is_continued(self) -> bool:
        """Tells whether the rest of the persona's own last reply is asked for, which was cut."""
        replies = [message for message in self.messages if message.role == "assistant"]
        answered = max((int(reply.metadata.get("in_reply_to") or 0) for reply in replies), default=0)
        return bool(replies) and all(
            message.role == "assistant" or message.seq <= answered for message in self.messages
        )


def context_window(session: Session, messages: Sequence[ChatMessage]) -> ContextWindow:
    """Chooses the newest messages within NONO_CONTEXT_MESSAGES and NONO_CONTEXT_CHARS, never part of one.

    The newest message is always among them, however long it is. What has more tokens than English of its length
    counts for more (chat_app/budget.py).
    """
    persona = persona_of(session)
    chosen: list[ChatMessage] = []
    left = float(settings.NONO_CONTEXT_CHARS)
    for message in reversed(messages[-settings.NONO_CONTEXT_MESSAGES :]):
        left -= max(len(message.content), budget.weight(message.content))
        if chosen and left < 0:
            break
        chosen.append(message)
    chosen.reverse()
    level = level_of(session.safety)
    system = briefed(persona.system_prompt, level)
    return ContextWindow(persona, system, tuple(chosen), chosen[0].seq if chosen else 1, level)


def persona_of(session: Session) -> Persona:
    """Returns who answers in ``session``: the file's first persona where its own is not in the file any more."""
    known = {persona.key: persona for persona in personas.every()}
    return known.get(session.persona) or personas.every()[0]
