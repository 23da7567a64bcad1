"""The function, called like any other: no queue, no bucket, no network."""

from slingshot_microservice.testing import Buckets, rehearse

from count import count


def test_words_are_counted() -> None:
    buckets = Buckets({"words": {7: "two\nwords\ntwo\n"}})
    assert rehearse(count, 7, buckets=buckets) == [(7, "few")]
    assert buckets.get("out", 7) == b"2\ttwo\n1\twords\n"


def test_a_text_of_many_words_is_another_case() -> None:
    buckets = Buckets({"words": {7: "\n".join(str(number) for number in range(51))}})
    assert rehearse(count, 7, buckets=buckets) == [(7, "many")]
