"""Starting, stopping, and what the sandbox may lean on."""

import ast
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

import drip.sandbox

PACKAGE = Path(drip.sandbox.__file__).parent


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "drip.sandbox", *arguments], capture_output=True, text=True, timeout=20, check=False
    )


def test_a_port_in_use_is_one_clear_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("--port", str(port), "--data-dir", str(tmp_path))
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in ended.stderr


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    (tmp_path / "file").touch()
    ended = run("--port", "0", "--data-dir", str(tmp_path / "file" / "sandbox"))
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)


def test_a_broken_key_is_one_clear_line(tmp_path):
    (tmp_path / "event-key.pem").write_text("junk")
    ended = run("--port", "0", "--data-dir", str(tmp_path))
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr


def test_sigterm_stops_it_cleanly_also_while_a_request_hangs(starter, body, eventually):
    sandbox = starter()
    sandbox.post("/api/misbehave", {"mode": "accept_then_hang"})
    with socket.create_connection(("127.0.0.1", sandbox.http.base_url.port)) as hanging:
        request = httpx.Request("POST", f"{sandbox.url}/v3/mail/send", json=body())
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        hanging.sendall(
            f"POST /v3/mail/send HTTP/1.1\r\n{head}Authorization: Bearer x\r\n\r\n".encode() + request.content
        )
        eventually(sandbox.messages)
        sandbox.process.send_signal(signal.SIGTERM)
        assert sandbox.process.wait(5) == 0


def test_keys_are_private_and_stay_the_same(starter):
    sandbox = starter()
    before = sandbox.http.get("/api/keys").json()
    sandbox.kill()
    sandbox.start()
    assert sandbox.http.get("/api/keys").json() == before
    assert before["events"] != before["inbound"]
    assert {(sandbox.data_dir / f"{name}-key.pem").stat().st_mode & 0o777 for name in ("event", "inbound")} == {0o600}


def test_another_site_may_not_write(sandbox):
    answer = sandbox.http.request("DELETE", "/api/messages", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    own = sandbox.http.request("DELETE", "/api/messages", headers={"Origin": sandbox.url})
    assert own.status_code == 204


def test_the_sandbox_imports_nothing_else_of_drip():
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            outside = [name for name in names if name.startswith("drip") and not name.startswith("drip.sandbox")]
            assert outside == [], path
