"""Sales drawn at random: who bought what, when it reached them, and what was promised."""

import random
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

import people
import world

DAYS = 400


@dataclass(frozen=True)
class Buyer:
    """`place` is where they live; `known` says what the shop wrote down of it."""

    person: people.Person
    email: str
    place: world.Place
    known: str = "zone and country"


@dataclass(frozen=True)
class Sale:
    """Moments are in the shop's zone; `written` is how the till wrote them; `rep` may be "" (nobody)."""

    buyer: Buyer
    product: world.Product
    bought: datetime
    delivered: datetime | None
    rep: str
    written: str = "shop"
    promise: str = ""
    due_on: str = ""
    status: str = "paid"


def draw(dice: random.Random, count: int) -> list[Sale]:
    """`count` sales over the DAYS before the clock, oldest first."""
    awkward = iter(people.AWKWARD)
    known: list[Sale] = []
    for number, bought in enumerate(sorted(_moment(dice) for _ in range(count))):
        earlier = [sale.buyer for sale in known if bought - sale.bought > timedelta(days=75)]
        if earlier and dice.random() < 0.09:
            buyer = _come_again(dice, dice.choice(earlier))
        else:
            person = next(awkward, None) if number % 55 == 20 else None
            buyer = _newcomer(dice, person, number)
        known.append(_sale(dice, buyer, bought))
    return known


def _moment(dice: random.Random) -> datetime:
    day = world.CLOCK.date() - timedelta(days=dice.randint(1, DAYS))
    return datetime.combine(day, time(dice.randint(9, 18), dice.randint(0, 59)), world.SHOP)


def _newcomer(dice: random.Random, person: people.Person | None, number: int) -> Buyer:
    place = dice.choices(world.PLACES, [place.weight for place in world.PLACES])[0]
    person = person or _person(dice, place.names)
    known = dice.choices(["zone and country", "country", "zone", "nothing"], [88, 5, 4, 3])[0]
    return Buyer(person, f"{person.mailbox}{number}@{dice.choice(people.DOMAINS)}", place, known)


def _person(dice: random.Random, names: str) -> people.Person:
    own = people.OWN_SCRIPT.get(names, [])
    if own and dice.random() < 0.3:
        return dice.choice(own)
    first_name, last_name = dice.choice(people.FIRST[names].split()), dice.choice(people.LAST[names].split())
    return people.Person(first_name, last_name, _mailbox(first_name, last_name))


def _mailbox(first_name: str, last_name: str) -> str:
    plain = unicodedata.normalize("NFKD", f"{first_name}.{last_name}".lower()).replace("ß", "ss")
    return "".join(letter for letter in plain if letter.isascii() and letter not in "'-").strip(".") or "mail"


def _come_again(dice: random.Random, buyer: Buyer) -> Buyer:
    """The same person some months later: now and then in capitals, now and then from a new home."""
    if dice.random() < 0.15:
        return replace(buyer, email=buyer.email.upper())
    if dice.random() < 0.08:
        return replace(buyer, place=dice.choice(world.SOUTH_AND_EAST), known="zone and country")
    return buyer


def _sale(dice: random.Random, buyer: Buyer, bought: datetime) -> Sale:
    product = _product(dice)
    written = dice.choices(["shop", "utc", "local", "day"], [66, 14, 12, 8])[0]
    status = dice.choices(["paid", "", "refunded", "cancelled"], [930, 30, 24, 16])[0]
    promise, due_on = _promise(dice, product, bought)
    delivered = _delivered(dice, product, bought)
    rep = buyer.place.rep if dice.random() < 0.88 else ""
    return Sale(buyer, product, bought, delivered, rep, written, promise, due_on, status)


def _product(dice: random.Random) -> world.Product:
    shelf = dice.choices([world.CARS, world.BIKES, world.EXTRAS, [world.DEPOSIT]], [60, 26, 12, 2])[0]
    return dice.choices(shelf, [product.weight for product in shelf])[0]


def _delivered(dice: random.Random, product: world.Product, bought: datetime) -> datetime | None:
    """Bikes mostly leave with their buyer, cars follow within weeks; None if not yet, or not noted."""
    longest = 24 if product.category == "car" else 7
    days = int(dice.random() ** 2 * longest)
    if product.category == "e-bike" and dice.random() < 0.6:
        days = 0
    hour = time(dice.randint(9, 17), dice.choice([0, 15, 30, 45]))
    delivered = datetime.combine(bought.date() + timedelta(days=days), hour, world.SHOP) if days else bought
    return delivered if delivered < world.CLOCK and dice.random() > 0.1 else None


def _promise(dice: random.Random, product: world.Product, bought: datetime) -> tuple[str, str]:
    lists = {"car": world.CAR_PROMISES, "e-bike": world.BIKE_PROMISES}
    share = 0.5 if world.CLOCK - bought < timedelta(days=60) else 0.24
    if product.category not in lists or dice.random() > share:
        return "", ""
    due_on = bought.date() + timedelta(days=dice.randint(7, 45))
    return dice.choice(lists[product.category]), due_on.isoformat() if dice.random() < 0.9 else ""
