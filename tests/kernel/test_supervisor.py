"""Children are restarted when they die, go when they are stopped, and leave nobody behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kernel.processes.supervisor import MARK, Program, Supervisor, end_leftovers, only_one

SLEEPER = [sys.executable, "-c", "import signal; signal.pause()"]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, signal\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
    "print(child.pid, flush=True)\n"
    "signal.pause()",
]


class Diary:
    """What a supervisor said."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, event: str, part: str, detail: str) -> None:
        self.lines.append((event, part))


def child(tmp_path: Path, arguments: list[str], name: str = "child") -> Program:
    return Program(name, arguments, {**os.environ, MARK: str(tmp_path)}, tmp_path / f"{name}.log")


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    diary = Diary()
    supervisor = Supervisor(diary)
    command = child(tmp_path, SLEEPER)
    supervisor.add("child", command)
    assert command.process
    first = command.process.pid
    os.kill(first, signal.SIGKILL)
    supervisor.watch(until=lambda: ("restarted", "child") in diary.lines)
    assert command.process.pid != first
    assert is_running(command.process.pid)
    supervisor.stop()
    assert not is_running(command.process.pid)
    assert [event for event, _part in diary.lines] == ["started", "died", "restarted", "stopped"]


def test_children_of_a_dead_child_go_before_it_is_started_again(tmp_path: Path) -> None:
    diary = Diary()
    supervisor = Supervisor(diary)
    command = child(tmp_path, PARENT)
    supervisor.add("child", command)
    supervisor.watch(until=lambda: bool(command.log.read_text().strip()))
    grandchild = int(command.log.read_text().split()[0])
    assert command.process
    os.kill(command.process.pid, signal.SIGKILL)
    supervisor.watch(until=lambda: ("restarted", "child") in diary.lines)
    supervisor.watch(until=lambda: not is_running(grandchild))
    supervisor.stop()


@pytest.mark.slow
def test_a_child_that_cannot_live_is_given_ever_longer_pauses(tmp_path: Path) -> None:
    diary = Diary()
    supervisor = Supervisor(diary)
    supervisor.add("child", child(tmp_path, [sys.executable, "-c", "raise SystemExit(3)"]))
    supervisor.watch(until=lambda: diary.lines.count(("restarted", "child")) >= 2)
    assert supervisor._children[0].pause >= 0.5
    assert supervisor.deaths_above(2) == "child"
    assert supervisor.deaths_above(100) == ""
    supervisor.stop()


@contextmanager
def marked(mark: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has begun: before that the kernel does not show its environment yet."""
    command = [sys.executable, "-c", "import signal; print(flush=True); signal.pause()"]
    environment = {**os.environ, MARK: mark}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"\n"
            yield process
        finally:
            process.kill()


def test_what_a_killed_supervisor_left_is_removed_by_its_mark(tmp_path: Path) -> None:
    with marked(str(tmp_path)) as sleeper, marked(f"{tmp_path}-other") as other:
        assert end_leftovers(str(tmp_path)) == 1
        assert sleeper.wait(600) == -signal.SIGKILL
        assert other.poll() is None


def test_two_cannot_hold_one_folder(tmp_path: Path) -> None:
    with only_one(tmp_path / "lock") as first, only_one(tmp_path / "lock") as second:
        assert (first, second) == (True, False)
    with only_one(tmp_path / "lock") as again:
        assert again
