"""Every accepted request -> one line in an append-only file, there before the 202 leaves."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from drip.sandbox import mails


class Ledger:
    """The file `ledger.jsonl`. A line cut short by a crash was never answered: the next start drops it."""

    def __init__(self, path: Path, *, fsync: bool) -> None:
        self._path = path
        self._fsync = fsync
        _drop_torn_line(path)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._size = os.fstat(self._file).st_size
        self._group: asyncio.Future[None] | None = None
        self._syncing: asyncio.Task[None] | None = None

    def lines(self) -> Iterator[mails.Accepted]:
        """All accepted requests, oldest first."""
        with self._path.open("rb") as file:
            for line in file:
                yield cast(mails.Accepted, json.loads(line))

    def append(self, accepted: mails.Accepted) -> None:
        """Written to the operating system at once, so that a killed process loses nothing."""
        line = json.dumps(accepted, separators=(",", ":")).encode() + b"\n"
        try:
            written = os.write(self._file, line)
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError:  # a full disk: half a line must not spoil the next one
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(line)

    async def durable(self) -> None:
        """Returns when what was appended is on disk; one fsync serves all who wait."""
        if not self._fsync:
            return  # was not asked for
        if self._group is None:
            self._group = asyncio.get_running_loop().create_future()
        group = self._group
        if self._syncing is None:
            self._syncing = asyncio.create_task(self._sync_groups())
        await asyncio.shield(group)

    async def _sync_groups(self) -> None:
        while self._group is not None:
            group, self._group = self._group, None
            try:
                await asyncio.to_thread(os.fsync, self._file)
            except OSError as error:
                group.set_exception(error)
            else:
                group.set_result(None)
        self._syncing = None

    def clear(self) -> None:
        os.ftruncate(self._file, 0)
        self._size = 0

    def close(self) -> None:
        os.fsync(self._file)
        os.close(self._file)


def _drop_torn_line(path: Path) -> None:
    if not path.exists():
        return
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - 65536)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                file.truncate(start + newline + 1)
                return
            end = start
        file.truncate(0)
