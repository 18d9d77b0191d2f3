"""A running site for stories of answers, with Rita signed in."""

from dataclasses import replace

import pytest

from drip import config, db
from drip.web import app as web
from tests import world
from tests.flows.replies.scene import Scene
from tests.web import test_webhook_inbound as door
from tests.web.conftest import Site
from tests.web.test_queue import rita
from tests.world import sending
from workers import jobs, process


@pytest.fixture
def scene(published_world: db.Database, settings: config.Settings) -> Scene:
    """Ana has bought a bicycle with a promised bell, and a helmet; nothing has gone out yet."""
    settings = replace(settings, inbound_keys=(door.PUBLIC,), event_keys=(door.PUBLIC,))
    jobs.live_in(process.House(settings, published_world))
    site = Site(web.create(settings, published_world), published_world, settings)
    sending.buy(published_world, world.Bought(promises=("a bell",)), world.Bought(campaign="care", product="Hat"))
    return Scene(site.stranger(), rita(site), published_world, settings)
