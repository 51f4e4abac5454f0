"""Asks the Nono of this container whether requests should be sent to it; exit status 0 means yes."""

import http.client
import os
import sys

PATIENCE = 4
"""Seconds; Nono answers within 3."""


def main() -> int:
    """Returns 0 where ``/ready`` answers 200, else 1."""
    # Nono answers to its own names only, also from within.
    name = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().strip(".*") or "localhost"
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=PATIENCE)
    try:
        connection.request("GET", "/ready", headers={"Host": name})
        return 0 if connection.getresponse().status == http.HTTPStatus.OK else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
