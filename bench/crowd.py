"""Any number of customers under way, written set-wise: real rows in all the tables that an enrollment hangs on."""

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import houses
from drip import db

FIRST_DUE = datetime.combine(houses.START.date() + timedelta(days=1), time(13), UTC)  # in the first of ZONES
ZONES = 6  # in which the day's window opens an hour after that of the zone before
SETTLED_SHARE = 10  # one enrollment in so many has had a check-in, months ago

# Foreign keys hold by construction; asking for each of them again would take longer than everything else together.
_WITHOUT_TRIGGERS = "SET LOCAL session_replication_role = replica"
_CUSTOMERS = """
INSERT INTO customers (id, email, first_name, last_name, timezone, country, version, created_at)
SELECT i, 'buyer' || lpad(i::text, 8, '0') || '@bench.example', 'Ana', 'Silva', 'America/New_York', 'US', 1, :start
FROM generate_series(1, :number) i
"""
_PURCHASES = """
INSERT INTO purchases (id, source, external_id, customer_id, rep_email, status, status_at, purchased_at,
                       delivered_at, product_name, category, amount, currency, version, created_at, updated_at)
SELECT i, 'bench', 'B-' || lpad(i::text, 8, '0'), i, 'maria@harbourcars.example', 'paid',
       :start, :sold, :sold, 'Gannet Wagon', 'car', 33450, 'USD', 1, :start, :start
FROM generate_series(1, :number) i
"""
# Sold in order over a year, so that neighbours fall due together, as they do in a house that has grown.
_ENROLLMENTS = """
WITH steps AS (
       SELECT s.id, s.day FROM campaign_versions v, json_to_recordset(v.definition -> 'steps') AS s (id text, day int)
       WHERE v.id = :version),
     plan AS MATERIALIZED (
       SELECT DISTINCT ON (age) age, steps.id AS step, steps.day - age - 1 AS ahead
       FROM generate_series(0, :year - 1) age JOIN steps ON steps.day > age ORDER BY age, steps.day)
INSERT INTO enrollments (id, campaign_id, version_id, purchase_id, customer_id, state, exclusive, version, anchor_at,
                         shift_days, first_step, next_step, planned_at, next_due_at, enrolled_at)
SELECT i, :campaign, :version, i, i, 'active', true, 1, :start - age * interval '1 day', 0, step, step, due, due, :start
FROM (SELECT i, age, step, :first_due + ahead * interval '1 day' + (i % :zones) * interval '1 hour' AS due
      FROM generate_series(1, :number) i JOIN plan ON age = :year - 1 - CAST(i - 1 AS bigint) * :year / :number) _
"""
_MESSAGES = """
INSERT INTO messages (id, kind, dedupe_key, customer_id, enrollment_id, campaign_id, version_id, step, state, delivery,
                      detail, created_at, planned_at, due_at, fence, attempt, handed_at, settled_at, to_address)
SELECT lpad(i::text, 26, '0'), 'check_in', concat('check_in', chr(58), i, chr(58), 'before'), i, i, :campaign, :version,
       'before', 'accepted', 'delivered', '', at, at, at, 1, 1, at, at,
       'buyer' || lpad(i::text, 8, '0') || '@bench.example'
FROM (SELECT i, :start - (i % 120) * interval '1 day' AS at FROM generate_series(1, :number, :share) i) _
"""
FILLED = {"customers": _CUSTOMERS, "purchases": _PURCHASES, "enrollments": _ENROLLMENTS, "messages": _MESSAGES}


def fill(database: db.Database, number: int) -> None:
    """`number` active enrollments; the first fall due at FIRST_DUE, others each hour after it."""
    values = _plan(database) | {
        "number": number, "share": SETTLED_SHARE, "year": 365, "zones": ZONES,
        "start": houses.START, "sold": houses.START - timedelta(days=200), "first_due": FIRST_DUE,
    }  # fmt: skip
    for name, statement in FILLED.items():
        with database.write() as session:
            session.execute(text(_WITHOUT_TRIGGERS))
            session.execute(text("SET LOCAL synchronous_commit = off"))
            session.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
            indexes = _taken_down(session, name)
            session.execute(text(statement), values)
            for index in indexes:
                session.connection().exec_driver_sql(index)
            if name != "messages":
                session.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), :number)"), values)
    _vacuum(database)


def _taken_down(session: Session, name: str) -> list[str]:
    """What brings the indexes of a table back, all but those of its constraints: built at the end they cost little."""
    mine = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = :name AND indexname NOT IN "
    constraints = "(SELECT conname FROM pg_constraint WHERE conrelid = CAST(:name AS regclass))"
    found = session.execute(text(mine + constraints), {"name": name}).all()
    for index in found:
        session.execute(text(f'DROP INDEX "{index.indexname}"'))
    return [index.indexdef for index in found]


def _plan(database: db.Database) -> dict[str, object]:
    """The campaign for cars: its id and its version's."""
    found = "SELECT v.id AS version, c.id AS campaign FROM campaign_versions v JOIN campaigns c ON c.id = v.campaign_id"
    with database.read() as session:
        return dict(session.execute(text(f"{found} WHERE c.name = 'first-year'")).mappings().one())


def _vacuum(database: db.Database) -> None:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))
