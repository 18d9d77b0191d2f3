"""`python -m drip.sandbox`."""

import sys

from drip.sandbox import server, settings

if __name__ == "__main__":
    sys.exit(server.run(settings.parse()))
