"""An answer from the mailbox is a real mail, posted as a raw Inbound Parse form."""

import base64
import email
import email.policy
import json

import pytest


@pytest.fixture
def answer(sandbox, receiver, body):
    """Sends a mail, answers it, and gives the posted form's fields and the mail in it."""

    def answered(mail=None, **given):
        sandbox.send(mail or body(), X_Drip_Business_Time="2026-09-01T13:00:00Z")
        response = sandbox.post(
            f"/api/messages/{sandbox.messages()[-1]['id']}/reply", {"text": "It is lovely.", **given}
        )
        assert response.status_code == 202, response.text
        sandbox.flush()
        fields = form(receiver.taken("/webhooks/sendgrid/inbound")[-1])
        return fields, email.message_from_bytes(fields["email"], policy=email.policy.default)

    return answered


def form(post):
    head = b"Content-Type: " + post.headers["Content-Type"].encode() + b"\r\n\r\n"
    parts = email.message_from_bytes(head + post.body, policy=email.policy.HTTP).iter_parts()
    return {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in parts}


def test_the_answer_goes_to_the_reply_to_address_of_the_mail(answer):
    fields, mail = answer()
    assert json.loads(fields["envelope"]) == {
        "to": ["reply+t0ken@mail.harbourcars.example"],
        "from": "ana@pereira.example",
    }
    assert mail["To"].addresses[0].addr_spec == "reply+t0ken@mail.harbourcars.example"
    assert mail["From"] == "Ana Pereira <ana@pereira.example>"


def test_the_form_holds_the_fields_of_a_raw_inbound_parse_post(answer):
    fields, _ = answer()
    assert set(fields) == {
        "email", "to", "from", "subject", "envelope", "charsets", "dkim", "SPF", "sender_ip",
    }  # fmt: skip
    assert fields["dkim"] == b"{@pereira.example : pass}"
    assert json.loads(fields["charsets"])["subject"] == "UTF-8"


def test_the_answer_continues_the_thread(answer, body):
    headers = {"Message-ID": f"<{'m' * 70}@harbourcars.example>", "References": "<m0@harbourcars.example>"}
    fields, mail = answer(body(headers=headers))
    assert mail["In-Reply-To"] == headers["Message-ID"]
    assert mail["References"] == f"<m0@harbourcars.example> {headers['Message-ID']}"
    assert b"=?utf-8?" not in fields["email"]
    assert mail["Subject"] == "Re: How was the first week?"
    assert mail["Message-ID"].endswith("@pereira.example>")


def test_the_answer_quotes_what_it_answers(answer):
    _, mail = answer()
    text = mail.get_body(("plain",)).get_content()
    attribution = "On Tue, 1 Sep 2026 at 13:00, Maria Silva <maria@mail.harbourcars.example> wrote:"
    assert text.splitlines()[:3] == ["It is lovely.", "", attribution]
    assert "> how was the first week?" in text


def test_the_answer_is_dated_in_business_time(answer):
    _, mail = answer(at="2026-09-02T08:30:00Z")
    assert mail["Date"].datetime.isoformat() == "2026-09-02T08:30:00+00:00"


def test_without_a_date_the_answer_comes_soon_after_the_mail(answer):
    _, mail = answer()
    assert mail["Date"].datetime.isoformat().startswith("2026-09-01T13:0")


def test_an_html_answer_has_both_parts(answer):
    _, mail = answer(html="<p>It is <b>lovely</b>.</p>")
    assert "<b>lovely</b>" in mail.get_body(("html",)).get_content()
    assert "It is lovely." in mail.get_body(("plain",)).get_content()


def test_somebody_else_may_answer_with_headers_of_their_own(answer):
    fields, mail = answer(**{
        "from": "Leo Pereira <leo@pereira.example>",
        "subject": "Out of office",
        "headers": {"Auto-Submitted": "auto-replied", "In-Reply-To": ""},
    })  # fmt: skip
    assert fields["from"] == b"leo@pereira.example"
    assert mail["From"] == "Leo Pereira <leo@pereira.example>"
    assert (mail["Subject"], mail["Auto-Submitted"], mail["In-Reply-To"]) == ("Out of office", "auto-replied", None)


def test_any_script_and_name_survives(answer, body):
    people = [{"to": [{"email": "lina@mail.example", "name": '李娜 "Lina"'}]}]
    _, mail = answer(body(personalizations=people, subject="您好"), text="谢谢 🙂")
    assert mail["From"].addresses[0].display_name == '李娜 "Lina"'
    assert mail["Subject"] == "Re: 您好"
    assert mail.get_body(("plain",)).get_content().startswith("谢谢 🙂")


def test_the_post_is_signed_with_the_inbound_key(answer, sandbox, receiver, verify):
    answer()
    verify(receiver.taken("inbound")[-1], sandbox.http.get("/api/keys").json()["inbound"])


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"text": 1},
        {"text": "x", "from": "a@b.example\r\nBcc: c@d.example"},
        {"text": "x", "headers": {"X": 1}},
        {"text": "x", "at": "now"},
    ],
    ids=["no text", "a number", "a line break", "a header that is no text", "no instant"],
)
def test_an_answer_that_cannot_be_written_is_refused(sandbox, receiver, body, bad):
    sandbox.send(body())
    assert sandbox.post(f"/api/messages/{sandbox.messages()[0]['id']}/reply", bad).status_code == 400
    sandbox.flush()
    assert receiver.taken("inbound") == []


def test_any_mail_can_be_posted_as_it_is(sandbox, receiver):
    junk = b"From: \xff\xfe\r\n\r\nnot really a mail --boundary\r\n"
    given = {"raw_base64": base64.b64encode(junk).decode(), "from": "", "to": "reply+x@mail.harbourcars.example"}
    assert sandbox.post("/api/inbound", given).status_code == 202
    sandbox.flush()
    assert junk in receiver.taken("inbound")[0].body


def test_a_refused_answer_comes_again(sandbox, receiver, body, eventually):
    receiver.status = 503
    sandbox.send(body())
    sandbox.post(f"/api/messages/{sandbox.messages()[0]['id']}/reply", {"text": "x"})
    assert sandbox.flush()["inbound_repeating"] == 1
    receiver.status = 200
    eventually(lambda: receiver.taken("inbound"))


def test_files_go_along_byte_by_byte_whatever_they_are_called(answer):
    sent = [
        ("Tür – Kratzer.jpg", "image/jpeg", b"\xff\xd8\x00"),
        ("notes.txt", "text/plain", b"a\r\nb"),
        ("x", "", b""),
    ]
    sent.append(("forwarded.eml", "message/rfc822", b"Subject: old\n\nwords"))
    files = [{"name": name, "type": kind, "base64": base64.b64encode(content).decode()} for name, kind, content in sent]
    _, mail = answer(files=files)
    came = [
        (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
        for part in mail.iter_attachments()
    ]
    assert [each[::2] for each in came] == [each[::2] for each in sent]
    assert [kind for _, kind, _ in came] == ["image/jpeg", "text/plain", *["application/octet-stream"] * 2]
    assert mail.get_body(("plain",)).get_content().startswith("It is lovely.")


@pytest.mark.parametrize("file", [{"name": "a"}, {"name": "a\nb", "base64": ""}, {"name": "a", "base64": "?"}, "a"])
def test_a_file_that_is_none_is_refused(sandbox, body, file):
    sandbox.send(body())
    path = f"/api/messages/{sandbox.messages()[-1]['id']}/reply"
    assert sandbox.post(path, {"text": "Look.", "files": [file]}).status_code == 400
