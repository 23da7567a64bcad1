"""One transcript of AMQP behaviour, to be equal on the embedded broker and on RabbitMQ.

usage: pika_suite.py URL

Prints what every step answered, without what differs from run to run (generated names, times).
"""

import re
import sys
import time

import pika
from pika.exceptions import (
    AMQPConnectionError,
    ChannelClosedByBroker,
    ConnectionClosedByBroker,
    NackError,
    UnroutableError,
)

URL = sys.argv[1]
PREFIX = "pika-suite."


def connect(**options):
    parameters = pika.URLParameters(URL)
    for name, value in options.items():
        setattr(parameters, name, value)
    return pika.BlockingConnection(parameters)


def say(what, *values):
    text = " ".join(str(value) for value in values)
    text = re.sub(r"amq\.(gen|ctag)-[\w-]+", r"amq.\1-*", text)
    text = re.sub(r"ctag1\.[0-9a-f]+", "ctag1.*", text)
    print(f"{what}: {text}")


def refused(what, act):
    """Runs `act` on a channel of its own and prints how the broker closed it."""
    channel = connection.channel()
    try:
        act(channel)
        # For methods without an answer: the refusal comes before this one's.
        channel.queue_declare("", exclusive=True)
        say(what, "NOT REFUSED")
    except ChannelClosedByBroker as error:
        say(what, error.reply_code, error.reply_text)


def refused_connection(what, act, text=True):
    """Runs `act` on a connection of its own and prints how the broker closed it."""
    own = connect()
    try:
        act(own)
        own.process_data_events(1)
        say(what, "NOT REFUSED")
    except ConnectionClosedByBroker as error:
        say(what, error.reply_code, error.reply_text if text else "")


