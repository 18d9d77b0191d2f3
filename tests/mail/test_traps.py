"""Mails that look like what they are not: each has fooled somebody's program."""

import pytest

from drip.mail import incoming, machines

OWN = frozenset({"quay.example", "mail.quay.example"})
HEAD = (
    "From: Ana Pereira <ana@buyers.example>\nTo: reply+t0ken@mail.quay.example\nDate: Tue, 1 Sep 2026 10:00:00 +0200\n"
)
LETTER = "Subject: Re: How is your Quay 3?\n\nThe left door squeaks.\n"
REPORT = """\
From: Mail Delivery System <mailer-daemon@mx.buyers.example>
To: reply+t0ken@mail.quay.example
Subject: Delivery Status Notification
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain; charset=utf-8

{said}
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.buyers.example

Final-Recipient: rfc822; ana@buyers.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--b--
"""
FEEDBACK = """\
From: complaints@isp.example
To: abuse@quay.example
Subject: report
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: text/plain

This is a report.
--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
Version: 1
Original-Rcpt-To: ana@buyers.example

--b--
"""


def sender(raw: str) -> str:
    return machines.told(incoming.parse(raw.encode()), OWN).sender.value


def report(action: str, status: str, diagnostic: str = "250 ok", said: str = "See below.") -> str:
    return REPORT.format(action=action, status=status, diagnostic=diagnostic, said=said)


@pytest.mark.parametrize(
    "header",
    [
        "X-Auto-Response-Suppress: All",
        "X-MS-Exchange-Inbox-Rules-Loop: ana@buyers.example",
        "Auto-Submitted: auto-forwarded",
        "Auto-Submitted: no",
        "Precedence: normal",
        "X-Loop: ana@buyers.example",
        "List-Unsubscribe: <mailto:out@buyers.example>",
        "X-Autoreply: no",
    ],
)
def test_a_header_that_machines_set_on_a_person_s_mail_makes_no_machine(header: str) -> None:
    assert sender(f"{HEAD}{header}\n{LETTER}") == "human"


@pytest.mark.parametrize(
    ("headers", "subject"),
    [
        ("X-Apple-Action: VACATION/Vacation\n", "Away"),
        ("X-Mailer: Lotus Domino\n", "Ana Pereira is out of the office."),
        ("", "AUTO: Ana Pereira is out of the office (returning 14.09.2026)"),
        ("", "Ana Pereira ist außer Haus."),
        ("X-Mailer: vacation 1.2.7\n", "Re: How is your Quay 3?"),
        ("X-Autorespond: Re: How is your Quay 3?\n", "Re: How is your Quay 3?"),
        ("X-Vacation: yes\n", "Re: How is your Quay 3?"),
        ("Precedence: junk\n", "Re: How is your Quay 3?"),
    ],
)
def test_machines_that_do_not_know_the_standard_are_away_all_the_same(headers: str, subject: str) -> None:
    assert sender(f"{HEAD}{headers}Subject: {subject}\n\nI am out of the office.\n") == "out_of_office"


def test_a_list_that_speaks_for_itself_is_a_machine() -> None:
    head = "From: boats-bounces@lists.example\nPrecedence: bulk\nX-Mailman-Version: 2.1.39\nX-List-Administrivia: yes\n"
    said = "Subject: Your message to boats awaits moderator approval\n\nIt is being held.\n"
    assert sender(f"{head}List-Id: <boats.lists.example>\n{said}") == "auto_reply"


def test_a_challenge_is_no_bounce_although_it_looks_like_a_delivery_report() -> None:
    raw = report("delayed", "4.7.0", "challenge sent", "Boxbe keeps this mail until its writer is known.")
    assert sender(raw.replace("mailer-daemon@mx.buyers.example", "notifications@boxbe.example")) == "auto_reply"


def test_a_bounce_may_carry_the_headers_of_a_list() -> None:
    raw = report("failed", "5.1.1", "550 5.1.1 user unknown")
    assert sender(f"List-Id: <boats.lists.example>\nList-Post: <mailto:boats@lists.example>\n{raw}") == "bounce_hard"


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_report_of_success_is_no_bounce(action: str) -> None:
    assert sender(report(action, "2.0.0")) == "notice"


def test_a_person_who_forwards_a_bounce_is_a_person() -> None:
    raw = report("failed", "5.1.1", "550 5.1.1 user unknown", "Why did this come back?")
    forwarded = raw.replace("Mail Delivery System <mailer-daemon@mx.buyers.example>", "Ana <ana@buyers.example>")
    assert sender(forwarded.replace("Subject: ", "Subject: Fwd: ")) == "human"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("abuse", "complaint"), ("fraud", "complaint"), ("auth-failure", "notice"), ("opt-out", "notice"),
        ("not-spam", "notice"), ("dmarc", "notice"),
    ],
)  # fmt: skip
def test_only_a_person_s_complaint_is_one(kind: str, told: str) -> None:
    assert sender(FEEDBACK.format(kind=kind)) == told


