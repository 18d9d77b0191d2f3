"""A purchase as a shop sends it, checked field by field."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.engine.purchases import purchase_fields, purchase_in

PLAIN: dict[str, Any] = {
    "source": "shop",
    "external_id": "A1",
    "purchased_at": "2026-03-01T10:00:00Z",
    "product": {"name": "Quay 3"},
    "customer": {"email": "ana@buyers.example"},
}


def refused(**changes: Any) -> list[str]:
    with pytest.raises(purchase_in.InvalidPurchaseError) as caught:
        purchase_in.parse(PLAIN | changes)
    return [str(problem) for problem in caught.value.problems]


def test_the_smallest_purchase_is_taken() -> None:
    purchase = purchase_in.parse(PLAIN)
    assert (purchase.key, purchase.status, purchase.promises) == (("shop", "A1"), "paid", ())


def test_what_is_missing_is_named() -> None:
    with pytest.raises(purchase_in.InvalidPurchaseError) as caught:
        purchase_in.parse({})
    named = [problem.field for problem in caught.value.problems]
    assert named == ["source", "external_id", "purchased_at", "product", "customer"]


def test_every_mistake_is_said_at_once() -> None:
    found = refused(amount="a lot", customer={"email": "ana", "country": "USA"}, status="payed")
    assert [each.split(" ")[0] for each in found] == ["status", "amount", "customer.email", "customer.country"]


def test_an_unknown_field_is_refused_with_the_nearest_known_one() -> None:
    assert refused(delivered="2026-03-02") == ["delivered is not a field that we know; did you mean delivered_at?"]
    found = refused(customer={"email": "ana@buyers.example", "firstname": "Ana"})
    assert found == ["customer.firstname is not a field that we know; did you mean first_name?"]


@pytest.mark.parametrize("raw", [None, [], "text", 7, [PLAIN]])
def test_anything_but_an_object_is_refused(raw: object) -> None:
    with pytest.raises(purchase_in.InvalidPurchaseError, match="JSON object"):
        purchase_in.parse(raw)


@pytest.mark.parametrize(
    "name", ["Renée O'Brien-Smith", 'Ana "Nan" Sá; Lda, <b>', "山田 太郎", "🚲", "عائشة", "{{ 7*7 }}", "=1+1"]
)
def test_names_of_all_kinds_are_taken_as_they_are(name: str) -> None:
    purchase = purchase_in.parse(PLAIN | {"customer": {"email": "ana@buyers.example", "first_name": name}})
    assert purchase.customer.first_name == name


@pytest.mark.parametrize(
    "sneaky", ["Ana\r\nBcc: x@evil.example", "Ana\nx", "a\x00b", "a\x1b[31m", "a\u2028b", "a\x85b"]
)
@pytest.mark.parametrize("field", ["first_name", "product", "external_id", "promise"])
def test_line_breaks_and_control_characters_are_refused_everywhere(field: str, sneaky: str) -> None:
    places: dict[str, dict[str, Any]] = {
        "first_name": {"customer": {"email": "ana@buyers.example", "first_name": sneaky}},
        "product": {"product": {"name": sneaky}},
        "external_id": {"external_id": sneaky},
        "promise": {"promises": [{"text": sneaky}]},
    }
    [found] = refused(**places[field])
    assert found.endswith("holds a line break or a control character")


def test_marks_that_turn_text_around_are_dropped() -> None:
    purchase = purchase_in.parse(PLAIN | {"product": {"name": "Quay \u202e3\u2066"}})
    assert purchase.product.name == "Quay 3"


def test_a_name_of_ten_thousand_characters_is_refused() -> None:
    [found] = refused(customer={"email": "ana@buyers.example", "last_name": "x" * 10_000})
    assert found == "customer.last_name is 10000 characters long; at most 200 are allowed"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Ana@Buyers.Example", "ana@buyers.example"),
        ("  o'brien+car@buyers.example ", "o'brien+car@buyers.example"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_lower_cased_and_its_domain_plain(written: str, kept: str) -> None:
    assert purchase_fields.address(written) == kept


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "ana",
            "@buyers.example",
            "ana@",
            "ana@localhost",
            "ana@buyers..example",
            "ana@-x.example",
            "a b@x.example",
        ),
        *("Ana <ana@buyers.example>", "ana@buyers.example, ben@buyers.example", "team: ana@buyers.example;"),
        *('"ana x"@buyers.example', "ana@[127.0.0.1]", "ana@127.0.0.1", ".ana@x.example", "an..a@x.example"),
        *("änä@buyers.example", "ana@straße.example", "a" * 65 + "@x.example", "a@" + "b" * 64 + ".example"),
        *("ana@x.example\r\nBcc: y@x.example", "ana(comment)@x.example", "ana@x.example\x00"),
    ],
)
def test_anything_but_one_bare_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"address|missing|control|characters|domain"):
        purchase_fields.address(address)


@given(st.text(max_size=80))
def test_an_accepted_address_is_one_plain_line(text: str) -> None:
    try:
        kept = purchase_fields.address(text)
    except ValueError:
        return
    assert kept.isascii()
    assert kept.isprintable()
    assert kept.count("@") == 1
    assert not set(kept) & set(' ,;<>()"\\')


@pytest.mark.parametrize(
    ("written", "kept"),
    [(1299, "1299.00"), (12.5, "12.50"), ("1299.00", "1299.00"), ("0", "0.00"), (0.1 + 0.2, "0.30")],
)
def test_money_is_a_number_or_plain_text(written: object, kept: str) -> None:
    assert str(purchase_fields.money(written)) == kept


@pytest.mark.parametrize(
    "money", ["1,299.00", "$12", "1.299", "-1", -1, "1e5", 1e300, float("nan"), True, [], "", "10" * 9]
)
def test_other_money_is_refused(money: object) -> None:
    with pytest.raises(ValueError, match=r"amount|money"):
        purchase_fields.money(money)


@pytest.mark.parametrize(
    "at",
    [
        "03/04/2025",
        "yesterday",
        "2026-02-30",
        "2026-03-01T25:00",
        "1989-12-31",
        "9999-12-31T23:59:59-12:00",
        1772000000,
    ],
)
def test_ancient_far_and_unreadable_dates_are_refused(at: object) -> None:
    [found] = refused(purchased_at=at)
    assert found.startswith("purchased_at ")


def test_a_near_miss_of_a_zone_is_named() -> None:
    assert refused(customer={"email": "a@b.example", "timezone": "europe/berlin"}) == [
        "customer.timezone 'europe/berlin' is not a time zone; did you mean Europe/Berlin?"
    ]


def test_more_than_twenty_promises_are_refused() -> None:
    assert refused(promises=[{"text": f"a bell {n}"} for n in range(21)]) == [
        "promises has too many entries; at most 20 are allowed"
    ]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3)
    )
)
def test_any_json_in_any_field_is_taken_or_refused_in_words(value: object) -> None:
    said = []
    for field in purchase_in.PurchaseIn._fields:
        try:
            purchase_in.parse(PLAIN | {field: value})
        except purchase_in.InvalidPurchaseError as error:
            said.append(str(error))
    assert all(each.isprintable() for each in said)
