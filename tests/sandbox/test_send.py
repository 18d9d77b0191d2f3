"""POST /v3/mail/send takes what the vendor takes and refuses what it refuses."""

import base64
import gzip
import json
import re

import httpx
import pytest
import sendgrid
from sendgrid.helpers import mail as helpers


def test_a_mail_is_accepted_with_a_message_id_and_an_empty_body(sandbox, body):
    answer = sandbox.send(body())
    assert (answer.status_code, answer.content) == (202, b"")
    assert re.fullmatch(r"[\w-]{22}", answer.headers["X-Message-Id"])


def test_an_accepted_mail_stands_in_the_list_as_it_was_sent(sandbox, body):
    answer = sandbox.send(body(), X_Drip_Business_Time="2026-09-01T09:00:00-04:00")
    (message,) = sandbox.messages()
    assert message["id"] == answer.headers["X-Message-Id"]
    assert (message["to"], message["from"]) == ("ana@pereira.example", "maria@mail.harbourcars.example")
    assert message["reply_to"] == "reply+t0ken@mail.harbourcars.example"
    assert message["subject"] == "How was the first week?"
    assert message["headers"]["Message-ID"] == "<m1@harbourcars.example>"
    assert message["custom_args"] == {"message_id": "m1"}
    assert message["text"].startswith("Hi Ana")
    assert message["html"].startswith("<p>Hi Ana")
    assert message["business_time"] == "2026-09-01T13:00:00Z"


def test_without_a_business_time_real_time_stands_in(sandbox, body):
    sandbox.send(body())
    (message,) = sandbox.messages()
    assert message["business_time"] == message["accepted_at"]


def test_a_business_time_without_zone_is_refused(sandbox, body):
    assert sandbox.send(body(), X_Drip_Business_Time="2026-09-01T09:00:00").status_code == 400


def test_the_vendors_own_client_gets_through(sandbox):
    letter = helpers.Mail(
        from_email=helpers.From("maria@mail.harbourcars.example", "Maria Silva"),
        to_emails=helpers.To("ana@pereira.example", "Ana Pereira"),
        subject="How was the first week?",
        plain_text_content="Hi Ana",
        html_content="<p>Hi Ana</p>",
    )
    letter.reply_to = helpers.ReplyTo("reply+t0ken@mail.harbourcars.example")
    letter.custom_arg = helpers.CustomArg("message_id", "m1")
    letter.tracking_settings = helpers.TrackingSettings(click_tracking=helpers.ClickTracking(False, False))
    answer = sandbox.http.post("/v3/mail/send", json=letter.get(), headers={"Authorization": "Bearer SG.x"})
    assert answer.status_code == 202
    assert sendgrid.SendGridAPIClient("SG.x", host=sandbox.url).send(letter).status_code == 202


def test_each_recipient_gets_a_mail_of_their_own(sandbox, body):
    people = [
        {"to": [{"email": "ana@pereira.example"}], "custom_args": {"message_id": "m1"}},
        {"to": [{"email": "bo@lindqvist.example"}], "subject": "Hello Bo", "custom_args": {"message_id": "m2"}},
    ]
    sandbox.send(body(personalizations=people))
    first, second = sandbox.messages()
    assert [first["to"], second["to"]] == ["ana@pereira.example", "bo@lindqvist.example"]
    assert (second["subject"], second["custom_args"]) == ("Hello Bo", {"message_id": "m2"})
    assert first["id"] != second["id"]


def test_sandbox_mode_checks_and_keeps_nothing(sandbox, body):
    answer = sandbox.send(body(mail_settings={"sandbox_mode": {"enable": True}}))
    assert answer.status_code == 200
    assert sandbox.messages() == []


def person(email="ana@pereira.example", **more):
    return {"email": email, **more}


def to(*people, **more):
    return {"personalizations": [{"to": list(people), **more}]}


def content(*parts):
    return {"content": [{"type": kind, "value": value} for kind, value in parts]}