@pytest.mark.parametrize(
    ("status", "diagnostic", "told"),
    [
        ("5.1.1", "550 5.1.1 <ana@buyers.example>: Recipient address rejected: User unknown", "bounce_hard"),
        ("5.0.0", "550 No such user here", "bounce_hard"),
        ("5.4.4", "Host or domain name not found. Name service error", "bounce_hard"),
        ("5.1.6", "551 not our customer", "bounce_hard"),
        ("5.7.27", "550 Host does not accept mail", "bounce_hard"),
        ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", "bounce_hard"),
        ("5.2.2", "552 5.2.2 Mailbox full", "bounce_soft"),
        ("5.7.1", "550 5.7.1 Message rejected as spam by content filter", "bounce_soft"),
        ("5.7.26", "550 5.7.26 Unauthenticated mail is prohibited by the domain's DMARC policy", "bounce_soft"),
        ("5.2.1", "550 5.2.1 The account that you tried to reach is disabled", "bounce_soft"),
        ("5.1.8", "553 5.1.8 Domain of sender address does not exist", "bounce_soft"),
        ("4.4.7", "delivery expired, connection timed out", "bounce_soft"),
        ("5.3.4", "552 5.3.4 message size exceeds limit", "bounce_soft"),
        ("5.2.0", "550 Unknown user", "bounce_soft"),
        ("5.7.1", "554 5.7.1 Client host blocked using a list of listed senders", "bounce_soft"),
    ],
)
def test_hard_is_what_says_that_the_address_is_bad(status: str, diagnostic: str, told: str) -> None:
    assert sender(report("failed", status, diagnostic)) == told


def test_of_two_recipients_the_one_that_does_not_exist_counts() -> None:
    two = (
        "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; mailbox full\n"
        "Final-Recipient: rfc822; ana@buyers.example\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; user unknown\n"
    )
    raw = report("failed", "5.1.1").replace(report("failed", "5.1.1").split("\n\n")[4], two)
    assert sender(raw) == "bounce_hard"


@pytest.mark.parametrize(
    ("transcript", "told"),
    [
        (">>> RCPT To:<ana@buyers.example>\n<<< 550 user unknown", "bounce_hard"),
        (">>> DATA\n<<< 550 user unknown", "bounce_soft"),
        (">>> DATA\n<<< 550 5.1.1 <ana@buyers.example>... user unknown", "bounce_hard"),
        ("421 mx (smtp)... deferred: connection reset\n550 <ana@buyers.example>... host unknown", "bounce_hard"),
        ("SMTP error from remote server after MAIL FROM:\n553 quay.example does not exist", "bounce_soft"),
    ],
)
def test_a_transcript_is_read_line_by_line(transcript: str, told: str) -> None:
    head = "From: MAILER-DAEMON@mx.buyers.example\nSubject: Returned mail: see transcript for details\n\n"
    assert sender(f"{head}----- Transcript of session follows -----\n{transcript}\n") == told


def test_the_notification_of_a_sending_service_is_read() -> None:
    head = "From: no-reply@sns.cloud.example\nSubject: AWS Notification Message\n\n"
    bounce = '{"notificationType":"Bounce","bounce":{"diagnosticCode":"smtp; 550 5.1.1 user unknown"}}'
    assert sender(head + bounce) == "bounce_hard"
    assert sender(head + '{"notificationType" : "Complaint"}') == "complaint"
    assert sender(head + '{"notificationType" : "Delivery"}') == "notice"


def test_a_receipt_that_says_deleted_and_rejected_is_a_bounce() -> None:
    raw = REPORT.replace("delivery-status", "disposition-notification").format(
        action="", status="", diagnostic="", said="Your message was automatically rejected: quota exceeded"
    )
    deleted = raw.replace("Action: ", "Disposition: automatic-action/MDN-sent-automatically; deleted")
    read = raw.replace("Action: ", "Disposition: manual-action/MDN-sent-manually; displayed")
    assert (sender(deleted), sender(read)) == ("bounce_soft", "notice")


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Automatic reply: Quay 3", "Welcome back! The door squeaks."),
        ("Delivery failed", "The sofa did not come, the driver could not deliver it. Please call me."),
        ("Out of patience", "Nobody answers. I will return it."),
        ("On holiday", "I am on holiday until Monday, please call me after that."),
        ("Re: hello", "It says user unknown when I sign in to the app. What can I do?"),
        ("Auto: quietscht", "Mein Auto quietscht, bitte rufen Sie mich an."),
        ("Undelivered", "My parcel was returned to sender. Where is it?"),
        ("{}", '{"door": "squeaks"}'),
        ("Complaint", "I want to complain about the door."),
        ("Rita Moss is out of the office?", "Who can help me then?"),
    ],
)
def test_what_only_sounds_like_a_machine_is_a_person(subject: str, text: str) -> None:
    assert sender(f"{HEAD}Subject: {subject}\n\n{text}\n") == "human"


@pytest.mark.parametrize(("declared", "written"), [("big5", "utf-8"), ("us-ascii", "utf-8"), ("utf-8", "cp1252")])
def test_a_charset_that_lies_spoils_nothing(declared: str, written: str) -> None:
    said = "Das Fenster schließt nicht, schöne Grüße aus Köln"
    raw = f"{HEAD}Content-Type: text/plain; charset={declared}\n\n".encode() + said.encode(written)
    assert incoming.parse(raw).text == said
