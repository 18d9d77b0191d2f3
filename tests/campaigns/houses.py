"""A small house on disk, right until a test makes it wrong."""

from pathlib import Path

SENDING_CHOICES = """\
window = "09:00-17:00"
days = ["mon", "tue", "wed", "thu", "fri"]
holidays = ["2026-12-25"]
cap = "1/day"
cool_off_days = 3
click_tracking = false
allowlist = ["harbourcars.example"]
"""
CONFIG = f"""\
[company]
name = "Harbour Cars"
postal_address = "12 Quay Street, Portland"
timezone = "America/New_York"
country = "US"

[sending]
domain = "harbourcars.example"
inbound_domain = "mail.harbourcars.example"
{SENDING_CHOICES}
[[reps]]
email = "maria@harbourcars.example"
name = "Maria Silva"

[[reps]]
email = "tom@harbourcars.example"
name = "Tom Okafor"
timezone = "Europe/Dublin"

[campaigns.first-year]
title = "The first year"
anchor = "delivered_at"
match = {{ category = ["car"], min_amount = 1000 }}
repeat_purchase = "newest"
priority = 10

[[campaigns.first-year.steps]]
id = "handover"
day = 1
template = "handover"

[[campaigns.first-year.steps]]
id = "promise"
day = 5
template = "promise"
when = {{ promises = "open" }}
"""
BIKES = """\
[campaigns.bikes]
title = "Bikes"
[[campaigns.bikes.steps]]
id = "first-rides"
day = 3
template = "handover"
"""


def write(folder: Path, *changes: tuple[str, str]) -> Path:
    """The house in a folder, with some of config.toml's text replaced; the path of config.toml."""
    text = CONFIG
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "campaigns").mkdir(parents=True, exist_ok=True)
    (folder / "campaigns" / "bikes.toml").write_text(BIKES)
    (folder / "config.toml").write_text(text)
    for letter in ("handover", "promise"):
        template(folder, letter, "subject.txt", "Your {{ purchase.product_name }}\n")
        template(folder, letter, "body.txt", "Hello,\nhow was it?\n")
    template(folder, "handover", "body.html", "<p>How was it?</p>\n")
    template(folder, "_layout", "body.txt", "{{ content }}\n\n{{ rep.first_name }}\n{{ links.unsubscribe }}\n")
    template(folder, "_layout", "body.html", "<html>{{ content }}</html>")
    return folder / "config.toml"


def template(folder: Path, letter: str, file: str, text: str) -> None:
    path = folder / "templates" / "emails" / letter / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
