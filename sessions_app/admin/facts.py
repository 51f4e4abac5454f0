"""Text lines of the dashboard: name, value, and whether an operator should act."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from nono import store
from nono.store import health as store_health
from nono.store import operations
from nono.store.operations import Row
from sessions_app.admin.charts import number


@dataclass(frozen=True, slots=True)
class Fact:
    """One line; ``wrong`` if an operator should do something. ``more`` are English sentences that explain it."""

    name: str
    value: str
    wrong: bool = False
    more: tuple[str, ...] = ()


def of_store() -> Iterator[Fact]:
    """Yields the server's memory and persistence, from INFO."""
    try:
        information = store.run(operations.information())
    except store_health.REFUSALS:
        yield Fact(_("Store"), _("It does not tell about its memory and its files."))
        return
    yield _memory(information)
    yield _file(information)
    yield _snapshots(information)
    if dropped := int(information.get("evicted_keys", 0)):
        what = ngettext(
            "%(count)s key was dropped since the store started: parts of chats are lost.",
            "%(count)s keys were dropped since the store started: parts of chats are lost.",
            dropped,
        )
        yield Fact(_("Full memory"), what % {"count": number(dropped)}, wrong=True)


def _memory(information: Row) -> Fact:
    used, limit = int(information.get("used_memory", 0)), int(information.get("maxmemory", 0))
    if not limit:
        return Fact(_("Memory"), _("%(used)s, no limit is set") % {"used": filesizeformat(used)})
    percent = round(100 * used / limit)
    words = _("%(used)s of %(limit)s (%(percent)s%%)")
    said = words % {"used": filesizeformat(used), "limit": filesizeformat(limit), "percent": percent}
    return Fact(_("Memory"), said, wrong=used >= store_health.FULL * limit)


def _file(information: Row) -> Fact:
    match information.get("aof_enabled"), information.get("aof_last_write_status"):
        case "1", "ok":
            return Fact(_("Append-only file"), _("on, the last write succeeded"))
        case "1", _status:
            return Fact(_("Append-only file"), _("on, but the last write failed"), wrong=True)
        case "0", _status:
            return Fact(_("Append-only file"), _("off"))
        case _unknown:
            return Fact(_("Append-only file"), _("unknown"))


def _snapshots(information: Row) -> Fact:
    failed = information.get("rdb_last_bgsave_status") == "err"
    if failed:
        return Fact(_("Snapshots"), _("the last one failed"), wrong=True)
    changes = information.get("rdb_changes_since_last_save")
    if changes is None:
        return Fact(_("Snapshots"), _("unknown"))
    said = ngettext(
        "%(count)s change since the last one, or since the start",
        "%(count)s changes since the last one, or since the start",
        int(changes),
    )
    return Fact(_("Snapshots"), said % {"count": number(int(changes))})
