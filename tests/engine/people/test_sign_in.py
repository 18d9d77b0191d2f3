"""Who may come in, and how often somebody may guess."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from drip import clock, db
from drip.engine.people import passwords, sign_in
from drip.models.user import ApiKey, Role, User, WebSession

RITA = "rita@quay.example"
PASSWORD = "three lamps on a quay"
HASH = sign_in.hashed(PASSWORD)
NOW = clock.now()
COMMON = """
short elevenchars password1234 Password!2345 qwertyuiop123 1q2w3e4r5t6y 123456789012 aaaaaaaaaaaaaaa abcabcabcabc
iloveyou2026! P@ssw0rd12345 letmeinletmein ritarita1234 quay-example-1 passwordpassword qazwsxedcrfv adminadmin123
drowssap12345
"""
GOOD = [
    "three lamps on a quay",
    "correct pony battery staple",
    "vFq83hfJq0zz1",
    "grüne Äpfel im Regen",
    "明月几时有把酒问青天不知天上",
]


@pytest.mark.parametrize("password", [*COMMON.split(), "\tthree lamps on a quay", "x" * 201])
def test_what_everybody_tries_first_is_refused(password: str) -> None:
    assert passwords.problem(password, RITA)


@pytest.mark.parametrize("password", GOOD)
def test_a_few_unrelated_words_are_good(password: str) -> None:
    assert passwords.problem(password, RITA) is None


def test_a_hash_is_argon2id_with_at_least_19_mebibytes() -> None:
    assert HASH.startswith("$argon2id$")
    assert int(HASH.split("m=")[1].split(",")[0]) >= 19 * 1024


def test_a_guess_is_counted_before_it_is_tried(database: db.Database) -> None:
    _add(database)
    with database.write() as session:
        sign_in.guess(session, RITA, NOW)
    with database.read() as session:
        assert session.scalars(select(User.failures)).one() == 1


def test_of_ten_thousand_guesses_in_an_hour_few_are_tried(database: db.Database) -> None:
    _add(database)
    tried = 0
    with database.write() as session:
        for second in range(0, 3600, 10):
            guess = sign_in.guess(session, RITA, NOW + timedelta(seconds=second))
            tried += guess.user_id is not None
    assert tried <= 15


def test_after_a_quiet_hour_the_failures_are_forgotten(database: db.Database) -> None:
    _add(database)
    with database.write() as session:
        for _ in range(5):
            sign_in.guess(session, RITA, NOW)
        assert sign_in.guess(session, RITA, NOW).user_id is None
        later = NOW + timedelta(hours=2)
        assert all(sign_in.guess(session, RITA, later).user_id for _ in range(4))


def test_an_unknown_address_gets_a_hash_to_try_that_nothing_fits(database: db.Database) -> None:
    with database.write() as session:
        guess = sign_in.guess(session, "nobody@quay.example", NOW)
    assert guess.password_hash.startswith("$argon2id$")
    assert not sign_in.fits(guess, PASSWORD)


def test_signing_in_starts_a_fresh_session_and_forgets_the_failures(database: db.Database) -> None:
    user_id = _add(database)
    with database.write() as session:
        sign_in.guess(session, RITA, NOW)
        first, second = (sign_in.open_session(session, user_id, NOW) for _ in range(2))
        assert first != second
        visitor = sign_in.visitor(session, first, NOW)
        assert visitor is not None
        assert (visitor.email, visitor.role) == (RITA, Role.marketing)
        assert session.scalars(select(User.failures)).one() == 0


def test_a_new_password_ends_every_session(database: db.Database) -> None:
    user_id = _add(database)
    with database.write() as session:
        token = sign_in.open_session(session, user_id, NOW)
        sign_in.change_password(session, user_id, HASH)
        assert sign_in.visitor(session, token, NOW) is None


def test_sessions_that_ended_are_swept_when_somebody_signs_in(database: db.Database) -> None:
    user_id = _add(database)
    with database.write() as session:
        sign_in.open_session(session, user_id, NOW - timedelta(days=2))
        sign_in.open_session(session, user_id, NOW)
        assert session.scalar(select(func.count()).select_from(WebSession)) == 1


def test_an_address_signs_in_once_only(database: db.Database) -> None:
    _add(database)
    with pytest.raises(IntegrityError):
        _add(database)


def test_a_key_is_kept_as_a_hash_and_opens_nothing_once_revoked(database: db.Database) -> None:
    with database.write() as session:
        key = sign_in.create_key(session, NOW)
        row = session.scalars(select(ApiKey)).one()
        assert key not in (row.key_hash, row.hint)
        assert sign_in.key_id(session, key) == row.id
        assert sign_in.revoke_keys(session, row.hint, NOW) == 1
        session.flush()
        assert sign_in.key_id(session, key) is None


def _add(database: db.Database) -> int:
    with database.write() as session:
        return sign_in.add_user(session, RITA.upper(), Role.marketing, HASH, NOW).id
