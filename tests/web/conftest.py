"""A site with the small world in it, and people who have signed in."""

import re
import warnings
from dataclasses import dataclass, replace

import httpx
import pytest
from fastapi import FastAPI

from drip import clock, config, db
from drip.engine.people import sign_in
from drip.models.user import Role
from drip.web import app as web

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette would rather have httpx2 than httpx
    from starlette.testclient import TestClient

PASSWORD = "three lamps on a quay"
HASH = sign_in.hashed(PASSWORD)


@dataclass(frozen=True)
class Person:
    """A browser: keeps its cookies, finds the token of its forms."""

    client: TestClient
    email: str

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self.client.post(path, data={"csrf": self.token(), **fields})

    def token(self) -> str:
        return re.findall(r'name="csrf" value="([^"]+)"', self.get("/").text)[0]


@dataclass(frozen=True)
class Site:
    """The running application over a published small world."""

    app: FastAPI
    database: db.Database
    settings: config.Settings

    def stranger(self) -> TestClient:
        return TestClient(self.app, base_url=self.settings.public_url, follow_redirects=False)

    def person(self, role: Role = Role.admin) -> Person:
        email = f"{role}@tests.example"
        add_user(self.database, email, role)
        client = self.stranger()
        answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
        assert answer.status_code == 303
        return Person(client, email)

    def program(self) -> TestClient:
        with self.database.write() as session:
            key = sign_in.create_key(session, clock.now())
        client = self.stranger()
        client.headers["Authorization"] = f"Bearer {key}"
        return client


def add_user(database: db.Database, email: str, role: Role) -> None:
    with database.write() as session:
        sign_in.add_user(session, email, role, HASH, clock.now())


@pytest.fixture
def site(published_world: db.Database, settings: config.Settings) -> Site:
    return Site(web.create(settings, published_world), published_world, settings)


@pytest.fixture
def https_site(published_world: db.Database, settings: config.Settings) -> Site:
    secure = replace(settings, public_url="https://drip.tests.example")
    return Site(web.create(secure, published_world), published_world, secure)
