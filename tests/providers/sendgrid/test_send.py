"""Our mail in SendGrid's words, its answers in ours: bodies as such, answers over real HTTP."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip import clock
from drip.mail import outgoing, render
from drip.providers.sendgrid import send
from drip.providers.sendgrid.send import Outcome, Result
from tests import sandbox_process
from tests.providers.sendgrid.mails import MAIL

BODY = send.body(MAIL)
HOSTILE = ["Ana\r\nBcc: eve@evil.example", "Moss; Ana, <eve@evil.example>", "n" * 10_000, "\ud83d", "{{ 7 * 7 }}"]


@pytest.fixture
def answering() -> Iterator[tuple[str, list[str]]]:
    """A provider that answers `POST /<status>/v3/mail/send` with that status, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(int(self.path.split("/")[1]))
            self.send_header("Location", "/202/elsewhere")
            self.send_header("X-RateLimit-Remaining", self.path.split("/")[1][-1])
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"what")

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def posting(
    host: str, work: Callable[[send.SendGrid], Awaitable[list[Outcome]]], answer_seconds: float = 5
) -> list[Outcome]:
    """What `work` makes of one pool of a single connection."""

    async def run() -> list[Outcome]:
        provider = send.SendGrid(host, "key", connections=1, answer_seconds=answer_seconds)
        try:
            return await work(provider)
        finally:
            await provider.close()

    return asyncio.run(run())


def post(host: str, content: bytes = BODY, looked_ago: float = 0.0) -> Outcome:
    async def once(provider: send.SendGrid) -> list[Outcome]:
        return [await provider.post(content, send.Clearance(clock.monotonic() - looked_ago))]

    return posting(host, once)[0]


def test_the_body_says_all_that_the_mail_says_and_nothing_more() -> None:
    said = json.loads(BODY)
    assert said.pop("personalizations") == [{"to": [{"email": "ana@buyers.example", "name": "Ana Pereira"}]}]
    assert said.pop("from") == {"email": "rita@mail.quay.example", "name": "Rita Moss"}
    assert said.pop("reply_to") == {"email": "reply+t0ken@mail.quay.example"}
    assert said.pop("headers") == MAIL.headers
    assert said.pop("custom_args") == {"message_id": "01m"}
    assert [part["type"] for part in said.pop("content")] == ["text/plain", "text/html"]
    assert {name: setting["enable"] for name, setting in said.pop("tracking_settings").items()} == {
        "click_tracking": False,
        "open_tracking": False,
        "subscription_tracking": False,
    }
    assert said == {"subject": "How is your Quay 3?"}


def test_a_customer_without_a_name_gets_mail_all_the_same() -> None:
    assert json.loads(send.body(replace(MAIL, to_name="")))["personalizations"][0]["to"] == [
        {"email": "ana@buyers.example"}
    ]


@pytest.mark.parametrize("unfit", [{"subject": " "}, {"text": "\n"}])
def test_a_mail_without_subject_or_text_is_refused_here(unfit: dict[str, str]) -> None:
    with pytest.raises(send.UnfitMailError):
        send.body(replace(MAIL, **unfit))  # type: ignore[arg-type]


@given(st.text(max_size=200), st.text(min_size=1, max_size=200))
def test_any_name_and_subject_survive_as_they_are_and_add_nothing(name: str, subject: str) -> None:
    said = json.loads(send.body(replace(MAIL, to_name=outgoing.shown(name), subject=f"How {subject}")))
    assert said["subject"] == f"How {subject}"
    assert said["personalizations"][0]["to"][0].get("name", "") == outgoing.shown(name)
    assert set(said) == set(json.loads(BODY))


@pytest.mark.parametrize("name", HOSTILE)
def test_the_provider_takes_a_hostile_name_as_a_name(sandbox: sandbox_process.Sandbox, name: str) -> None:
    shown = outgoing.shown(render.clean(name))
    outcome = post(sandbox.url, send.body(replace(MAIL, to_name=shown, from_name=shown)))
    assert outcome.result is Result.accepted
    (mail,) = sandbox.mails()
    assert mail["to"] == "ana@buyers.example"
    assert mail["custom_args"] == {"message_id": "01m"}


