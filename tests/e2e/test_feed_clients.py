"""boto3 writes to the store as to the service; Python's `websockets` hears of it."""
import asyncio
import decimal
import json
import time

import boto3
import pytest
import websockets
from botocore.config import Config
from dynamo_client import ACCESS_KEY, SECRET_KEY
from patience import PATIENCE
from store_gateway import StoreGateway

HEARD = 100


@pytest.fixture
def store(tmp_path):
    store = StoreGateway(
        tmp_path, tables={"notes": {"key": {"owner": "S", "id": "N"}, "stream": "new_and_old_images"}},
        apis=[{"name": "live", "type": "websocket", "base_path": "/ws",
               "feeds": [{"table": "notes", "group": "notes-$item.owner", "filter": "attribute_exists(title)"}],
               "routes": [{"match": "$connect", "mock": {"headers": {"x-gatehouse-join": "notes-$query.owner"}}}]}])
    yield store
    store.stop()


@pytest.fixture
def notes(store):
    resource = boto3.resource("dynamodb", endpoint_url=store.url, region_name="us-east-1", aws_access_key_id=ACCESS_KEY,
                              aws_secret_access_key=SECRET_KEY, config=Config(retries={"total_max_attempts": 1}))
    yield resource.Table("notes")
    resource.meta.client.close()


async def hear(socket):
    return json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))


def test_what_boto3_writes_is_heard_by_those_it_is_for(store, notes):
    async def listen():
        url = f"ws://{store.gateway.authority}/ws?owner="
        async with websockets.connect(url + "ann") as ann, websockets.connect(url + "bob") as bob:
            def write():
                with notes.batch_writer() as batch:
                    for number in range(HEARD):
                        batch.put_item(Item={"owner": "ann", "id": number, "title": f"t{number}", "price": decimal.Decimal("1.10"), "tags": {"b", "a"}})
                notes.put_item(Item={"owner": "bob", "id": 1})
                notes.update_item(Key={"owner": "bob", "id": 1}, UpdateExpression="SET title = :t", ExpressionAttributeValues={":t": "now"})
                notes.delete_item(Key={"owner": "bob", "id": 1})

            await asyncio.to_thread(write)
            first = await hear(ann)
            assert first == {"event": "INSERT", "table": "notes", "keys": {"owner": "ann", "id": 0},
                             "item": {"owner": "ann", "id": 0, "title": "t0", "price": 1.1, "tags": ["a", "b"]}}
            assert [(await hear(ann))["keys"]["id"] for _ in range(HEARD - 1)] == list(range(1, HEARD))
            # It is there for him when it has what the filter asks for.
            assert [(await hear(bob))["event"] for _ in range(2)] == ["INSERT", "REMOVE"]

            async def took(number):
                began = time.monotonic()
                await asyncio.to_thread(notes.put_item, Item={"owner": "ann", "id": number, "title": "timed"})
                await hear(ann)
                return time.monotonic() - began

            took_times = sorted([await took(1000 + number) for number in range(20)])
            assert took_times[10] < 0.5

    asyncio.run(listen())
