"""Shops' exports in our words."""

from pathlib import Path
from typing import Any

import pytest

from drip.providers.sheets import lines, text
from tests.providers.sheets import writing
from tests.providers.sheets.writing import one, read

SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfilled at,Accepts Marketing,Currency,Total,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Country,Cancelled at,Id\n"
)
WOO = (
    "order_id,order_number,date_created_gmt,date_paid_gmt,order_status,order_total,order_currency,billing_email,"
    "billing_first_name,billing_last_name,billing_country,item_name,sku\n"
)


def test_our_own_header_is_read(tmp_path: Path) -> None:
    said = one(
        tmp_path,
        "email,first_name,last_name,order_id,purchased_at,delivered_at,status,product_name,sku,category,amount,currency,"
        "rep_email,timezone,country,locale,promise,promise_due_on\n"
        "ana@b.example,Ana,Sá,A1,2026-03-01,2026-03-04T10:00Z,refunded,Quay 3,Q3,bike,1299.00,USD,rita@quay.example,"
        "Europe/Lisbon,PT,pt-PT,a bell,2026-04-01\n",
    )
    assert said == {
        "source": "shop",
        "external_id": "A1",
        "purchased_at": "2026-03-01",
        "delivered_at": "2026-03-04T10:00Z",
        "source_updated_at": "",
        "status": "refunded",
        "product": {"name": "Quay 3", "sku": "Q3", "category": "bike"},
        "amount": "1299.00",
        "currency": "USD",
        "rep_email": "rita@quay.example",
        "customer": {
            **{"email": "ana@b.example", "first_name": "Ana", "last_name": "Sá"},
            **{"timezone": "Europe/Lisbon", "country": "PT", "locale": "pt-PT"},
        },
        "promises": [{"text": "a bell", "due_on": "2026-04-01"}],
    }


def test_three_columns_are_enough(tmp_path: Path) -> None:
    said = one(tmp_path, "Order ID;Date;E-Mail\nA1;2026-03-01;ana@b.example\n")
    assert (said["external_id"], said["product"]["name"]) == ("A1", "order A1")


def test_an_export_of_shopify_is_read(tmp_path: Path) -> None:
    [first, second] = read(
        tmp_path,
        SHOPIFY
        + "#1001,ana@b.example,paid,2026-03-01 10:05:00 -0500,2026-03-03 09:00:00 -0500,yes,USD,1299.00,"
        + "2026-03-01 10:00:00 -0500,1,Quay 3,1200.00,Q3,Ana Maria Sá,PT,,450789469\n"
        + "#1001,,,,,,,,,2,Bell,9.00,B1,,,,\n",
    )
    assert first.problems == ()
    said: dict[str, Any] = first.said
    assert said["external_id"] == "#1001"
    assert said["purchased_at"] == "2026-03-01T10:00:00-0500"
    assert said["delivered_at"] == "2026-03-03T09:00:00-0500"
    assert (said["product"]["name"], said["product"]["sku"], said["amount"]) == ("Quay 3", "Q3", "1299.00")
    assert (said["customer"]["first_name"], said["customer"]["last_name"]) == ("Ana", "Maria Sá")
    assert (second.continues, second.order_id) == (True, "#1001")


def test_a_cancelled_order_of_shopify_is_cancelled_though_it_was_paid(tmp_path: Path) -> None:
    row = "#1,a@b.example,paid,,,no,USD,9.00,2026-03-01 10:00:00 +0000,1,Bell,9.00,B1,,,2026-03-02 10:00:00 +0000,1\n"
    assert one(tmp_path, SHOPIFY + row)["status"] == "cancelled"


def test_an_export_of_woocommerce_is_read(tmp_path: Path) -> None:
    row = (
        "12,1012,2026-03-01T09:00:00,2026-03-01T09:05:00,wc-processing,1299.00,EUR,ana@b.example,Ana,Sá,PT,Quay 3,Q3\n"
    )
    said = one(tmp_path, WOO + row)
    assert (said["external_id"], said["status"]) == ("12", "paid")
    assert said["purchased_at"] == "2026-03-01T09:05:00Z"


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        *(("", "paid"), ("Paid", "paid"), ("partially_refunded", "paid"), ("completed", "paid")),
        *(("Refunded", "refunded"), ("canceled", "cancelled"), ("voided", "cancelled")),
    ],
)
def test_payment_states_of_shops_are_understood(tmp_path: Path, status: str, kept: str) -> None:
    assert one(tmp_path, f"{writing.HEADER},Status\na@b.example,1,2026-03-01,{status}\n")["status"] == kept


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        *(("pending", "not paid yet"), ("on-hold", "not paid yet"), ("Partially Paid", "not paid yet")),
        *(("failed", "the payment failed"), ("trash", "a draft or in the trash"), ("authorized", "not paid yet")),
    ],
)
def test_what_is_not_paid_is_passed_over_with_its_reason(tmp_path: Path, status: str, reason: str) -> None:
    [line] = read(tmp_path, f"{writing.HEADER},Status\na@b.example,1,2026-03-01,{status}\n")
    assert line.skip == reason


def test_test_orders_are_passed_over(tmp_path: Path) -> None:
    [line] = read(tmp_path, f"{writing.HEADER},Test\na@b.example,1,2026-03-01,true\n")
    assert line.skip == "a test order"


def test_a_status_that_nobody_told_us_is_a_problem(tmp_path: Path) -> None:
    [line] = read(tmp_path, f"{writing.HEADER},Status\na@b.example,1,2026-03-01,on the lorry\n")
    assert line.problems == ("status 'on the lorry' is not a status; use paid, refunded or cancelled",)


def test_name_is_the_customers_where_the_order_has_a_column_of_its_own(tmp_path: Path) -> None:
    said = one(tmp_path, "Name,Email,Order ID,Date\nAna Sá,ana@b.example,A1,2026-03-01\n")
    assert said["customer"]["first_name"] == "Ana"


def test_everything_that_is_wrong_with_a_row_is_said_at_once(tmp_path: Path) -> None:
    [line] = read(tmp_path, f"{writing.HEADER},amount,status\na@b.example,1,soon,much,never\n")
    assert [problem.split(" ")[0] for problem in line.problems] == ["status", "purchased_at", "amount"]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("emial,order_id,purchased_at", "lacks email (is it 'emial'?)"),
        ("email,order_id,when", "lacks purchased_at."),
        ("a,b", "lacks email and order_id and purchased_at"),
    ],
)
def test_a_missing_column_is_named_with_what_comes_near(tmp_path: Path, header: str, said: str) -> None:
    with pytest.raises(text.SheetError) as caught:
        read(tmp_path, f"{header}\n1,2,3\n")
    assert said in str(caught.value)


def test_columns_that_say_nothing_to_us_are_listed(tmp_path: Path) -> None:
    path = writing.sheet(tmp_path, f"{writing.HEADER},Shoe size\na@b.example,1,2026-03-01,44\n")
    assert lines.opened(path, "shop").layout.unused == ("Shoe size",)


def test_a_format_of_dates_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(text.SheetError, match="use dmy, mdy, ymd"):
        read(tmp_path, f"{writing.HEADER}\n", date_format="fancy")


def test_a_rep_who_is_named_without_an_address_is_left_out_with_a_note(tmp_path: Path) -> None:
    [line] = read(tmp_path, f"{writing.HEADER},Salesperson\na@b.example,1,2026-03-01,Rita Moss\n")
    assert (line.said["rep_email"], line.note) == ("", "'Rita Moss' is no address of a rep; the first rep stands in.")
