"""A fresh process for each trial, forked from one that has imported everything and opened nothing."""

import faulthandler
import json
import os
import select
import signal
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

PATIENCE_SECONDS = 60.0
COMPANY_SECONDS = 90.0  # longer: a companion may itself wait for a child

Task = Callable[..., object]


@dataclass(frozen=True)
class Ended:
    """How a child came to its end: by SIGKILL at its point, or with what it had to say; `hung` was ended by us."""

    killed: bool
    said: Any = None
    trouble: str = ""
    hung: bool = False


def run(work: Callable[[], object], log: Path) -> Ended:
    """Do `work` in a child; what it returns comes back as JSON, what it logs goes to `log`."""
    mouth, ear = os.pipe()[::-1]
    pid = os.fork()
    if not pid:
        os.close(ear)
        _live(work, mouth, log)
    os.close(mouth)
    try:
        heard = _hear(ear, time.monotonic() + PATIENCE_SECONDS)
    finally:
        os.close(ear)
    if heard is None:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return _ended(heard, status, log)


def of(said: Mapping[str, Any]) -> Ended:
    """What a companion tells of a child of its own."""
    return Ended(**said)


class Companion:
    """A child that stays, and does by name what it is asked to: its caches stay warm from trial to trial."""

    def __init__(self, begin: Callable[[], Mapping[str, Task]], log: Path) -> None:
        """`begin` is called in the child and says what it can do."""
        self._log = log
        theirs, mouth = os.pipe()
        ear, out = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            os.close(mouth)
            os.close(ear)
            _live(lambda: _serve(begin(), theirs, out), None, log)
        os.close(theirs)
        os.close(out)
        self._mouth, self._ear = os.fdopen(mouth, "w"), os.fdopen(ear)

    def ask(self, task: str, *arguments: object) -> Any:
        """Tell, and wait for the answer."""
        self.tell(task, *arguments)
        return self.hear()

    def tell(self, task: str, *arguments: object) -> None:
        """Let it begin; the answer is there to be heard later."""
        self._mouth.write(json.dumps([task, *arguments]) + "\n")
        self._mouth.flush()

    def hear(self) -> Any:
        """The answer; raises BrokenCompanionError with what it logged when it failed."""
        if not select.select([self._ear], [], [], COMPANY_SECONDS)[0]:
            os.kill(self._pid, signal.SIGABRT)  # faulthandler says where each of its threads stands
            os.waitpid(self._pid, 0)
            raise BrokenCompanionError(f"it hung: {self._log.read_text()[-4000:]}")
        answer = self._ear.readline()
        if not answer:
            raise BrokenCompanionError(self._log.read_text()[-2000:])
        return json.loads(answer)

    def close(self) -> None:
        """Let it go, in so many words: a companion forked later holds this pipe open, too."""
        self._mouth.write("null\n")
        self._mouth.close()
        self._ear.close()
        os.waitpid(self._pid, 0)


class BrokenCompanionError(Exception):
    """The process that prepares and clears up has failed itself."""


def _serve(can: Mapping[str, Task], questions: int, answers: int) -> None:
    with os.fdopen(questions) as asked, os.fdopen(answers, "w") as told:
        for task, *arguments in iter(lambda: json.loads(asked.readline() or "null"), None):
            told.write(json.dumps(can[task](*arguments)) + "\n")
            told.flush()


def _ended(heard: bytes | None, status: int, log: Path) -> Ended:
    if heard is None:
        return Ended(killed=False, trouble="it hung", hung=True)
    if os.WIFSIGNALED(status):
        mine = os.WTERMSIG(status) == signal.SIGKILL
        return Ended(killed=mine, trouble="" if mine else f"signal {os.WTERMSIG(status)}")
    code = os.WEXITSTATUS(status)
    trouble = "" if code == 0 else f"exit code {code}: {log.read_text()[-1500:]}"
    return Ended(killed=False, said=json.loads(heard) if heard else None, trouble=trouble)


def _live(work: Callable[[], object], mouth: int | None, log: Path) -> NoReturn:
    """Ends without atexit: what the parent registered there is the parent's to do."""
    code = 1
    try:
        _say_to(log)
        said = work()
        if mouth is not None:
            with os.fdopen(mouth, "w") as pipe:
                json.dump(said, pipe)
        code = 0
    except SystemExit as asked:
        code = asked.code if isinstance(asked.code, int) else 1
        os.write(2, f"{asked}\n".encode())
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


def _say_to(log: Path) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    faulthandler.enable(2)


def _hear(ear: int, deadline: float) -> bytes | None:
    """All that is said until the other end closes; None when that takes too long."""
    heard = bytearray()
    while True:
        if not select.select([ear], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return None
        piece = os.read(ear, 1 << 16)
        if not piece:
            return bytes(heard)
        heard += piece
