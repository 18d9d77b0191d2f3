"""The vendor's request body, as types: what has passed the schema may be read through these."""

from typing import NotRequired, Required, TypedDict


class Person(TypedDict):
    email: str
    name: NotRequired[str]


class Part(TypedDict):
    type: str
    value: str


class Attachment(TypedDict):
    content: str
    filename: str
    type: NotRequired[str]


Personalization = TypedDict(
    "Personalization",
    {
        "from": Person,
        "to": Required[list[Person]],
        "cc": list[Person],
        "bcc": list[Person],
        "subject": str,
        "headers": dict[str, object],
        "substitutions": dict[str, str],
        "custom_args": dict[str, object],
        "send_at": int,
    },
    total=False,
)

SendBody = TypedDict(
    "SendBody",
    {
        "personalizations": Required[list[Personalization]],
        "from": Required[Person],
        "reply_to": Person,
        "reply_to_list": list[Person],
        "subject": str,
        "content": list[Part],
        "attachments": list[Attachment],
        "template_id": str,
        "headers": dict[str, object],
        "categories": list[str],
        "custom_args": dict[str, object],
        "send_at": int,
        "mail_settings": dict[str, dict[str, object]],
    },
    total=False,
)
