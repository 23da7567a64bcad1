"""The function, called like any other: no queue, no bucket, no network."""

from slingshot_microservice.testing import Buckets, rehearse

from app import process


def test_a_text_is_counted() -> None:
    buckets = Buckets({"in": {7: "one two\nthree\n"}})
    assert rehearse(process, 7, buckets=buckets) == [(7, "text")]
    assert buckets.get("out", 7) == b"2 lines, 3 words, 14 bytes\n"


def test_an_empty_object_is_a_case_of_its_own() -> None:
    buckets = Buckets({"in": {7: ""}})
    assert rehearse(process, 7, buckets=buckets) == [(7, "empty")]
    assert buckets.get("out", 7) is None
