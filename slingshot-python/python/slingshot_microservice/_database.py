"""SQLAlchemy for functions that take a ``connection``. Nothing else imports this, or SQLAlchemy.

The runtime decides when a message's transaction begins and ends, and runs statements of its own in it; the connection
that a function gets leaves that to it.
"""

from __future__ import annotations

import importlib
from typing import Any, Optional

from . import _native
from .errors import ServiceError, SlingshotError

try:
    import sqlalchemy
    from sqlalchemy import pool
    from sqlalchemy.engine import Connection, RootTransaction
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError
except ImportError as error:
    raise ServiceError(
        "a function that takes a `connection` needs SQLAlchemy and psycopg: "
        "pip install 'slingshot-microservice[database]'"
    ) from error

#: How long a connection may take to open, in seconds.
_CONNECT_TIMEOUT = 10

#: A server that is gone without a word is noticed within a minute.
_KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60000,
}


class Failed(Exception):
    """What the runtime is told of a statement that failed."""

    def __init__(self, message: str, state: Optional[str], lost: bool) -> None:
        super().__init__(message)
        self.state = state
        self.lost = lost


class MessageConnection(Connection):
    """A connection within a message's transaction, which the service commits after the files are uploaded and before
    anything is published.

    ``commit()`` changes nothing, ``begin()`` begins a savepoint, and ``rollback()`` is an error: raise, or use
    ``begin_nested()`` for what may fail.
    """

    _slingshot_service = ""
    _slingshot_transaction: Optional[RootTransaction] = None
    _slingshot_said = False

    def commit(self) -> None:
        if self._slingshot_transaction is None:
            super().commit()
        elif not MessageConnection._slingshot_said:
            MessageConnection._slingshot_said = True
            message = "connection.commit() changes nothing: the service commits (this is said once)"
            _native.log("info", self._slingshot_service, message)

    def rollback(self) -> None:
        if self._slingshot_transaction is None:
            super().rollback()
        else:
            raise SlingshotError(
                "connection.rollback() would undo what the service did in the message's transaction: raise an error to "
                "undo all of it, or use `with connection.begin_nested():` for what may fail"
            )

    def begin(self) -> Any:
        if self._slingshot_transaction is None:
            return super().begin()
        return self.begin_nested()


class Opener:
    """Opens connections by whichever driver is installed."""

    def __init__(self, service: str, transaction: bool) -> None:
        self._service = service
        self._transaction = transaction
        self._driver = _driver()
        self._said = False

    def __call__(
        self, host: str, port: int, username: str, password: str, database: str, tls: bool, application: str
    ) -> Handle:
        if not self._said:
            self._said = True
            version = getattr(importlib.import_module(self._driver), "__version__", "")
            message = f"PostgreSQL by SQLAlchemy {sqlalchemy.__version__} and {self._driver} {version.split(' ')[0]}"
            _native.log("info", self._service, message)
        url = sqlalchemy.URL.create(f"postgresql+{self._driver}", username, password or None, host, port, database)
        options: dict[str, Any] = {} if self._transaction else {"isolation_level": "AUTOCOMMIT"}
        engine = sqlalchemy.create_engine(
            url,
            poolclass=pool.NullPool,
            connect_args={
                "application_name": application,
                "connect_timeout": _CONNECT_TIMEOUT,
                "sslmode": "require" if tls else "disable",
                "gssencmode": "disable",
                **_KEEPALIVE,
            },
            **options,
        )
        try:
            connection = MessageConnection(engine)
        except DBAPIError as error:
            # Without the statement and the link to SQLAlchemy's page.
            raise Failed(str(error.orig).strip(), None, True) from error
        connection._slingshot_service = self._service
        return Handle(connection)


def _driver() -> str:
    for name in ("psycopg", "psycopg2"):
        try:
            importlib.import_module(name)
            return name
        except ImportError:
            pass
    raise ServiceError(
        "a function that takes a `connection` needs psycopg: pip install 'slingshot-microservice[database]'"
    )


def connected(url: str) -> Handle:
    """A connection to where a URL says."""
    place = sqlalchemy.make_url(url.replace("postgres://", "postgresql://", 1))
    if place.drivername == "postgresql":
        place = place.set(drivername=f"postgresql+{_driver()}")
    return Handle(MessageConnection(sqlalchemy.create_engine(place, poolclass=pool.NullPool)))


class Handle:
    """A connection, as the runtime handles it."""

    def __init__(self, connection: MessageConnection) -> None:
        self.connection = connection

    def run(self, sql: str) -> None:
        self._do(lambda: self._execute(sql, []).close())
        self._rest()

    def execute(self, sql: str, parameters: list[str]) -> int:
        def execute() -> int:
            with self._execute(sql, parameters) as result:
                touched: int = result.rowcount
                return touched

        count: int = self._do(execute)
        return count

    def text(self, sql: str, parameters: list[str]) -> Optional[str]:
        def fetch() -> Optional[str]:
            with self._execute(sql, parameters) as result:
                row = result.first()
                return None if row is None else row[0]

        answer: Optional[str] = self._do(fetch)
        self._rest()
        return answer

    def begin(self) -> None:
        self._do(self._begin)

    def commit(self) -> None:
        transaction = self._take()
        self._do(transaction.commit)

    def roll_back(self) -> None:
        transaction = self._take()
        self._do(transaction.rollback)

    def abandon(self) -> None:
        """Undoes what it can, and closes the connection."""
        self.connection._slingshot_transaction = None
        self.connection.close()
        self.connection.engine.dispose()

    def depth(self) -> Optional[int]:
        connection = self.connection
        if connection.closed or connection.invalidated:
            return None
        transaction = connection._slingshot_transaction
        if transaction is None:
            self._rest()
            return 0
        if connection.get_transaction() is not transaction or not transaction.is_active:
            return None
        return 2 if connection.in_nested_transaction() else 1

    def _begin(self) -> None:
        connection = self.connection
        connection._slingshot_transaction = Connection.begin(connection)
        # SQLAlchemy begins when the first statement comes.

    def _take(self) -> RootTransaction:
        connection = self.connection
        transaction, connection._slingshot_transaction = connection._slingshot_transaction, None
        if transaction is None:
            raise Failed("there is no transaction", None, False)
        return transaction

    def _rest(self) -> None:
        """Ends what SQLAlchemy began for a statement outside of a transaction of ours."""
        connection = self.connection
        if connection._slingshot_transaction is None and connection.in_transaction():
            self._do(lambda: Connection.commit(connection))

    def _execute(self, sql: str, parameters: list[str]) -> Any:
        if not parameters:
            return self.connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
        return self.connection.exec_driver_sql(sql.replace("%", "%%").replace("\0", "%s"), tuple(parameters))

    def _do(self, act: Any) -> Any:
        if self.connection.invalidated or self.connection.closed:
            # SQLAlchemy would open another one, in which nothing of the message's would be.
            raise Failed("the connection was lost", None, True)
        try:
            return act()
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
            raise Failed(str(error.orig).strip(), state, error.connection_invalidated) from error
        except SQLAlchemyError as error:
            raise Failed(str(error), None, self.connection.closed or self.connection.invalidated) from error