REFUSED = {
    "no personalizations": ({"personalizations": None}, "personalizations"),
    "empty personalizations": ({"personalizations": []}, "personalizations"),
    "nobody to write to": (to(), "personalizations.0.to"),
    "no sender": ({"from": None}, "from"),
    "sender without address": ({"from": {"name": "Maria"}}, "from.email"),
    "an address that is none": (to(person("ana at pereira")), "personalizations.0.to.0.email"),
    "an address without a dot": (to(person("ana@pereira")), "personalizations.0.to.0.email"),
    "an address with a line break": (
        to(person("ana@pereira.example\r\nBcc: x@y.example")),
        "personalizations.0.to.0.email",
    ),
    "a sender beyond ASCII": ({"from": {"email": "märia@harbourcars.example"}}, "from.email"),
    "a semicolon in a name": (to(person(name="Pereira; Ana")), "personalizations.0.to.0.name"),
    "a comma in a name": (to(person(name="O'Brien, Jr.")), "personalizations.0.to.0.name"),
    "a comma in a copy's name": (to(person(), cc=[person("b@x.example", name="B, C")]), "personalizations.0.cc.0.name"),
    "a line break in a name": (to(person(name="Ana\r\nX: y")), "personalizations.0.to.0.name"),
    "the same address twice": (to(person(), person("ANA@pereira.example")), "personalizations.0.to.1.email"),
    "the same address in to and bcc": (to(person(), bcc=[person()]), "personalizations.0.bcc.0.email"),
    "no subject": ({"subject": None}, "subject"),
    "an empty subject": ({"subject": ""}, "subject"),
    "a line break in the subject": ({"subject": "Hi\r\nBcc: x@y.example"}, "subject"),
    "no content": ({"content": None}, "content"),
    "an empty text": (content(("text/plain", "")), "content.0.value"),
    "html before text": (content(("text/html", "<p>"), ("text/plain", "x")), "content"),
    "two texts": (content(("text/plain", "x"), ("text/plain", "y")), "content"),
    "a header that is the vendor's": ({"headers": {"Reply-To": "x@y.example"}}, "headers.Reply-To"),
    "a personal header that is the vendor's": (
        to(person(), headers={"BCC": "x@y.example"}),
        "personalizations.0.headers.BCC",
    ),
    "a header with a line break": ({"headers": {"X-A": "b\r\nBcc: x@y.example"}}, "headers.X-A"),
    "a header name with a line break": ({"headers": {"X-A\r\nBcc": "x@y.example"}}, "headers"),
    "a header that is no text": ({"headers": {"X-A": 1}}, "headers.X-A"),
    "10,000 bytes of custom_args": ({"custom_args": {"a": "x" * 9_992}}, "personalizations.0.custom_args"),
    "custom_args that are no object": ({"custom_args": "m1"}, "custom_args"),
    "11 categories": ({"categories": [str(number) for number in range(11)]}, "categories"),
    "the same category twice": ({"categories": ["a", "a"]}, "categories"),
    "a long category": ({"categories": ["x" * 256]}, "categories.0"),
    "two ways to answer": ({"reply_to_list": [person()]}, "reply_to"),
    "a distant send_at": ({"send_at": 4_000_000_000}, "send_at"),
    "an attachment that is not base64": ({"attachments": [{"content": "?", "filename": "a"}]}, "attachments.0.content"),
    "a text where a list belongs": ({"content": "hello"}, "content"),
}


@pytest.mark.parametrize(("changes", "field"), REFUSED.values(), ids=REFUSED)
def test_what_the_vendor_refuses_is_refused_with_its_field(sandbox, body, changes, field):
    answer = sandbox.send(body(**changes))
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert all(set(error) == {"message", "field", "help"} for error in answer.json()["errors"])
    assert sandbox.messages() == []


