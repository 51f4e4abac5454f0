"""Valid requests and frames, and what may be done to them: each mutation is drawn from one random generator."""

import json
from collections.abc import Callable
from random import Random
from typing import Any, Final
from urllib.parse import quote

METHODS: Final = "GET POST PUT PATCH DELETE HEAD OPTIONS TRACE CONNECT PROPFIND get Ünï A!# ".split(" ")
PATHS: Final = [
    *(
        "/",
        "/chat/{name}",
        "/api/sessions",
        "/api/sessions",
        "/api/sessions",
        "/api/session/{name}/history",
        "/api/session/{name}/export",
    ),
    *("/api/session/{name}/clear", "/api/session/{name}/undo", "/api/session/{name}/extend", "/api/chat"),
    *("/api/session/create", "/api/personas", "/api/openapi.json", "/api/docs", "/health", "/ready", "/metrics"),
    *("/admin/", "/admin/login/", "/admin/sessions_app/chatsession/", "/static/js/app.js", "/favicon.ico"),
    *("/ws/chat/{name}", "/ws/sessions", "/language", "/words/de/x.js"),
]
ESCAPES: Final = [
    *("%00", "%", "%%", "%2", "%zz", "%2F", "%5c", "%0d%0aX:%20y", "%0a", "%c0%af", "%ff", "%ed%a0%80", "%u0041"),
    *("..", "../", "%2e%2e/", "//", "\\", ";a=b", "?", "#", "&&", "=", "+", "*", "[", "{", "|", "^", "`", "<", ">"),
    *("%E2%80%AE", "%F0%9F%98%80", "%C3%A9", "é", "\x7f", "\t", " ", "%20", "%25", "%3F", "%23", "a" * 300, "~", "'"),
]
QUERIES: Final = ["limit", "cursor", "persona", "q", "after", "format", "epoch", "next", "page", "language", ""]
NAMES: Final = [
    *("*", "?", "[a]", "{a}", "a|b", "a^b", "a/b", "a:b", "<b>", "..", "a\nb", "a\x00b", "\u202ea", "An\u200bn"),
    *("Zoe\u0308", "x" * 65, " ", "\ud800", "👩\u200d💻"),
]
QUERIES_OF: Final = {"/api/sessions": ["limit", "cursor", "persona", "q"]}
ODD_VALUES: Final = [
    *("", "0", "-1", "1", "1e9", "1e999", "9" * 5000, "NaN", "null", "true", "[]", "{}", "é", "%00", "*", "a" * 2000),
    *("WzFlOTk5LCJhIl0", "W1tbW1tb", "=", "json", "html", "xml", "\u202e", "' OR 1=1", "../../etc/passwd", "١٢٣"),
]
HEADERS: Final = {
    "Host": ["localhost", "evil.example", "", "[::1", "localhost:99999", "a" * 5000, "localhost\x00"],
    "Content-Length": ["0", "-1", "1", "5", "99999999999999999999", "abc", "0x10", "+5", "5, 5", ""],
    "Transfer-Encoding": ["chunked", "gzip", "chunked, chunked", "identity", "xchunked", "CHUNKED "],
    "Content-Type": [
        "application/json",
        "text/plain",
        "",
        "application/json; charset=utf-16",
        "multipart/form-data",
        ";",
    ],
    "Content-Encoding": ["gzip", "br", "deflate"],
    "Accept": ["*/*", "text/event-stream", "", "application/json;q=x", "a" * 3000, ",,,", "text/html;q=0"],
    "Accept-Language": ["de", "xx-YY", ",;q=", "a" * 4000, "\xff"],
    "Accept-Encoding": ["gzip", "gzip;q=-1", "identity;q=0"],
    "Cookie": ["nono_visitor=", "nono_visitor=x:y", ";;;=", "a" * 4000, "sessionid=x; csrftoken=y", "\xff=\xfe"],
    "Origin": ["null", "http://[", "https://evil.example", "http://localhost", "\xff", ""],
    "Sec-Fetch-Site": ["same-origin", "cross-site", "none", "x"],
    "X-Forwarded-For": ["1.2.3.4", ",,,", "a" * 2000, "::1%eth0", "\x01"],
    "X-Forwarded-Proto": ["https", "gopher"],
    "X-Request-ID": ["a" * 3000, "x y", '"}{"', "é"],
    "Upgrade": ["websocket", "h2c", "x"],
    "Connection": ["Upgrade", "close", "keep-alive", "x"],
    "Sec-WebSocket-Key": ["dGhlIHNhbXBsZSBub25jZQ==", "x", "", "é"],
    "Sec-WebSocket-Version": ["13", "8", "99", "x", ""],
    "Sec-WebSocket-Protocol": ["chat", ",", "a" * 2000, "é"],
    "Sec-WebSocket-Extensions": ["permessage-deflate", "x; y=z", "permessage-deflate; client_max_window_bits=99"],
    "Range": ["bytes=0-0", "bytes=-1", "bytes=9-1", "x"],
    "If-Modified-Since": ["x", "Sun, 06 Nov 1994 08:49:37 GMT"],
    "Expect": ["100-continue", "x"],
    "Forwarded": ["for=x", "\x01"],
    "Daphne-Root-Path": ["/x", "//evil.example", "é", "/%ff"],
    "X-HTTP-Method-Override": ["DELETE"],
    "a b": ["x"],
    "": ["x"],
    "X-Long": ["a" * 20_000],
}
VALUES: Final[list[Any]] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        10**30,
        1.5,
        -0.0,
        "",
        " ",
        "a",
        "é",
        "😀",
        "\x00",
        "\u202e",
        "x" * 5000,
        [],
        {},
        [[]],
    ),
    *("<script>", "../..", "*", "session:*", "null", {"a": {"b": {"c": {"d": {"e": {}}}}}}, ["a"] * 50, {"$ne": 1}),
]
WORDS: Final = [
    *("hello", "I feel sad because it rains", "my name is Ann", "what is 2+2?", "why? " * 50, "я", "你好", "😀" * 30),
    *(
        "a\nb\r\nc",
        "I " * 500,
        "(" * 1000,
        "because " * 300,
        "tell me about " * 100,
        "x" * 4000,
        "I want to die",
        "\u0301" * 500,
    ),
]
FRAMES: Final[list[dict[str, Any]]] = [
    {"type": "message", "text": "hello"},
    {"text": "hello"},
    {"type": "message", "text": "hello", "client_id": "6a1f5a0e-0a7c-4f55-9d6f-1f2f3a4b5c6d"},
    {"type": "stop"},
    {"type": "regenerate"},
    {"type": "extend"},
    {"type": "ping"},
]


