"""JSON that handlers take and answer: nothing here connects to anything."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, List, Literal, Mapping, Optional, Sequence, Set, Tuple, TypedDict, Union

import pytest
from slingshot_microservice import DataError, Payload

pytestmark = pytest.mark.brief


class Kind(enum.Enum):
    TEXT = "text"
    FIVE = 5


class Named(TypedDict):
    name: str


class Entry(Named, total=False):
    size: int


@dataclass
class Item:
    name: str
    price: float
    tags: List[str] = field(default_factory=list)
    inner: Optional["Item"] = None

    def __post_init__(self) -> None:
        if self.price < 0:
            raise ValueError("the price is negative")


def read(json: str, kind: Any) -> Any:
    return Payload(json.encode()).to(kind)


def test_values_are_read_as_their_types() -> None:
    def check(json: str, kind: Any, expected: Any) -> None:
        found = read(json, kind)
        assert (found, type(found)) == (expected, type(expected))

    check("[1, 2]", List[int], [1, 2])
    check("[1, 2]", Tuple[int, float], (1, 2.0))
    check("[1, 1]", Tuple[int, ...], (1, 1))
    check('["a"]', Set[str], {"a"})
    check('["a"]', FrozenSet[str], frozenset({"a"}))
    check("[true]", Sequence[bool], [True])
    check('{"a": 1}', dict, {"a": 1})
    check('{"a": null}', Dict[str, Optional[int]], {"a": None})
    check('{"7": {}}', Mapping[int, Dict[str, Any]], {7: {}})
    check("null", type(None), None)
    check("7", Union[str, int], 7)
    check('"x"', Union[int, str], "x")
    check('"x"', Literal["x", 1], "x")
    check("5", Kind, Kind.FIVE)
    check('"2026-01-02T03:04:05Z"', datetime.datetime, datetime.datetime(2026, 1, 2, 3, 4, 5, 0, datetime.timezone.utc))
    check('"2026-01-02"', datetime.date, datetime.date(2026, 1, 2))
    check('"1.50"', decimal.Decimal, decimal.Decimal("1.50"))
    identity = uuid.uuid4()
    check(f'"{identity}"', uuid.UUID, identity)
    check('{"name": "a", "size": 1, "more": 2}', Entry, {"name": "a", "size": 1})
    check('{"name": "a", "price": 1}', Item, Item("a", 1.0))
    nested = '{"name": "a", "price": 1, "inner": {"name": "b", "price": 2, "tags": ["t"]}}'
    check(nested, Item, Item("a", 1.0, [], Item("b", 2.0, ["t"])))


def test_what_does_not_fit_is_named_with_its_place() -> None:
    def check(json: str, kind: Any, expected: str) -> None:
        with pytest.raises(DataError) as raised:
            read(json, kind)
        assert str(raised.value) == f"the data does not fit: {expected}"

    check('"7"', int, 'expected a whole number, and not "7"')
    check("true", int, "expected a whole number, and not true")
    check("1.5", int, "expected a whole number, and not 1.5")
    check("[1]", Dict[str, int], "expected an object, and not a list")
    check("[1, [2]]", List[int], "`[1]`: expected a whole number, and not a list")
    check('{"a": {"b": null}}', Dict[str, Dict[str, str]], "`a.b`: expected a text, and not null")
    check("[1]", Tuple[int, int], "expected a list of 2, and not of 1")
    check('{"price": 1}', Item, "`name`: it is missing")
    check('{"name": "a", "price": -1}', Item, "the price is negative")
    inner = '[{"name": "a", "price": 1, "inner": {"name": "b"}}]'
    check(inner, List[Item], "`[0].inner.price`: it is missing")
    check("{}", Entry, "`name`: it is missing")
    check("true", Kind, 'expected "text" or 5, and not true')
    check("2", Literal["x", 1], 'expected "x" or 1, and not 2')
    check("[]", Union[int, str], "expected a whole number, and not a list; or expected a text, and not a list")
    check('"soon"', datetime.date, 'expected a date, and not "soon"')
    check('{"x": 1}', Dict[int, int], '`x`: expected a whole number as a key, and not "x"')
    check("{", dict, "it is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)")
    check("NaN", float, "it is no JSON: NaN is no number of JSON")
    check("[" * 100_000, list, "it is nested too deeply")


def test_a_text_is_taken_as_the_json_that_it_holds_unless_the_type_is_one_of_texts() -> None:
    assert Payload("[1]").to(list) == [1]
    assert Payload("7").to(str) == "7"
    assert Payload("7").to(int) == 7
    assert Payload("text").to(Kind) is Kind.TEXT
    assert Payload("text").to(Optional[str]) == "text"  # type: ignore[arg-type]
    assert Payload("[1]").json() == "[1]"
    assert Payload().to(Optional[int]) is None  # type: ignore[arg-type]
    with pytest.raises(DataError, match="expected a whole number, and not \"seven\""):
        Payload("seven").to(int)


def test_what_is_sent_has_a_form() -> None:
    def check(data: Any, form: str, content: bytes) -> None:
        payload = Payload(data)
        assert (payload.form, payload.bytes(), len(payload)) == (form, content, len(content))

    check(None, "empty", b"")
    check("é", "text", "é".encode())
    check(b"\xff", "bytes", b"\xff")
    check(bytearray(b"a"), "bytes", b"a")
    check(Payload([1]), "json", b"[1]")
    check({"a": (1, None)}, "json", b'{"a":[1,null]}')
    check(7, "json", b"7")
    check(Kind.TEXT, "json", b'"text"')
    check(Item("a", 1.0), "json", b'{"name":"a","price":1.0,"tags":[],"inner":null}')
    check([datetime.date(2026, 1, 2), decimal.Decimal("1.5")], "json", b'["2026-01-02","1.5"]')
    for wrong in (object(), float("nan"), [b"bytes"], {(1, 2): 3}):
        with pytest.raises(DataError, match="has no JSON"):
            Payload(wrong)
    recursive: List[Any] = []
    recursive.append(recursive)
    with pytest.raises(DataError, match="has no JSON"):
        Payload(recursive)


def test_texts_are_what_json_strings_say() -> None:
    assert Payload(Kind.TEXT).text() == "text"
    assert Payload({"a": 1}).text() == '{"a":1}'
    assert Payload(b"a").text() == "a"
    assert repr(Payload("x")) == 'Payload("x")'
    assert Payload("x") == Payload("x") != Payload("y")
    with pytest.raises(DataError, match="the data is not UTF-8: invalid at byte 1"):
        Payload(b"a\xff").text()
