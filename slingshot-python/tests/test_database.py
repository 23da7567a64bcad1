"""The database: SQLAlchemy's connection in the message's transaction."""

from __future__ import annotations

import importlib
from typing import Any, Iterator

import pytest
from conftest import Stage


@pytest.fixture
def database(stage: Stage) -> Iterator[Any]:
    """A connection of the test's own, and a table."""
    import sqlalchemy

    url = sqlalchemy.make_url(stage.database_url.replace("postgres://", "postgresql://", 1))
    engine = sqlalchemy.create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE TABLE effects_{stage.mark} (id bigint, note text)")
        yield connection
        connection.exec_driver_sql(f"DROP TABLE effects_{stage.mark}")
    engine.dispose()


def notes(database: Any, stage: Stage) -> list[str]:
    rows = database.exec_driver_sql(f"SELECT note FROM effects_{stage.mark} ORDER BY id, note")
    return [note for (note,) in rows]


WORK = """
import os
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from slingshot_microservice import Microservice

TABLE = f"effects_{os.environ['MARK']}"

def write(connection, request, note):
    connection.execute(text(f"INSERT INTO {TABLE} VALUES (:id, :note)"), {"id": request, "note": note})

def process(request, connection, delivery):
    write(connection, request, f"{request} was here")
    if request == 1:
        raise ValueError("no")
    if request == 2:
        connection.commit()
    if request == 3:
        with connection.begin():
            write(connection, request, "3 in a savepoint")
        try:
            with connection.begin_nested():
                write(connection, request, "3 in a savepoint that fails")
                connection.exec_driver_sql("SELECT nothing")
        except Exception:
            pass
    if request == 4:
        connection.rollback()
    if request == 5:
        with Session(bind=connection) as session:
            session.execute(text(f"INSERT INTO {TABLE} VALUES (5, '5 in a session')"))
            session.commit()
    if request == 6:
        connection.get_transaction().rollback()
    if request == 7:
        try:
            connection.exec_driver_sql("SELECT nothing")
        except Exception:
            pass
    if request == 8 and delivery.attempt == 1 and not delivery.redelivered and not os.path.exists("gone"):
        open("gone", "w").close()
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    yield request, True

Microservice("working", None, process, retry={"max": 1}, **eval(os.environ.get("OPTIONS", "{}"))).start()
"""


def test_a_transaction_is_committed_with_its_message(stage: Stage, database: Any) -> None:
    stage.service("working", {True: "done"})
    script = stage.start(WORK, MARK=stage.mark)
    stage.send("working", 0, 1, 2, 3, 4, 5, 6, 7)
    assert sorted(stage.take("done", 4)) == [0, 2, 3, 5]
    letters = stage.dead_letters("working", 4)
    messages = {int(body): properties.headers["x-slingshot-error-message"] for properties, body in letters}
    assert messages[1] == "ValueError: no"
    assert "begin_nested" in messages[4]
    assert "the function ended the message's transaction" in messages[6]
    assert "current transaction is aborted" in messages[7]
    assert notes(database, stage) == [
        "0 was here",
        "2 was here",
        "3 in a savepoint",
        "3 was here",
        "5 in a session",
        "5 was here",
    ]
    assert "connection.commit() changes nothing" in script.log
    assert "PostgreSQL by SQLAlchemy 2" in script.log and " and psycopg 3" in script.log
    assert script.end() == 0


def test_psycopg_2_does_as_well(stage: Stage, database: Any) -> None:
    importlib.import_module("psycopg2")
    stage.service("working", {True: "done"})
    script = stage.start("import sys\nsys.modules['psycopg'] = None\n" + WORK, MARK=stage.mark, OPTIONS="{'deduplicate': 60}")
    stage.send("working", 0, 1, 3, 8)
    assert sorted(stage.take("done", 3)) == [0, 3, 8]
    stage.dead_letters("working", 1)
    assert notes(database, stage) == ["0 was here", "3 in a savepoint", "3 was here", "8 was here"]
    assert " and psycopg2 2." in script.log
    assert script.end() == 0