def name_for(random: Random, name: str) -> str:
    """Returns the worker's own name, or another that is odd."""
    return random.choice(NAMES) if random.random() < 0.25 else name


def body_for(random: Random, path: str, name: str) -> Any:
    """Returns a valid body for a call, but perhaps for its name."""
    if path.endswith("/create"):
        user_id = random.choice([name_for(random, name), f"{name} {random.randrange(50)}"])
        return {"user_id": user_id, "persona": "default", "metadata": {}}
    if path.endswith("/chat"):
        return {"user_id": name_for(random, name), "message": random.choice(WORDS)}
    return {"undo": ""} if path.endswith("/undo") else {}


def target(random: Random, name: str) -> str:
    """Returns an address, often with something odd in its path or its query."""
    path = random.choice(PATHS).replace("{name}", quote(name_for(random, name), safe="", errors="surrogatepass"))
    queries = QUERIES_OF.get(path, QUERIES)
    while random.random() < 0.3:
        at = random.randrange(1, len(path) + 1)
        path = path[:at] + random.choice(ESCAPES) + path[at + random.choice([0, 0, 1, 3]) :]
    if random.random() < (0.3 if queries is QUERIES else 0.8):
        pairs = [(random.choice(queries), random.choice(ODD_VALUES)) for _ in range(random.randint(1, 4))]
        path += "?" + "&".join(f"{key}={value if random.random() < 0.3 else quote(value)}" for key, value in pairs)
    return path


def frame_text(random: Random) -> str:
    """Returns the text of a frame: valid, with odd values, or broken."""
    frame = dict(random.choice(FRAMES))
    if "text" in frame:
        frame["text"] = random.choice(WORDS)
    return text_of(random, frame)


def text_of(random: Random, value: Any) -> str:
    """Spells a value as JSON, perhaps after changing it, perhaps broken afterwards."""
    while random.random() < 0.35:
        value = _altered(random, value)
    text = json.dumps(value, ensure_ascii=random.random() < 0.5)
    return _broken(random, text) if random.random() < 0.3 else text


def _altered(random: Random, value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        return random.choice(VALUES)
    key = random.choice(list(value))
    match random.randrange(5):
        case 0:
            return {**value, key: random.choice(VALUES)}
        case 1:
            return {name: one for name, one in value.items() if name != key}
        case 2:
            return {
                **value,
                random.choice(["role", "seq", "owner", "__proto__", "", "é", "type"]): random.choice(VALUES),
            }
        case 3:
            return {**value, key: [value[key]]}
        case _:
            return random.choice([value, [value], {"a": value}])


_BREAKS: Final[list[Callable[[Random, str], str]]] = [
    lambda random, text: text[: random.randrange(len(text) + 1)],
    lambda random, text: text + random.choice(["x", "}", "\x00", text, "\n\n"]),
    lambda random, text: "\ufeff" + text,
    lambda random, text: "[" * random.choice([10, 33, 1000, 9000]) + text,
    lambda random, text: text.replace('"', random.choice(["'", "", '\\"', '"\\ud800'])),
    lambda random, text: text.replace(":", random.choice(["=", "::", ": NaN,", ":1e999,"]), 1),
    lambda random, text: "".join(chr(ord(one) ^ (random.random() < 0.05)) for one in text),
    lambda random, text: text + " " * random.choice([100, 16_000, 20_000]),
]


def _broken(random: Random, text: str) -> str:
    return random.choice(_BREAKS)(random, text)


def noise(random: Random, most: int = 400) -> bytes:
    """Returns random bytes."""
    return random.randbytes(random.randrange(most))
