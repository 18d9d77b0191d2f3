"""What `make fuzz` has found, each as the smallest mail that showed it."""

import pytest

from drip.mail import incoming, machines, quotes

FOUND = {
    "a raised one is a digit and no number": (
        "Auto-Submitted: auto-replied\n\nIch bin bis zum März ¹ im Urlaub".encode()
    ),
    "a letter's number with thousands of digits": b"Content-Type: text/html\n\n<p>&#" + b"9" * 5_000 + b";</p>",
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_is_mended(name: str) -> None:
    mail = incoming.parse(FOUND[name])
    machines.told(mail, frozenset())
    assert quotes.new_text_of(mail)
