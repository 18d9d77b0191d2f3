"""A check-in as the engine hands it to the provider."""

from drip.mail import outgoing, render

MAIL = outgoing.check_in(
    render.Letter("How is your Quay 3?", "Hello Ana\n", "<p>Hello Ana</p>"),
    outgoing.Envelope(
        message_id="01m",
        to_address="ana@buyers.example",
        to_name="Ana Pereira",
        from_name="Rita Moss",
        from_local="rita",
        domain="quay.example",
        inbound_domain="mail.quay.example",
        reply_token="t0ken",
        unsubscribe_url="https://quay.example/u/7-abc",
    ),
)
