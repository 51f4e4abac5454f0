"""How long the operator's list takes with few and with many chats: ``python -m tests.benchmarks.admin_list``.

The whole page is measured, from the request to the HTML. The first page and the second must take, at the 95th
percentile, at most 1.5 times as long with 100,000 chats as with 200; a list that is narrowed or sorted otherwise is
read through and may take longer.
"""

import argparse
import html
import logging
import statistics
import sys
import time

import django

import tests.support.environment  # noqa: F401  a data folder of its own, before Django reads its settings

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.test import Client  # noqa: E402
from django_redis import get_redis_connection  # noqa: E402

from tests.benchmarks.crowd import begin_sessions, own_store  # noqa: E402

LIST = "/admin/sessions_app/chatsession/"
ALLOWED = 1.5
FEW = 200
"""Enough for a first page that is full and has a second one."""
PAGES = {
    "first page": "",
    "second page": "",
    "idle filter": "?idle=now",
    "persona filter": "?persona=creative_writer",
    "search": "?q=user+00001",
    "sorted by name": "?o=name",
}
BOUND = ("first page", "second page")


def main() -> int:
    """Prints the times, and the ratio of each; returns 1 where one that must not is over the bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=60, help="how often each page is asked for")
    options = parser.parse_args()
    logging.disable(logging.INFO)
    with own_store():
        operator = Client(SERVER_NAME="localhost")
        operator.force_login(User.objects.create_superuser("boss"))
        begin_sessions(range(FEW))
        change_stores()
        begin_sessions(range(options.sessions))
        print(f"{'p95 in ms':24} {FEW:>8,} {options.sessions:>8,}    ratio")
        ratios = {name: compare(operator, name, options.times // (1 if name in BOUND else 4)) for name in PAGES}
    worst = max(ratios[name] for name in BOUND)
    print(f"The list takes at most {worst:.2f} times as long; allowed is {ALLOWED}.")
    return int(worst > ALLOWED)


def compare(operator: Client, name: str, times: int) -> float:
    """Asks both stores for a page in turn, so that both meet the same machine; returns the ratio of their times."""
    milliseconds(operator, name)  # what is read only once is read now
    many: list[float] = []
    few: list[float] = []
    for taken in [many, few] * times:
        taken.append(milliseconds(operator, name))
        change_stores()
    p95_few, p95_many = (statistics.quantiles(taken, n=20)[-1] for taken in (few, many))
    ratio: float = p95_many / p95_few
    print(f"{name:24} {p95_few:8.1f} {p95_many:8.1f} {ratio:8.2f}", flush=True)
    return ratio


def milliseconds(operator: Client, name: str) -> float:
    """Asks for one page and returns what that took."""
    path = LIST + PAGES[name]
    if name == "second page":
        first = operator.get(LIST).content.decode()
        path = LIST + html.unescape(first.rpartition('" rel="next"')[0].rpartition('href="')[2])
    begun = time.perf_counter()
    answer = operator.get(path)
    taken = (time.perf_counter() - begun) * 1000
    assert answer.status_code == 200
    return taken


def change_stores() -> None:
    """Puts the store with the few in place of the one with the many, or the other way round."""
    get_redis_connection("chat").execute_command("SWAPDB", 0, 1)


if __name__ == "__main__":
    sys.exit(main())
