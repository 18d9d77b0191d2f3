"""The facts that a letter may name."""

from __future__ import annotations

import difflib

from jinja2 import nodes

VARIABLES: dict[str, str] = {
    "customer.first_name": "the customer's first name",
    "customer.last_name": "the customer's last name",
    "customer.name": "the customer's whole name",
    "customer.email": "the customer's address",
    "customer.country": "the customer's country, two letters",
    "customer.locale": "the customer's language, such as en-US",
    "purchase.product_name": "what was bought",
    "purchase.sku": "its article number",
    "purchase.category": "its category",
    "purchase.amount": "the price",
    "purchase.currency": "the price's currency",
    "purchase.purchased_on": "the day of the purchase, such as 3 March 2026",
    "purchase.delivered_on": "the day of the delivery, such as 3 March 2026",
    "days_since_purchase": "whole days since the purchase",
    "promise.text": "the first promise still open",
    "promise.due_on": "when that promise is due",
    "promises.open": "all promises still open, joined in words",
    "promises.kept": "all promises kept, joined in words",
    "rep.name": "the rep's whole name",
    "rep.first_name": "the rep's first name",
    "rep.email": "the rep's address",
    "rep.phone": "the rep's phone number",
    "company.name": "the company's name",
    "company.postal_address": "the company's postal address",
    "season": "winter, spring, summer or autumn where the customer lives",
    "links.unsubscribe": "the page that stops the check-ins",
}
GROUPS = frozenset(name.partition(".")[0] for name in VARIABLES if "." in name)


def nearest(name: str) -> str | None:
    """The known variable that a misspelt one most likely means."""
    wanted = _plain(name)
    by_plain = {_plain(known): known for known in VARIABLES}
    by_last_word = {plain.rpartition(".")[2]: known for plain, known in reversed(by_plain.items())}
    return (
        _close(wanted, by_plain, 0.85)
        or by_last_word.get(wanted.rpartition(".")[2])
        or _close(wanted, by_plain, 0.7)
        or _close(wanted, by_last_word, 0.8)
    )


def in_group(name: str) -> list[str]:
    """The variables of a group, `customer` for example."""
    return [known for known in VARIABLES if known.startswith(f"{name}.")]


def dotted(node: nodes.Node) -> str | None:
    """`customer.name` for the node of `customer.name` or `customer["name"]`; None for anything else."""
    parts: list[str] = []
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        part = _part(node)
        if part is None:
            return None
        parts.append(part)
        node = node.node
    return ".".join([node.name, *reversed(parts)]) if isinstance(node, nodes.Name) else None


def flat(name: str) -> str:
    """`customer.name` as the one Python name that compiled letters use, so that none reads an attribute."""
    return name.replace(".", "__")


def unflat(name: str) -> str:
    return name.replace("__", ".")


def _part(node: nodes.Getattr | nodes.Getitem) -> str | None:
    if isinstance(node, nodes.Getattr):
        return node.attr
    key = node.arg
    return key.value if isinstance(key, nodes.Const) and isinstance(key.value, str) else None


def _close(wanted: str, known: dict[str, str], cutoff: float) -> str | None:
    close = difflib.get_close_matches(wanted, known, n=1, cutoff=cutoff)
    return known[close[0]] if close else None


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
