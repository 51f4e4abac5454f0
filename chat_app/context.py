"""ContextWindow: the part of a chat that a persona reads before it replies."""

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
    """A persona's instructions and the newest messages, from seq ``context_from`` on.

    ``safety`` is the highest level of danger that was found in the session; the instructions mention it.
    """

    persona: Persona
    system: str
    messages: tuple[ChatMessage, ...]
    context_from: int
    safety: Level = "none"

    @property
    def is_continued(self) -> bool:
        """Returns whether the reply has to continue the persona's last reply, which was cut."""
        replies = [message for message in self.messages if message.role == "assistant"]
        answered = max((int(reply.metadata.get("in_reply_to") or 0) for reply in replies), default=0)
        return bool(replies) and all(
            message.role == "assistant" or message.seq <= answered for message in self.messages
        )


def context_window(session: Session, messages: Sequence[ChatMessage]) -> ContextWindow:
    """Returns the newest whole messages within NONO_CONTEXT_MESSAGES and NONO_CONTEXT_CHARS.

    The newest message is always included, whatever its length. Text with more tokens than English of the same length
    counts as longer (chat_app/budget.py).
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
    """Returns the persona of ``session``, or the first persona of the file if its own was removed from the file."""
    known = {persona.key: persona for persona in personas.every()}
    return known.get(session.persona) or personas.every()[0]