def test_accepted_comes_with_the_providers_id(sandbox: sandbox_process.Sandbox) -> None:
    outcome = post(sandbox.url)
    assert (outcome.result, outcome.provider_id) == (Result.accepted, sandbox.mails()[0]["id"])


@pytest.mark.parametrize(
    ("mode", "result"),
    [("401", Result.locked_out), ("403", Result.locked_out), ("429", Result.busy), ("500", Result.ambiguous),
     ("503", Result.ambiguous), ("reset", Result.ambiguous), ("accept_then_reset", Result.ambiguous)],
)  # fmt: skip
def test_what_the_provider_says_becomes_a_result(sandbox: sandbox_process.Sandbox, mode: str, result: Result) -> None:
    sandbox.misbehave(mode)
    assert post(sandbox.url).result is result


def test_busy_says_how_long_to_wait(sandbox: sandbox_process.Sandbox) -> None:
    sandbox.misbehave("429")
    assert 1 <= post(sandbox.url).wait_seconds <= 60


@pytest.mark.parametrize(("status", "waits"), [(200, True), (202, False)])
def test_the_last_mail_of_a_window_says_how_long_to_wait(
    answering: tuple[str, list[str]], status: int, waits: bool
) -> None:
    outcome = post(f"{answering[0]}/{status}")
    assert (outcome.result, outcome.wait_seconds > 0) == (Result.accepted, waits)


def test_a_refusal_says_what_was_wrong(sandbox: sandbox_process.Sandbox) -> None:
    outcome = post(sandbox.url, b"{}")
    assert outcome.result is Result.refused
    assert outcome.detail.startswith("400: ")


@pytest.mark.parametrize(("status", "result"), [
    (200, Result.accepted), (202, Result.accepted), (302, Result.refused), (307, Result.refused),
    (404, Result.refused), (408, Result.ambiguous), (413, Result.refused), (502, Result.ambiguous),
])  # fmt: skip
def test_one_request_is_made_whatever_the_status(answering: tuple[str, list[str]], status: int, result: Result) -> None:
    host, asked = answering
    outcome = post(f"{host}/{status}")
    assert (outcome.result, asked) == (result, [f"/{status}/v3/mail/send"])


def test_no_answer_in_time_leaves_a_doubt(sandbox: sandbox_process.Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "CONNECT_SECONDS", 0.3)
    sandbox.misbehave("accept_then_hang")

    async def once(provider: send.SendGrid) -> list[Outcome]:
        return [await provider.post(BODY, send.Clearance(clock.monotonic()))]

    assert posting(sandbox.url, once, answer_seconds=0)[0].result is Result.ambiguous
    assert len(sandbox.mails()) == 1


def test_nobody_there_means_that_nothing_has_left() -> None:
    assert post(f"http://127.0.0.1:{sandbox_process.free_port()}").result is Result.unreachable


def test_a_look_that_is_too_old_makes_no_request(sandbox: sandbox_process.Sandbox) -> None:
    assert post(sandbox.url, looked_ago=send.STALE_SECONDS + 0.1).result is Result.stale
    assert sandbox.mails() == []


def test_waiting_too_long_for_a_connection_makes_the_look_old(
    sandbox: sandbox_process.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "STALE_SECONDS", 0.2)
    sandbox.misbehave("slow", count=1, delay_ms=500)

    async def two(provider: send.SendGrid) -> list[Outcome]:
        return list(await asyncio.gather(*(provider.post(BODY, send.Clearance(clock.monotonic())) for _ in range(2))))

    assert [outcome.result for outcome in posting(sandbox.url, two)] == [Result.accepted, Result.stale]
    assert len(sandbox.mails()) == 1


def test_looks_that_were_too_old_use_up_no_connection(sandbox: sandbox_process.Sandbox) -> None:
    async def several(provider: send.SendGrid) -> list[Outcome]:
        return [await provider.post(BODY, send.Clearance(clock.monotonic() - old)) for old in (9, 0, 9, 9, 0)]

    results = [outcome.result for outcome in posting(sandbox.url, several)]
    assert [result is Result.stale for result in results] == [True, False, True, True, False]
    assert len(sandbox.mails()) == 2
