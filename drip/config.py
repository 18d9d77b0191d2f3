"""The environment, read once: the only place that looks at it. Business settings are in config.toml."""

import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from drip import errors


class Mode(StrEnum):
    """What may leave: nothing, mail to the local sandbox, mail to a list, or mail to everybody."""

    off = "off"
    sandbox = "sandbox"
    allowlist = "allowlist"
    live = "live"


BAD_REDIS_URL = "REDIS_URL cannot be used. Write redis://:password@host:6379/0, or unset it to use our own."


class SettingError(errors.DripError):
    """An environment variable that cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the environment decides; see INTERFACES in README.md for each variable."""

    config_path: Path
    data_dir: Path
    mode: Mode
    public_url: str
    host: str
    web_port: int
    sandbox_port: int
    workers: int
    database_url: str
    redis_url: str | None
    api_key: str
    api_host: str
    own_sandbox: bool
    event_keys: tuple[str, ...]
    inbound_keys: tuple[str, ...]
    lease_seconds: int
    answer_seconds: int
    secret: str | None

    def secret_key(self) -> bytes:
        """The key that signs sessions and unsubscribe links: DRIP_SECRET_KEY, else one kept in the data folder."""
        return (self.secret or _kept_secret(self.data_dir / "secret-key")).encode()

    def redis(self) -> str:
        """Where Redis is: REDIS_URL, else the embedded Valkey that `drip up` has started."""
        kept = self.data_dir / "redis-url"
        if self.redis_url:
            return self.redis_url
        if kept.exists():
            return kept.read_text().strip()
        raise SettingError("No Redis is running here. Start `drip up` first, or set REDIS_URL.")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment; raises SettingError with one clear line."""
    env = os.environ if environ is None else environ
    mode = _mode(env)
    data_dir = Path(env.get("DRIP_DATA_DIR", "var")).absolute()
    web_port, sandbox_port = _whole(env, "DRIP_WEB_PORT", 8000), _whole(env, "DRIP_SANDBOX_PORT", 8025)
    own_sandbox = mode is Mode.sandbox and not env.get("SENDGRID_API_HOST")
    settings = Settings(
        config_path=Path(env.get("DRIP_CONFIG", "config.toml")).absolute(),
        data_dir=data_dir,
        mode=mode,
        public_url=env.get("DRIP_PUBLIC_URL", f"http://127.0.0.1:{web_port}").rstrip("/"),
        host=env.get("DRIP_HOST", "127.0.0.1"),
        web_port=web_port,
        sandbox_port=sandbox_port,
        workers=_whole(env, "DRIP_WORKERS", 1),
        database_url=env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'drip.db'}",
        redis_url=_redis_url(env),
        api_key=env.get("SENDGRID_API_KEY", "sandbox" if own_sandbox else ""),
        api_host=_api_host(env, mode, sandbox_port),
        own_sandbox=own_sandbox,
        event_keys=_keys(env, "SENDGRID_EVENT_PUBLIC_KEY"),
        inbound_keys=_keys(env, "SENDGRID_INBOUND_PUBLIC_KEY"),
        lease_seconds=_whole(env, "DRIP_LEASE_SECONDS", 30),
        answer_seconds=_whole(env, "DRIP_ANSWER_SECONDS", 30),
        secret=env.get("DRIP_SECRET_KEY") or None,
    )
    _refuse_unsafe_live(settings)
    return settings


def _mode(env: Mapping[str, str]) -> Mode:
    name = env.get("DRIP_MODE", Mode.sandbox)
    try:
        return Mode(name)
    except ValueError:
        raise SettingError(f"DRIP_MODE is {name!r}; choose one of {', '.join(Mode)}.") from None


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise SettingError(f"{name} is {text!r}; it must be a whole number from 0 to 65535.")
    return int(text)


def _keys(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in env.get(name, "").split(",") if part.strip())


def _redis_url(env: Mapping[str, str]) -> str | None:
    url = env.get("REDIS_URL") or None
    try:
        sound = url is None or (urlsplit(url).scheme in ("redis", "rediss", "unix") and urlsplit(url).port != 0)
    except ValueError:  # a port that is no number; its words can hold a piece of the password
        sound = False
    if not sound:
        raise SettingError(BAD_REDIS_URL)
    return url


def _api_host(env: Mapping[str, str], mode: Mode, sandbox_port: int) -> str:
    real = mode in (Mode.live, Mode.allowlist)
    default = "https://api.sendgrid.com" if real else f"http://127.0.0.1:{sandbox_port}"
    return (env.get("SENDGRID_API_HOST") or default).rstrip("/")


def _refuse_unsafe_live(settings: Settings) -> None:
    if settings.mode is Mode.live and not settings.secret:
        raise SettingError("Live mode needs DRIP_SECRET_KEY in the environment: a long random text, kept safe.")
    if settings.mode in (Mode.live, Mode.allowlist) and not settings.api_key:
        raise SettingError(f"Mode {settings.mode} needs SENDGRID_API_KEY in the environment.")


def _kept_secret(path: Path) -> str:
    """Made once, readable by its owner only. Of two processes that start together one links its draft first, and both
    read that: a link appears whole or not at all."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


def environment() -> dict[str, str]:
    """All of it, to hand on to child processes."""
    return dict(os.environ)
