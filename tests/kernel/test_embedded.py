"""The embedded servers: they start, survive a kill -9 without losing what was committed, and stop."""

import os
import signal
from pathlib import Path

import psycopg
import pytest
import redis

from kernel.processes.embedded import EmbeddedPostgres, EmbeddedValkey
from kernel.processes.paths import runtime_dir


@pytest.mark.slow
def test_postgres_keeps_what_was_committed_through_a_kill(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    server.start()
    try:
        with psycopg.connect(server.url) as link:
            link.execute("CREATE TABLE t AS SELECT uuidv7() AS id")
        assert server.process
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        server.start()
        with psycopg.connect(server.url) as link:
            assert link.execute("SELECT count(*) FROM t").fetchone() == (1,)
    finally:
        server.stop()
    assert server.process
    assert server.process.returncode == 0


def test_valkey_keeps_its_data_over_a_restart(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path)
    for expected in (b"1", b"2"):
        server.start()
        with redis.Redis(unix_socket_path=str(server.socket)) as link:
            link.incr("n")
            assert link.get("n") == expected
        server.stop()


def test_a_folder_with_a_long_name_gets_its_sockets_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    assert len(str(runtime_dir(deep))) < 90
    assert runtime_dir(deep) != runtime_dir(tmp_path / ("y" * 120))
    assert runtime_dir(Path("/srv/banyan/var")) == Path("/srv/banyan/var/run")
