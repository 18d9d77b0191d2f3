"""A really started sandbox, a really listening webhook receiver, and bodies as our sender writes them."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Body = dict[str, object]


@dataclass
class Post:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Our side of the webhooks; answers `status` to everything."""

    url: str = ""
    status: int = 200
    posts: list[Post] = field(default_factory=list)

    def events(self) -> list[dict[str, object]]:
        return [event for post in self.taken("events") for event in json.loads(post.body)]

    def taken(self, kind: str) -> list[Post]:
        return [post for post in list(self.posts) if post.path.endswith(kind)]


@dataclass
class Sandbox:
    url: str
    data_dir: Path
    arguments: list[str]
    process: subprocess.Popen[bytes]
    http: httpx.Client

    def send(self, body: Body, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post("/v3/mail/send", json=body, headers={"Authorization": "Bearer any", **named})

    def messages(self, **query: str) -> list[dict[str, object]]:
        return self.http.get("/api/messages", params=query).json()

    def post(self, path: str, body: Body) -> httpx.Response:
        return self.http.post(path, json=body)

    def flush(self) -> dict[str, int]:
        return self.post("/api/flush", {}).json()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def start(self) -> None:
        self.process = _started(self.arguments)
        _wait_until_up(self.http)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    taken = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if taken.status < 300:
                taken.posts.append(Post(self.path, dict(self.headers.items()), body))
            self.send_response(taken.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        taken.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield taken
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def running(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    data_dir = tmp_path_factory.mktemp("sandbox")
    with httpx.Client(trust_env=False, timeout=10) as http:
        sandbox = start(data_dir, receiver.url, http)
        yield sandbox
        sandbox.process.send_signal(signal.SIGTERM)
        assert sandbox.process.wait(5) == 0


@pytest.fixture
def sandbox(running: Sandbox, receiver: Receiver) -> Sandbox:
    """The module's sandbox, emptied and well-behaved."""
    receiver.status = 200
    running.post("/api/misbehave", {"mode": None})
    running.http.delete("/api/messages")
    running.flush()
    receiver.posts.clear()
    return running


@pytest.fixture
def starter(receiver: Receiver, tmp_path: Path) -> Iterator[Callable[..., Sandbox]]:
    """Starts further sandboxes on the test's own folder, with further arguments."""
    receiver.status = 200
    receiver.posts.clear()
    started: list[Sandbox] = []

    def start_another(*arguments: str) -> Sandbox:
        http = httpx.Client(trust_env=False, timeout=10)
        started.append(start(tmp_path, receiver.url, http, *arguments))
        return started[-1]

    yield start_another
    for sandbox in started:
        sandbox.kill()
        sandbox.http.close()


@pytest.fixture
def body() -> Callable[..., Body]:
    return mail_body


@pytest.fixture
def verify() -> Callable[[Post, str], None]:
    return check_signature


@pytest.fixture
def eventually() -> Callable[..., None]:
    return wait_for


def mail_body(**changes: object) -> Body:
    """A check-in to Ana; a change to None takes the field away."""
    usual: Body = {
        "personalizations": [{"to": [{"email": "ana@pereira.example", "name": "Ana Pereira"}]}],
        "from": {"email": "maria@mail.harbourcars.example", "name": "Maria Silva"},
        "reply_to": {"email": "reply+t0ken@mail.harbourcars.example"},
        "subject": "How was the first week?",
        "content": [
            {"type": "text/plain", "value": "Hi Ana,\n\nhow was the first week?\n\nMaria"},
            {"type": "text/html", "value": "<p>Hi Ana,</p><p>how was the first week?</p><p>Maria</p>"},
        ],
        "headers": {"Message-ID": "<m1@harbourcars.example>", "Auto-Submitted": "auto-generated"},
        "custom_args": {"message_id": "m1"},
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def check_signature(post: Post, public_key: str) -> None:
    """Raises when the signature over timestamp and raw body is not this key's."""
    key = serialization.load_der_public_key(base64.b64decode(public_key))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    signature = base64.b64decode(post.headers["X-Twilio-Email-Event-Webhook-Signature"])
    timestamp = post.headers["X-Twilio-Email-Event-Webhook-Timestamp"].encode()
    key.verify(signature, timestamp + post.body, ec.ECDSA(hashes.SHA256()))


def wait_for(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def start(data_dir: Path, webhook_base: str, http: httpx.Client, *further: str) -> Sandbox:
    port = free_port()
    arguments = ["--port", str(port), "--data-dir", str(data_dir), "--webhook-base", webhook_base, *further]
    http.base_url = httpx.URL(f"http://127.0.0.1:{port}")
    process = _started(arguments)
    _wait_until_up(http)
    return Sandbox(f"http://127.0.0.1:{port}", data_dir, arguments, process, http)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _started(arguments: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "drip.sandbox", *arguments], env=os.environ | {"PYTHONWARNINGS": "error"}
    )


def _wait_until_up(http: httpx.Client) -> None:
    def up() -> bool:
        try:
            return http.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    wait_for(up)