def eventually(condition):
    """Waits until `condition` holds; says whether it came to."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        connection.process_data_events(0.02)
        if condition():
            return True
    return False


def depth(channel, queue):
    return channel.queue_declare(queue, passive=True).method.message_count


def fresh(channel, name, **options):
    name = PREFIX + name
    channel.queue_delete(name)
    channel.queue_declare(name, **options)
    return name


def deaths(headers):
    """x-death without its times; a table has no order."""
    return [{k: str(v) for k, v in sorted(d.items()) if k != "time"} for d in headers["x-death"]]


def handshake():
    for user, password in (("guest", "wrong"), ("nobody", "guest")):
        try:
            connect(credentials=pika.PlainCredentials(user, password))
            say("wrong credentials", "NOT REFUSED")
        except AMQPConnectionError as error:
            say("wrong credentials", type(error).__name__, re.findall(r"\d{3}", str(error))[:1])
    try:
        connect(virtual_host="nowhere")
        say("unknown vhost", "NOT REFUSED")
    except AMQPConnectionError as error:
        say("unknown vhost", str(error))
    tuned = connect(frame_max=8192, channel_max=7, heartbeat=30)
    impl = tuned._impl.params
    say("tuned", impl.frame_max, impl.channel_max, impl.heartbeat)
    tuned.close()
    say("closed", tuned.is_closed)


def declarations(channel):
    q = fresh(channel, "declared", durable=True, arguments={"x-message-ttl": 60000})
    again = channel.queue_declare(q, durable=True, arguments={"x-message-ttl": 60000})
    say("declared again", again.method)
    say("passive", channel.queue_declare(q, passive=True).method)
    refused("passive missing", lambda c: c.queue_declare(PREFIX + "none", passive=True))
    refused("durable differs", lambda c: c.queue_declare(q, arguments={"x-message-ttl": 60000}))
    refused("ttl missing", lambda c: c.queue_declare(q, durable=True))
    refused(
        "ttl differs",
        lambda c: c.queue_declare(q, durable=True, arguments={"x-message-ttl": 5}),
    )
    refused(
        "dead letter added",
        lambda c: c.queue_declare(
            q,
            durable=True,
            arguments={"x-message-ttl": 60000, "x-dead-letter-exchange": "x"},
        ),
    )
    refused(
        "auto-delete differs",
        lambda c: c.queue_declare(
            q, durable=True, auto_delete=True, arguments={"x-message-ttl": 60000}
        ),
    )
    refused("exclusive differs", lambda c: c.queue_declare(q, durable=True, exclusive=True))
    refused("reserved name", lambda c: c.queue_declare("amq.mine"))
    refused(
        "key without exchange",
        lambda c: c.queue_declare(
            PREFIX + "bad", arguments={"x-dead-letter-routing-key": "k"}
        ),
    )
    refused(
        "negative ttl",
        lambda c: c.queue_declare(PREFIX + "bad", arguments={"x-message-ttl": -1}),
    )
    generated = channel.queue_declare("", exclusive=True).method.queue
    say("server-named", generated)
    other = connect()
    try:
        other.channel().queue_declare(generated, passive=True)
        say("exclusive to another connection", "NOT REFUSED")
    except ChannelClosedByBroker as error:
        text = error.reply_text.replace(generated, "*")
        say("exclusive to another connection", error.reply_code, text)
    other.close()
    say("deleted", channel.queue_delete(q).method)
    say("deleted twice", channel.queue_delete(q).method)
    quorum = PREFIX + "quorum"
    channel.queue_declare(quorum, durable=True, arguments={"x-queue-type": "quorum"})
    say("quorum", channel.queue_declare(quorum, passive=True).method)
    channel.queue_delete(quorum)


def deletions(channel):
    q = fresh(channel, "busy")
    channel.basic_publish("", q, b"1", mandatory=True)
    refused("not empty", lambda c: c.queue_delete(q, if_empty=True))
    tag = channel.basic_consume(q, lambda *_: None)
    refused("in use", lambda c: c.queue_delete(q, if_unused=True))
    channel.basic_cancel(tag)
    say("purged", channel.queue_purge(q).method)
    say("deleted", channel.queue_delete(q, if_empty=True, if_unused=True).method)
    auto = fresh(channel, "auto", auto_delete=True)
    tag = channel.basic_consume(auto, lambda *_: None)
    channel.basic_cancel(tag)
    refused("auto-deleted", lambda c: c.queue_declare(auto, passive=True))


def publishing(channel):
    q = fresh(channel, "published")
    try:
        channel.basic_publish("", PREFIX + "none", b"lost", mandatory=True)
        say("unroutable", "NOT RETURNED")
    except UnroutableError as error:
        message = error.messages[0]
        method = message.method
        say("unroutable", method.reply_code, method.reply_text, method.routing_key, message.body)
    channel.basic_publish("", PREFIX + "none", b"dropped")
    say("not mandatory", "confirmed")
    refused("unknown exchange", lambda c: c.basic_publish(PREFIX + "none", "k", b"1"))
    refused(
        "expiration not a number",
        lambda c: c.basic_publish("", q, b"1", pika.BasicProperties(expiration="soon")),
    )
    properties = pika.BasicProperties(
        content_type="application/json",
        content_encoding="utf-8",
        headers={"a": 1, "b": "x", "n": None, "l": [1, "two"], "t": {"deep": True}},
        delivery_mode=2,
        priority=3,
        correlation_id="c",
        reply_to="r",
        expiration="600000",
        message_id="m",
        timestamp=1234567890,
        type="t",
        app_id="app",
    )
    channel.basic_publish("", q, b"body", properties, mandatory=True)
    channel.basic_publish("", q, b"", mandatory=True)
    channel.basic_publish("", q, b"z" * 1_000_000, mandatory=True)
    method, got, body = channel.basic_get(q, auto_ack=True)
    say("got", method, got, body)
    say("empty body", channel.basic_get(q, auto_ack=True)[2])
    say("large body", len(channel.basic_get(q, auto_ack=True)[2]))
    say("empty queue", channel.basic_get(q))
    channel.queue_delete(q)


def limits(channel):
    q = fresh(channel, "short", arguments={"x-max-length": 2})
    for i in range(4):
        channel.basic_publish("", q, b"%d" % i)
    say("drop head", [channel.basic_get(q, auto_ack=True)[2] for _ in range(3)])
    q = fresh(channel, "full", arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
    channel.basic_publish("", q, b"1")
    try:
        channel.basic_publish("", q, b"2")
        say("reject publish", "ACCEPTED")
    except NackError:
        say("reject publish", "nacked", depth(channel, q))
    q = fresh(channel, "small", arguments={"x-max-length-bytes": 10})
    for i in range(3):
        channel.basic_publish("", q, b"%d" % i * 4)
    say("drop head by bytes", depth(channel, q), channel.basic_get(q, auto_ack=True)[2])


def settling(channel):
    q = fresh(channel, "settled")
    for i in range(6):
        channel.basic_publish("", q, b"%d" % i)
    got = [channel.basic_get(q) for _ in range(4)]
    say("tags", [(m.delivery_tag, m.redelivered, m.message_count) for m, _, _ in got])
    channel.basic_nack(got[2][0].delivery_tag, multiple=True, requeue=True)
    again = [channel.basic_get(q) for _ in range(3)]
    say("requeued in order", [(b, m.redelivered) for m, _, b in again])
    channel.basic_reject(again[0][0].delivery_tag, requeue=True)
    channel.basic_ack(again[1][0].delivery_tag)
    channel.basic_ack(again[2][0].delivery_tag)
    method, _, body = channel.basic_get(q)
    say("rejected came first", body, method.redelivered, method.message_count)
    channel.basic_recover(requeue=True)
    say("recovered", depth(channel, q))
    refused("unknown tag", lambda c: c.basic_ack(99))
    refused("unknown tag, multiple", lambda c: c.basic_nack(99, multiple=True))

    def twice(own):
        method, _, _ = own.basic_get(q)
        own.basic_ack(method.delivery_tag)
        own.basic_ack(method.delivery_tag)

    refused("acknowledged twice", twice)
    own = connection.channel()
    own.basic_get(q)
    own.basic_get(q)
    own.close()
    method, _, body = channel.basic_get(q)
    say("channel closed", body, method.redelivered, method.message_count)
    channel.queue_delete(q)


def consuming(channel):
    q = fresh(channel, "consumed")
    channel.basic_qos(prefetch_count=2)
    got = []
    tag = channel.basic_consume(
        q, lambda c, m, p, b: got.append((m.delivery_tag, m.redelivered, b))
    )
    for i in range(6):
        channel.basic_publish("", q, b"%d" % i)
    say("prefetch", eventually(lambda: len(got) >= 2), got)
    channel.basic_ack(got[1][0], multiple=True)
    say("after an ack", eventually(lambda: len(got) >= 4), got[2:])
    channel.basic_nack(got[2][0], requeue=False)
    say("after a nack", eventually(lambda: len(got) >= 5), got[4:])
    channel.basic_reject(got[3][0], requeue=True)
    say("requeued to the consumer", eventually(lambda: len(got) >= 6), got[5:])
    waiting = channel.basic_cancel(tag)
    say("cancelled", waiting, depth(channel, q))
    refused("consumer of a missing queue", lambda c: c.basic_consume(PREFIX + "none", print))
    tag = channel.basic_consume(q, lambda *_: None, exclusive=True)
    refused("beside an exclusive consumer", lambda c: c.basic_consume(q, print))
    channel.basic_cancel(tag)
    channel.queue_delete(q)


def sharing(channel):
    q = fresh(channel, "shared")
    others = [connect() for _ in range(2)]
    got = [[], []]
    for other, mine in zip(others, got):
        own = other.channel()
        own.basic_qos(prefetch_count=1)
        own.basic_consume(q, lambda c, m, p, b, mine=mine: mine.append(b))
    for i in range(4):
        channel.basic_publish("", q, b"%d" % i)
    end = time.monotonic() + 10
    while time.monotonic() < end and not all(got):
        for other in others:
            other.process_data_events(0.02)
    say("two connections, one each", sorted(got[0] + got[1]), depth(channel, q))
    for other in others:
        other.close()
    say("returned in order", [channel.basic_get(q)[2] for _ in range(4)])
    channel.queue_delete(q)


def expiring(channel):
    target = fresh(channel, "expired")
    work = fresh(
        channel,
        "delay",
        arguments={
            "x-message-ttl": 150,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": target,
        },
    )
    channel.basic_publish("", work, b"1", pika.BasicProperties(headers={"mine": "kept"}))
    say("waits", depth(channel, work), depth(channel, target))
    say("expired by itself", eventually(lambda: depth(channel, target) == 1))
    method, properties, body = channel.basic_get(target, auto_ack=True)
    headers = properties.headers
    say("dead letter", body, method.exchange or "default", method.routing_key, headers["mine"])
    say("x-death", deaths(headers))
    say("first death", sorted(h for h in headers.items() if h[0].startswith("x-first")))
    channel.basic_publish("", work, b"2", pika.BasicProperties(expiration="20", headers=headers))
    say("expired sooner", eventually(lambda: depth(channel, target) == 1))
    _, properties, _ = channel.basic_get(target, auto_ack=True)
    say("counted", deaths(properties.headers), properties.expiration)
    other = fresh(
        channel,
        "rejecting",
        arguments={"x-dead-letter-exchange": "", "x-dead-letter-routing-key": target},
    )
    channel.basic_publish("", other, b"3", properties)
    method, _, _ = channel.basic_get(other)
    channel.basic_reject(method.delivery_tag, requeue=False)
    say("rejected", eventually(lambda: depth(channel, target) == 1))
    _, properties, _ = channel.basic_get(target, auto_ack=True)
    say("both deaths", deaths(properties.headers))
    loop = fresh(
        channel,
        "loop",
        arguments={
            "x-message-ttl": 30,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": PREFIX + "loop",
        },
    )
    channel.basic_publish("", loop, b"4")
    say("cycle dropped", eventually(lambda: depth(channel, loop) == 0))
    over = fresh(
        channel,
        "over",
        arguments={
            "x-max-length": 1,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": target,
        },
    )
    channel.basic_publish("", over, b"5")
    channel.basic_publish("", over, b"6")
    say("over the limit", eventually(lambda: depth(channel, target) == 1))
    _, properties, body = channel.basic_get(target, auto_ack=True)
    say("oldest went", body, deaths(properties.headers)[0]["reason"])
    gone = fresh(channel, "gone", arguments={"x-expires": 100})
    time.sleep(0.4)
    refused("queue expired", lambda c: c.queue_declare(gone, passive=True))


def exchanges(channel):
    name = PREFIX + "exchange"
    q = fresh(channel, "bound")

    def reach(kind, binding, key, bind_arguments=None, headers=None):
        channel.exchange_delete(name)
        channel.exchange_declare(name, kind)
        channel.queue_bind(q, name, binding, bind_arguments)
        properties = pika.BasicProperties(headers=headers)
        try:
            channel.basic_publish(name, key, b"1", properties, mandatory=True)
        except UnroutableError:
            return "-"
        return channel.queue_purge(q).method.message_count

    say("direct", reach("direct", "a", "a"), reach("direct", "a", "b"))
    say("fanout", reach("fanout", "", "any"))
    say(
        "topic",
        [reach("topic", p, k) for p, k in (("a.*.c", "a.b.c"), ("a.#", "a"), ("*", "a.b"))],
    )
    everything = {"x-match": "all", "a": 1, "b": "2"}
    anything = {"x-match": "any", "a": 1, "b": "2"}
    say(
        "headers",
        reach("headers", "", "", everything, {"a": 1, "b": "2", "c": 3}),
        reach("headers", "", "", everything, {"a": 1}),
        reach("headers", "", "", anything, {"a": 1}),
        reach("headers", "", "", anything, {"c": 1}),
    )
    inner = PREFIX + "inner"
    channel.exchange_declare(inner, "fanout", auto_delete=True)
    channel.queue_unbind(q, name, "")
    channel.queue_bind(q, inner)
    channel.exchange_delete(name)
    channel.exchange_declare(name, "direct")
    channel.exchange_bind(inner, name, "k")
    channel.basic_publish(name, "k", b"1", mandatory=True)
    say("through two exchanges", channel.queue_purge(q).method.message_count)
    channel.queue_unbind(q, inner)
    refused("auto-deleted exchange", lambda c: c.exchange_declare(inner, passive=True))
    refused("type differs", lambda c: c.exchange_declare(name, "topic"))
    refused("durable differs", lambda c: c.exchange_declare(name, "direct", durable=True))
    refused("exchange missing", lambda c: c.exchange_declare(PREFIX + "x", passive=True))
    refused("bind to missing", lambda c: c.queue_bind(q, PREFIX + "x", "k"))
    refused("bind missing queue", lambda c: c.queue_bind(PREFIX + "none", name, "k"))
    refused("bind to default", lambda c: c.queue_bind(q, "", "k"))
    refused("delete reserved", lambda c: c.exchange_delete("amq.direct"))
    refused("declare reserved", lambda c: c.exchange_declare("amq.mine", "direct"))
    predeclared = ["amq.direct", "amq.fanout", "amq.topic", "amq.headers", "amq.match"]
    for exchange in predeclared:
        channel.exchange_declare(exchange, passive=True)
    say("predeclared", predeclared)
    channel.exchange_delete(name)
    channel.queue_delete(q)


def replies(channel):
    got = []
    tag = channel.basic_consume(
        "amq.rabbitmq.reply-to", lambda c, m, p, b: got.append(b), auto_ack=True
    )
    q = fresh(channel, "asked")
    properties = pika.BasicProperties(reply_to="amq.rabbitmq.reply-to")
    channel.basic_publish("", q, b"question", properties)
    _, properties, _ = channel.basic_get(q, auto_ack=True)
    say("reply address", properties.reply_to.startswith("amq.rabbitmq.reply-to."))
    other = connect()
    other.channel().basic_publish("", properties.reply_to, b"answer")
    say("reply", eventually(lambda: got), got)
    other.close()
    channel.basic_cancel(tag)
    refused(
        "reply without a consumer",
        lambda c: c.basic_publish(
            "", q, b"?", pika.BasicProperties(reply_to="amq.rabbitmq.reply-to")
        ),
    )
    refused(
        "reply consumer that acknowledges",
        lambda c: c.basic_consume("amq.rabbitmq.reply-to", print),
    )
    channel.queue_delete(q)


def cancelling(channel):
    q = fresh(channel, "doomed")
    own = connection.channel()
    cancelled = []
    own.add_on_cancel_callback(lambda frame: cancelled.append(frame.method.NAME))
    own.basic_consume(q, lambda *_: None)
    channel.queue_delete(q)
    say("cancelled by the broker", eventually(lambda: cancelled), cancelled)
    own.close()


def connection_errors():
    def reuse(own):
        channel = own.channel()
        q = channel.queue_declare("", exclusive=True).method.queue
        impl = channel._impl
        for _ in range(2):
            impl._rpc(pika.spec.Basic.Consume(queue=q, consumer_tag="same"), None, [])
            own.process_data_events(0.2)

    refused_connection("consumer tag twice", reuse)
    refused_connection("unknown exchange type", lambda own: own.channel().exchange_declare("x", "odd"))
    beating = connect(heartbeat=1)
    time.sleep(0.2)
    end = time.monotonic() + 4
    while time.monotonic() < end:
        beating.process_data_events(0.2)
    say("heartbeats keep it open", beating.is_open)
    beating.close()
    silent = connect(heartbeat=1)
    time.sleep(5)
    try:
        silent.process_data_events(0.2)
        say("silence closes it", "STILL OPEN")
    except AMQPConnectionError:
        say("silence closes it", True)


connection = connect()
channel = connection.channel()
channel.confirm_delivery()
handshake()
for part in (
    declarations,
    deletions,
    publishing,
    limits,
    settling,
    consuming,
    sharing,
    expiring,
    exchanges,
    replies,
    cancelling,
):
    print(f"# {part.__name__}")
    part(channel)
for name in (
    "short full small expired delay rejecting loop over gone busy auto declared".split()
):
    channel.queue_delete(PREFIX + name)
print("# connection_errors")
connection_errors()
connection.close()
