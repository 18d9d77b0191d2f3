"""SIGN IN: people by password, programs by key; guesses are counted before they are tried."""

import hashlib
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import argon2
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from drip.models.user import ApiKey, Role, User, WebSession

LIFETIME = timedelta(hours=12)  # ASVS 7.3.2, absolute
IDLE = timedelta(hours=1)  # ASVS 7.3.1
SEEN_EVERY = timedelta(minutes=1)
FREE_GUESSES = 5
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=15)
FORGET_AFTER = timedelta(hours=1)

# OWASP's minimum for argon2id; at most four at once, so that a flood of guesses cannot eat the memory.
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_at_once = threading.Semaphore(4)


@dataclass(frozen=True, slots=True)
class Guess:
    """An attempt that may be tried: whose it is, if anybody's, and the hash that the password must fit."""

    user_id: int | None
    password_hash: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in, and the token that every form of theirs carries."""

    user_id: int
    email: str
    role: Role
    csrf: str
    seen_at: datetime


def hashed(password: str) -> str:
    """An argon2id hash with its salt and cost."""
    with _at_once:
        return _hasher.hash(password)


def fits(guess: Guess, password: str) -> bool:
    """Whether the password is right; takes as long for an unknown address as for a known one."""
    with _at_once:
        try:
            _hasher.verify(guess.password_hash, password)
        except argon2.exceptions.Argon2Error:
            return False
    return guess.user_id is not None


def guess(session: Session, email: str, now: datetime, *, known_device: bool = False) -> Guess:
    """Count an attempt before it is tried, so that a thousand at once are a thousand.

    After five the account waits 1, 2, 4 ... 15 minutes between tries; a device that has signed in before is
    spared, so that a stranger cannot lock anybody out.
    """
    user = session.scalar(
        select(User).where(User.email == email.strip().lower(), User.disabled_at.is_(None)).with_for_update()
    )
    if user is None or (_must_wait(user, now) and not known_device):
        return Guess(None, _nobody())
    _count(user, now)
    return Guess(user.id, user.password_hash)


def open_session(session: Session, user_id: int, now: datetime) -> str:
    """A fresh session, and its cookie's value: kept only as a hash. Forgets the failures and sessions that ended."""
    token = secrets.token_urlsafe(32)
    session.execute(update(User).where(User.id == user_id).values(failures=0, locked_until=None))
    session.execute(delete(WebSession).where(WebSession.created_at < now - LIFETIME))
    row = WebSession(token_hash=_sha(token), user_id=user_id, csrf=secrets.token_urlsafe(32))
    row.created_at = row.seen_at = now
    session.add(row)
    return token


def visitor(session: Session, token: str, now: datetime) -> Visitor | None:
    """Who holds this cookie; None when it is unknown, too old, idle for too long, or the account was disabled."""
    row = session.execute(
        select(User.id, User.email, User.role, WebSession.csrf, WebSession.seen_at)
        .join(WebSession, WebSession.user_id == User.id)
        .where(WebSession.token_hash == _sha(token), User.disabled_at.is_(None))
        .where(WebSession.created_at > now - LIFETIME, WebSession.seen_at > now - IDLE)
    ).first()
    return Visitor(row.id, row.email, row.role, row.csrf, row.seen_at) if row else None


def seen(session: Session, token: str, now: datetime) -> None:
    """Keep a session from going idle; callers do this once a minute at most."""
    session.execute(update(WebSession).where(WebSession.token_hash == _sha(token)).values(seen_at=now))


def close_session(session: Session, token: str) -> None:
    """Sign out here."""
    session.execute(delete(WebSession).where(WebSession.token_hash == _sha(token)))


def add_user(session: Session, email: str, role: Role, password_hash: str, now: datetime) -> User:
    """A person who may sign in; the database refuses an address twice."""
    user = User(email=email.strip().lower(), role=role, password_hash=password_hash, created_at=now)
    session.add(user)
    session.flush()
    return user


def set_user(session: Session, email: str, role: Role, password_hash: str, now: datetime) -> None:
    """A user with this password, whether or not there was one."""
    known = session.scalar(select(User.id).where(User.email == email))
    if known is None:
        add_user(session, email, role, password_hash, now)
    else:
        change_password(session, known, password_hash)


def change_password(session: Session, user_id: int, password_hash: str) -> None:
    """A new password ends every session of its owner."""
    values = {"password_hash": password_hash, "failures": 0, "locked_until": None}
    session.execute(update(User).where(User.id == user_id).values(**values))
    session.execute(delete(WebSession).where(WebSession.user_id == user_id))


def disable(session: Session, user_id: int, now: datetime) -> None:
    """Nobody signs in with this account any more, and whoever is signed in is out."""
    session.execute(update(User).where(User.id == user_id).values(disabled_at=now))
    session.execute(delete(WebSession).where(WebSession.user_id == user_id))


def create_key(session: Session, now: datetime) -> str:
    """A program's key, shown this once: only its hash is kept."""
    key = f"drip_{secrets.token_urlsafe(32)}"
    session.add(ApiKey(key_hash=_sha(key), hint=key[:12], created_at=now))
    session.flush()
    return key


def key_id(session: Session, key: str) -> int | None:
    """Which key this is; None when it is unknown or was revoked."""
    return session.scalar(select(ApiKey.id).where(ApiKey.key_hash == _sha(key), ApiKey.revoked_at.is_(None)))


def keys(session: Session) -> Sequence[ApiKey]:
    """All keys, the newest first."""
    return session.scalars(select(ApiKey).order_by(ApiKey.id.desc())).all()


def revoke_keys(session: Session, hint: str, now: datetime) -> int:
    """Revoke the keys that begin with `hint`; how many there were."""
    live = select(ApiKey).where(ApiKey.hint == hint, ApiKey.revoked_at.is_(None))
    found = session.scalars(live).all()
    for key in found:
        key.revoked_at = now
    return len(found)


def _must_wait(user: User, now: datetime) -> bool:
    return user.locked_until is not None and user.locked_until > now


def _count(user: User, now: datetime) -> None:
    """`locked_until` is also when the last attempt was: an hour later the failures are forgotten."""
    if user.locked_until is not None and user.locked_until < now - FORGET_AFTER:
        user.failures = 0
    user.failures += 1
    beyond = user.failures - FREE_GUESSES
    wait = min(FIRST_WAIT * 2 ** min(beyond, 10), LONGEST_WAIT) if beyond >= 0 else timedelta()
    user.locked_until = now + wait


def _sha(secret: str) -> str:
    """Session tokens and keys are 256 random bits: a plain hash is enough, no salt and no cost."""
    return hashlib.sha256(secret.encode()).hexdigest()


_nobodys: list[str] = []


def _nobody() -> str:
    """A hash that no password fits, made once: an unknown address costs what a known one costs."""
    if not _nobodys:
        _nobodys.append(hashed(secrets.token_urlsafe(32)))
    return _nobodys[0]
