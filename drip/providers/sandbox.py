"""Our own sandbox, asked to hurry: it posts what it would have posted by and by."""

import http.client
from urllib.parse import urlsplit

PATIENCE_SECONDS = 45.0  # it answers after 30 at the latest


class Sandbox:
    """One kept connection to the sandbox at `url`; nothing is lost when it does not answer, only later."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_SECONDS)

    def flush(self) -> bool:
        """Have waiting events and replies posted now; True once each has had its first try."""
        try:
            self._connection.request("POST", "/api/flush")
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()  # the next request opens a new one
            return False
        return answer.status == 200

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()
