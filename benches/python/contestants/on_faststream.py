"""on_faststream.py WORK: persistent, with confirms, which are FastStream's default; files by boto3, on threads."""

import asyncio
import os
import sys

import labour
from faststream import FastStream
from faststream.rabbit import RabbitBroker, RabbitQueue
from faststream.rabbit.schemas import Channel

work = sys.argv[1]
channel = Channel(prefetch_count=64, publisher_confirms=True)
broker = RabbitBroker(os.environ["BENCH_AMQP_URL"], default_channel=channel, logger=None)

if work == "copy":
    import boto3
    from botocore.config import Config

    store = boto3.client(
        "s3",
        endpoint_url=os.environ["BENCH_STORE_URL"],
        region_name="us-east-1",
        aws_access_key_id=os.environ["BENCH_ACCESS_KEY"],
        aws_secret_access_key=os.environ["BENCH_SECRET_KEY"],
        config=Config(max_pool_connections=64, s3={"addressing_style": "path"}),
    )

    def copy(request: int) -> None:
        body = store.get_object(Bucket="bench-in", Key=str(request % 64))["Body"].read()
        store.put_object(Bucket="bench-out", Key=str(request), Body=body)

    async def do(request: int) -> None:
        await asyncio.to_thread(copy, request)

else:
    call = getattr(labour, work)

    async def do(request: int) -> None:
        call()


@broker.subscriber(RabbitQueue("bench.in", durable=True))
async def process(request: int):
    await do(request)
    await broker.publish(str(request).encode(), "bench.out", persist=True, mandatory=True)


asyncio.run(FastStream(broker, logger=None).run())
