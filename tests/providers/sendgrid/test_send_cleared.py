"""A request that waits for its gate with a connection in hand: nothing leaves before, all at once after."""

import asyncio

import pytest

from drip import clock
from drip.providers.sendgrid import send
from drip.providers.sendgrid.send import Outcome, Result
from tests import sandbox_process
from tests.providers.sendgrid.test_send import BODY, posting


def test_a_request_leaves_in_the_moment_in_which_it_is_cleared(sandbox: sandbox_process.Sandbox) -> None:
    there: list[int] = []

    async def work(provider: send.SendGrid) -> list[Outcome]:
        cleared: asyncio.Future[send.Clearance] = asyncio.get_running_loop().create_future()
        flight = asyncio.create_task(provider.post(BODY, cleared))
        await asyncio.sleep(0.2)
        there.append(len(sandbox.mails()))
        cleared.set_result(send.Clearance(clock.monotonic(), {"X-Drip-Business-Time": "2026-09-01T13:00:00+00:00"}))
        return [await flight]

    (outcome,) = posting(sandbox.url, work)
    assert outcome.result is Result.accepted
    assert there == [0]
    assert [mail["business_time"] for mail in sandbox.mails()] == ["2026-09-01T13:00:00Z"]


def test_of_a_request_that_is_not_cleared_no_byte_leaves(sandbox: sandbox_process.Sandbox) -> None:
    async def work(provider: send.SendGrid) -> list[Outcome]:
        flight = asyncio.create_task(provider.post(BODY, asyncio.get_running_loop().create_future()))
        await asyncio.sleep(0.2)
        flight.cancel()
        await asyncio.wait([flight])
        return [await provider.post(BODY, send.Clearance(clock.monotonic()))]

    assert [outcome.result for outcome in posting(sandbox.url, work)] == [Result.accepted]
    assert len(sandbox.mails()) == 1


def test_a_connection_that_has_waited_for_its_gate_for_long_is_not_sent_by(
    sandbox: sandbox_process.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "HELD_SECONDS", 0.1)

    async def work(provider: send.SendGrid) -> list[Outcome]:
        cleared: asyncio.Future[send.Clearance] = asyncio.get_running_loop().create_future()
        flight = asyncio.create_task(provider.post(BODY, cleared))
        await asyncio.sleep(0.3)
        cleared.set_result(send.Clearance(clock.monotonic()))
        return [await flight]

    assert [outcome.result for outcome in posting(sandbox.url, work)] == [Result.stale]
    assert sandbox.mails() == []


def test_a_gate_that_outlasts_the_request_leaves_no_doubt(
    sandbox: sandbox_process.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "CONNECT_SECONDS", 0.2)

    async def work(provider: send.SendGrid) -> list[Outcome]:
        return [await provider.post(BODY, asyncio.get_running_loop().create_future())]

    assert [outcome.result for outcome in posting(sandbox.url, work, answer_seconds=0.1)] == [Result.stale]
    assert sandbox.mails() == []


def test_a_request_that_its_gate_outlasts_does_not_take_the_gates_word_away(
    sandbox: sandbox_process.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "CONNECT_SECONDS", 0.2)
    told: list[bool] = []

    async def work(provider: send.SendGrid) -> list[Outcome]:
        cleared: asyncio.Future[send.Clearance] = asyncio.get_running_loop().create_future()
        outcome = await provider.post(BODY, cleared)
        told.append(cleared.cancelled())
        return [outcome]

    posting(sandbox.url, work, answer_seconds=0.1)
    assert told == [False]
