"""Our bodies beside those that the vendor's own package makes."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from sendgrid.helpers import mail as sg

from drip.mail import outgoing
from drip.providers.sendgrid import send
from tests.providers.sendgrid.mails import MAIL


def by_the_package(mail: outgoing.Outgoing) -> object:
    letter = sg.Mail(sg.From(mail.from_address, mail.from_name), sg.To(mail.to_address, mail.to_name or None))
    letter.subject, letter.reply_to = mail.subject, sg.ReplyTo(mail.reply_to)
    letter.add_content(sg.Content("text/plain", mail.text))
    if mail.html:
        letter.add_content(sg.Content("text/html", mail.html))
    for name, value in mail.headers.items():
        letter.add_header(sg.Header(name, value))
    letter.add_custom_arg(sg.CustomArg("message_id", mail.message_id))
    letter.tracking_settings = sg.TrackingSettings(
        sg.ClickTracking(mail.click_tracking, enable_text=False),
        sg.OpenTracking(mail.open_tracking),
        sg.SubscriptionTracking(False),
    )
    return letter.get()


@given(st.text(min_size=1).filter(str.strip), st.text().filter(str.strip), st.none() | st.text(), st.booleans())
def test_the_body_is_what_the_vendors_package_makes_of_the_mail(
    subject: str, name: str, html: str | None, tracked: bool
) -> None:
    mail = replace(MAIL, subject=subject, to_name=name, html=html, click_tracking=tracked, open_tracking=not tracked)
    assert json.loads(send.body(mail)) == by_the_package(mail)
