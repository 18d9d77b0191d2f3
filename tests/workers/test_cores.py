"""A send worker keeps to one core; two of them never share one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workers import cores

ROOT = Path(__file__).parents[2]


def test_all_threads_of_a_process_stay_on_one_core() -> None:
    core = cores.within_reach()[-1]
    code = f"import os; from workers import cores; cores.stay_on({core}); print(os.sched_getaffinity(0))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == f"{{{core}}}"


def test_a_core_that_is_not_there_is_refused_in_one_line() -> None:
    argv = [sys.executable, "-m", "workers.worker", "--queue", "send", "--core", "9999"]
    said = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 1
    assert "Core 9999 is not one that this process may use" in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_as_many_workers_as_cores_have_one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {2, 5, 7})
    assert sorted(each for each in cores.shared_out(3) if each is not None) == [2, 5, 7]
    assert len(set(cores.shared_out(2))) == 2


def test_more_workers_than_cores_go_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert cores.shared_out(3) == [None, None, None]


def test_on_a_machine_of_one_core_nobody_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert cores.shared_out(1) == [None]
