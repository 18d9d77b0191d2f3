"""One harness in a process of its own, as from the shell: its figures, or why it has none."""

import json
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import IO, Any

from tests.faults import tracer

TOLD = 12  # last lines of what a harness said that are repeated when it fails
GRACE_MINUTES = 10.0  # beyond twice its minutes: houses are built, storms recover, a world is played to its end
FAREWELL_SECONDS = 60.0


def figures(command: Sequence[str], minutes: float) -> list[dict[str, Any]]:
    """Breaches end a harness with code 1, after its figures. One that has failed itself is a breach, too, and so is one
    that takes for ever: it is told to end, and says where it stands."""
    module, *arguments = command
    whole = [sys.executable, "-m", f"tests.faults.{module}", *arguments, "--json"]
    said: deque[str] = deque(maxlen=TOLD)
    pipe = subprocess.PIPE
    with subprocess.Popen(whole, cwd=tracer.ROOT, stdout=pipe, stderr=pipe, text=True) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        listener = threading.Thread(target=_listen, args=(run.stderr, said), daemon=True)
        listener.start()
        bell = threading.Timer(60 * (2 * minutes + GRACE_MINUTES), _end, (run,))
        bell.start()
        found = [json.loads(line) for line in run.stdout if line.startswith("{")]
        code = run.wait()
        bell.cancel()
        listener.join(FAREWELL_SECONDS)  # children that it left behind may hold its stderr
    return [*found, *_failure(command, code, found, said)]


def _failure(
    command: Sequence[str], code: int, found: Sequence[dict[str, Any]], said: Sequence[str]
) -> Iterator[dict[str, Any]]:
    has_breach = any(each["breaches"] for each in found)
    if (code == 0 and found) or (code == 1 and has_breach):
        return
    why = " / ".join(line.strip() for line in said) or "nothing was said"
    told = f"`{' '.join(command)}` itself ended with code {code}: {why[-1500:]}"
    yield {"failed": command[0], "breaches": [told]}


def _listen(stderr: IO[str], said: deque[str]) -> None:
    for line in stderr:
        sys.stderr.write(line)
        said.append(line)


def _end(run: subprocess.Popen[str]) -> None:
    sys.stderr.write("It takes too long and is ended.\n")
    run.send_signal(signal.SIGTERM)
    try:
        run.wait(FAREWELL_SECONDS)
    except subprocess.TimeoutExpired:
        run.kill()