ACCEPTED = {
    "one byte less of custom_args": {"custom_args": {"a": "x" * 9_991}},
    "a name beyond ASCII": to(person(name="Zoë Müller 李娜")),
    "a sender's name with a comma": {"from": {"email": "m@harbourcars.example", "name": "Silva, Maria"}},
    "only a text": content(("text/plain", "x")),
    "a calendar after the html": content(("text/plain", "x"), ("text/html", "y"), ("text/calendar", "z")),
    "a template instead of content": {"content": None, "subject": None, "template_id": "d-1"},
    "a subject for each person": {"subject": None, **to(person(), subject="Hi")},
    "a field that nobody knows": {"colour": "blue"},
}


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_vendor_takes_is_taken(sandbox, body, changes):
    assert sandbox.send(body(**changes)).status_code == 202


def test_a_thousand_recipients_are_the_most(sandbox, body):
    def everybody(count):
        return {"personalizations": [{"to": [person(f"p{number}@x.example")]} for number in range(count)]}

    full = everybody(1000)
    assert sandbox.send(body(**full)).status_code == 202
    full["personalizations"][0]["cc"] = [person("one.more@x.example")]
    assert sandbox.send(body(**full)).status_code == 400


@pytest.mark.parametrize("key", ["", "Bearer", "Basic eDp5"])
def test_without_a_key_nothing_is_taken(sandbox, body, key):
    answer = sandbox.send(body(), Authorization=key)
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["field"] is None


def test_when_a_key_is_set_others_are_refused(starter, body):
    sandbox = starter("--api-key", "SG.right")
    assert sandbox.send(body(), Authorization="Bearer SG.wrong").status_code == 401
    assert sandbox.send(body(), Authorization="Bearer SG.right").status_code == 202


def test_when_sender_domains_are_set_others_are_forbidden(starter, body):
    sandbox = starter("--sender-domain", "harbourcars.example")
    answer = sandbox.send(body())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "from")
    assert sandbox.send(body(**{"from": {"email": "maria@harbourcars.example"}})).status_code == 202


def raw(sandbox, content, **headers):
    usual = {"Authorization": "Bearer any", "Content-Type": "application/json"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return sandbox.http.post("/v3/mail/send", content=content, headers=usual | named)


@pytest.mark.parametrize(
    "junk",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b"1" * 5000],
    ids=["empty", "half", "list", "null", "text", "not utf-8", "nan", "deep", "long number"],
)
def test_junk_is_a_bad_request(sandbox, junk):
    assert raw(sandbox, junk).status_code == 400


def test_another_content_type_is_unsupported(sandbox):
    assert raw(sandbox, b"{}", Content_Type="text/plain").status_code == 415


@pytest.mark.parametrize("size", [30_000_001, 33_000_000])
def test_more_than_30_megabytes_is_too_large(sandbox, size):
    with httpx.Client(trust_env=False, timeout=20) as http:
        answer = http.post(
            f"{sandbox.url}/v3/mail/send",
            content=b" " * size,
            headers={"Authorization": "Bearer any", "Content-Type": "application/json"},
        )
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["message"]


def test_a_large_attachment_is_kept_out_of_the_list(sandbox, body):
    attachment = {"content": base64.b64encode(b"x" * 2_000_000).decode(), "filename": "manual.pdf"}
    assert sandbox.send(body(attachments=[attachment])).status_code == 202
    assert len(sandbox.http.get("/api/messages").content) < 5_000


def test_a_compressed_body_is_read(sandbox, body):
    packed = gzip.compress(json.dumps(body()).encode())
    assert raw(sandbox, packed, Content_Encoding="gzip").status_code == 202


def test_half_a_surrogate_pair_does_not_break_the_page(sandbox, body):
    assert raw(sandbox, json.dumps(body(subject="a \ud83d b")).encode()).status_code == 202
    assert sandbox.http.get("/").status_code == 200


def test_every_answer_tells_the_rate_limit(sandbox, body):
    for answer in (sandbox.send(body()), sandbox.send({}), sandbox.send(body(), Authorization="")):
        assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= set(answer.headers)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v3/mail/send", 405), ("POST", "/v3/nothing", 404)])
def test_the_vendors_other_paths_answer_in_its_shape(sandbox, method, path, status):
    answer = sandbox.http.request(method, path)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["message"]
