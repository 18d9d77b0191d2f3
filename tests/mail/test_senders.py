"""Each kind of sender in the words that its programs use: machines, mail systems, and people who sound like them."""

import pytest

from drip.mail import incoming, machines

HEAD = "From: Ana Pereira <ana@buyers.example>\nTo: reply@mail.quay.example\nDate: Tue, 1 Sep 2026 10:00:00 +0200\n"
MAILS = [
    (
        "out_of_office",
        HEAD
        + "Auto-Submitted: auto-replied (zimbra; vacation)\nPrecedence: bulk\nSubject: Re: Quay\n\nBonjour, je suis absente jusqu'au 14 septembre.",
    ),
    ("out_of_office", HEAD + "Subject: Automatisch antwoord: Quay\n\nIk ben met vakantie tot 14 september."),
    (
        "out_of_office",
        HEAD
        + "X-Autoreply: yes\nAuto-Submitted: auto-replied\nPrecedence: bulk\nSubject: Out of Office Re: Quay\n\nHi, I'm on PTO and will be back on Sept 14.",
    ),
    (
        "out_of_office",
        HEAD
        + "Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\nSubject: Odpowiedź automatyczna: Quay\n\nDzień dobry, przebywam na urlopie do 14.09.",
    ),
    (
        "out_of_office",
        HEAD
        + "Auto-Submitted: auto-replied\nSubject: Re: Quay\n\nHallo, ich bin vom 1. bis 14. September nicht erreichbar.",
    ),
    (
        "out_of_office",
        HEAD + "Auto-Submitted: auto-replied\nSubject: Re: Quay\n\nCiao, sono in ferie fino al 14 settembre.",
    ),
    (
        "out_of_office",
        HEAD + "Auto-Submitted: auto-replied\nSubject: Re: Quay\n\nOlá, estou de férias até 14 de setembro.",
    ),
    ("out_of_office", HEAD + "Auto-Submitted: auto-replied\nSubject: Re: Quay\n\nHei, olen lomalla 14.9. asti."),
    ("auto_reply", HEAD + "Auto-Submitted: auto-replied\nSubject: Ticket #123 created\n\nWe have got your request."),
    (
        "auto_reply",
        HEAD
        + "X-Autorespond: x\nPrecedence: auto_reply\nSubject: Thank you\n\nThanks for your mail. We answer within two days.",
    ),
    (
        "auto_reply",
        "From: Support <support@b.example>\nSubject: [Request received] Quay\nAuto-Submitted: auto-generated\n\nYour request (4711) has been received.",
    ),
    ("auto_reply", "From: noreply@b.example\nSubject: Your receipt\n\nThank you."),
    ("human", HEAD + "Subject: Re: Quay\nImportance: high\nX-Priority: 1\n\nPlease call me."),
    ("human", HEAD + "Subject: AW: Automatische Antwort: Quay\n\nWillkommen zurück! Die Tür quietscht."),
    ("human", HEAD + "Subject: Urlaub\n\nIch bin ab morgen im Urlaub, danach gern einen Termin."),
    ("human", HEAD + "Subject: Delivery problem\n\nMy delivery failed again, the address on the label was wrong."),
    (
        "human",
        HEAD
        + "Subject: Fwd: Undelivered Mail Returned to Sender\n\nI got this when writing to your service. Can you help?\n\n---------- Forwarded message ---------\nFrom: MAILER-DAEMON@x.example\n\nuser unknown",
    ),
    ("human", "From: root <root@home.example>\nSubject: Re: Quay\n\nIt squeaks."),
    (
        "human",
        "From: postmaster@small.example\nSubject: Re: Quay\n\nHello Rita, this is the postmaster and owner of a Quay. It squeaks.",
    ),
    ("human", HEAD + "Precedence: bulk\nSubject: Re: Quay\n\nIt squeaks."),
    ("human", HEAD + "Subject: Mailbox full of letters\n\nThe mailbox that I bought is full of rust."),
    (
        "bounce_hard",
        "From: postmaster@b.example\nSubject: Unzustellbar: Quay\n\nFehler bei der Nachrichtenzustellung an folgende Empfänger:\n\nana@b.example\nDie eingegebene E-Mail-Adresse konnte nicht gefunden werden.\n\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found'",
    ),
    (
        "bounce_soft",
        "From: MAILER-DAEMON@b.example\nSubject: Warning: could not send message for past 4 hours\n\nThis is a warning message only. You do not need to resend your message.\n451 4.4.1 Connection timed out",
    ),
    (
        "bounce_hard",
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Failure)\n\n** Address not found **\n\nYour message wasn't delivered to ana@b.example because the address couldn't be found, or is unable to receive mail.\n\nThe response from the remote server was:\n550 5.1.1 The email account that you tried to reach does not exist.",
    ),
    (
        "bounce_soft",
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Failure)\n\n** Recipient inbox full **\n\nYour message couldn't be delivered to ana@b.example. Their inbox is full, or it's getting too much mail right now.\n452 4.2.2 The email account that you tried to reach is over quota.",
    ),
    (
        "bounce_soft",
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n\n<ana@b.example>: host mx.b.example[192.0.2.1] said: 554 5.7.1 Service unavailable; Client host blocked using zen.spamhaus.example",
    ),
    (
        "bounce_hard",
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n\n<ana@b.example>: host mx.b.example[192.0.2.1] said: 550 5.1.1 <ana@b.example>: Recipient address rejected: User unknown in virtual mailbox table (in reply to RCPT TO command)",
    ),
    (
        "bounce_soft",
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n\n<ana@b.example>: host mx.b.example[192.0.2.1] said: 552 5.2.2 <ana@b.example>: Mailbox size limit exceeded (in reply to RCPT TO command)",
    ),
    (
        "bounce_hard",
        "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nHi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<ana@b.example>:\nSorry, no mailbox here by that name. (#5.1.1)",
    ),
    (
        "bounce_hard",
        "From: postmaster@b.example\nSubject: Non remis : Quay\n\nÉchec de la remise pour ces destinataires ou groupes :\n\nana@b.example\nL'adresse de messagerie n'existe pas. 550 5.1.1 utilisateur inconnu",
    ),
    (
        "notice",
        "From: Ana <ana@b.example>\nSubject: Read: Quay\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\nContent-Type: text/plain\n\nYour message was read.\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ana@b.example\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--\n",
    ),
]


@pytest.mark.parametrize(("sender", "raw"), MAILS)
def test_the_sender_is_told(sender: str, raw: str) -> None:
    assert machines.told(incoming.parse(raw.encode()), frozenset()).sender.value == sender
