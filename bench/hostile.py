"""Malformed mail of a corpus through the bounded child: what could not be read, the slowest, and the child's memory.

`python -m bench.hostile FOLDER`, by itself because only children of this process must count.
"""

import resource
import sys
import time
from pathlib import Path

from drip.mail import bounded_child, incoming, machines, quotes

SECONDS, MEGABYTES = 5.0, 512  # as `incoming.parse_safely`


def main(folder: Path) -> None:
    """One line a figure; it raises where a mail is more than unreadable."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / "index.csv"]
    child = bounded_child.Child("drip.mail.incoming_child", seconds=SECONDS, megabytes=MEGABYTES)
    child.ask(b"")  # it starts once
    took = {path: _read(child, path.read_bytes()) for path in paths}
    child.close()
    print(f"{len(paths)} malformed mails in {folder}, the slowest {max(took, key=lambda path: took[path]).name}")
    print(f"hostile_unreadable {sum(seconds == 0 for seconds in took.values())}")
    print(f"hostile_slowest_ms {max(took.values()) * 1000:.0f}")
    print(f"hostile_child_mb {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f}")


def _read(child: bounded_child.Child, raw: bytes) -> float:
    """Seconds from the raw mail to its new words and who speaks; 0 where it cannot be read."""
    started = time.monotonic()
    try:
        mail = incoming.from_json(child.ask(raw))
    except (incoming.UnreadableMail, bounded_child.Breach):
        return 0.0
    quotes.new_text_of(mail)
    machines.told(mail, frozenset())
    return time.monotonic() - started


if __name__ == "__main__":
    main(Path(sys.argv[1]))