def test_a_lost_connection_costs_no_attempt(stage: Stage, database: Any) -> None:
    stage.service("working", {True: "done"})
    script = stage.start(WORK, MARK=stage.mark)
    stage.send("working", 8, 9)
    assert sorted(stage.take("done", 2)) == [8, 9]
    assert notes(database, stage) == ["8 was here", "9 was here"]
    assert script.end() == 0


def test_without_a_transaction_each_statement_stays(stage: Stage, database: Any) -> None:
    stage.service("working", {True: "done"})
    script = stage.start(WORK, MARK=stage.mark, OPTIONS="{'transaction': False}")
    stage.send("working", 0, 1, 2)
    assert sorted(stage.take("done", 2)) == [0, 2]
    stage.dead_letters("working", 1)
    assert notes(database, stage) == ["0 was here", "1 was here", "2 was here"]
    assert script.end() == 0


def test_a_message_that_comes_twice_works_once(stage: Stage, database: Any) -> None:
    stage.service("working", {True: "done"})
    script = stage.start(WORK, MARK=stage.mark, OPTIONS="{'deduplicate': '1h'}")
    stage.send("working", 20, message_id=f"twice-{stage.mark}")
    assert stage.take("done", 1) == [20]
    stage.send("working", 20, message_id=f"twice-{stage.mark}")
    assert stage.take("done", 1) == [20]
    # A failure leaves no trace of itself, so that the next attempt is a first one.
    stage.send("working", 1, message_id=f"fails-{stage.mark}")
    stage.dead_letters("working", 1)
    assert notes(database, stage) == ["20 was here"]
    inbox = database.exec_driver_sql(
        f"SELECT message_id FROM slingshot_inbox WHERE right(message_id, 8) = '{stage.mark}'"
    )
    assert [message_id for (message_id,) in inbox] == [f"twice-{stage.mark}"]
    assert script.end() == 0


def test_a_function_without_a_connection_needs_no_sqlalchemy(stage: Stage, database: Any) -> None:
    stage.service("plain", {True: "done"})
    (stage.directory / "sqlalchemy.py").write_text("raise ImportError('not here')")
    script = stage.start(
        """
        import sys
        from slingshot_microservice import Microservice

        calls = 0

        def process(request):
            global calls
            calls += 1
            yield calls, "sqlalchemy" not in sys.modules and "psycopg" not in sys.modules

        Microservice("plain", None, process, deduplicate=True).start()
        """
    )
    for _ in range(2):
        stage.send("plain", 1, message_id=f"plain-{stage.mark}")
        assert stage.take("done", 1) == [1]
    assert script.end() == 0


def test_a_killed_worker_leaves_no_effect_twice(stage: Stage, database: Any) -> None:
    """Workers are killed in the middle of their work, again and again: nothing is lost, and nothing is done twice."""
    stage.service("counting", {True: "done"})
    script = stage.start(
        """
        import os, random, signal
        from sqlalchemy import text
        from slingshot_microservice import Microservice

        def process(request, connection, delivery):
            if random.random() < 0.03 and not delivery.redelivered:
                os.kill(os.getpid(), signal.SIGKILL)
            statement = f"INSERT INTO effects_{os.environ['MARK']} VALUES (:id, 'once')"
            connection.execute(text(statement), {"id": request})
            if random.random() < 0.03 and not delivery.redelivered:
                os.kill(os.getpid(), signal.SIGKILL)
            yield request, True

        Microservice("counting", None, process, replicas=3, deduplicate=True, retry={"max": 50, "initial": "10ms"}).start()
        """,
        MARK=stage.mark,
    )
    count = 120
    for id in range(count):
        stage.send("counting", id, message_id=f"{id}-{stage.mark}")
    # One that was killed between its publishing and its acknowledgement publishes once more.
    published: set[int] = set()
    while len(published) < count:
        published.update(stage.take("done", 1, within=60))
    rows = database.exec_driver_sql(f"SELECT count(*), count(DISTINCT id) FROM effects_{stage.mark}").one()
    assert tuple(rows) == (count, count)
    assert "was ended by SIGKILL" in script.log
    assert script.end() == 0
