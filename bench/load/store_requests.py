"""The requests of the store's bench, made and signed before the clock runs, in files that store.lua replays. A signature is good for 15
minutes, so the files are made for each run."""

import hashlib
import json
import pathlib
import random
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/support/python"))
from dynamo_client import signed_headers, target_of  # noqa: E402

TABLE = "bench"
PARTITION = 100  # items in one
ITEM_BYTES = 200
CREATE = {"TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
          "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}],
          "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}


def key(number: int) -> dict:
    return {"p": {"S": f"user#{number // PARTITION:08}"}, "s": {"N": str(number % PARTITION)}}


def item(number: int, version: int = 0) -> dict:
    """About 200 B by the service's rules: names, and values of every usual kind."""
    text = hashlib.shake_128(str(number).encode()).hexdigest((ITEM_BYTES - 110) // 2)  # nothing that a disk could squeeze to nothing
    return {**key(number), "name": {"S": f"item number {number} of the bench"}, "price": {"N": f"{number % 1000}.25"}, "v": {"N": str(version)},
            "active": {"BOOL": number % 2 == 0}, "tags": {"SS": ["alpha", "beta"]}, "text": {"S": text}}


def wire(host: str, operation: str, request: dict) -> bytes:
    """One whole HTTP/1.1 request."""
    body = json.dumps(request, separators=(",", ":")).encode()
    headers = signed_headers(host, target_of(operation), body)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST / HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


def get(number: int) -> tuple:
    return "GetItem", {"TableName": TABLE, "Key": key(number)}


def put(number: int, version: int) -> tuple:
    return "PutItem", {"TableName": TABLE, "Item": item(number, version)}


def query(number: int) -> tuple:
    return "Query", {"TableName": TABLE, "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": key(number)["p"]}}


def batch(first: int, count: int) -> tuple:
    return "BatchWriteItem", {"RequestItems": {TABLE: [{"PutRequest": {"Item": item(number)}} for number in range(first, first + count)]}}


WRITTEN = 0.2  # the last items, as a share of all: those that are put. The others stay as they were first
VERSIONS = 5  # an odd number: threads that replay the same file half a file apart still change what they write


def requests(kind: str, items: int, count: int, seed: int):
    """`count` requests of a kind about random items of those there are. A put never repeats what the item was before it: a server may
    leave out a write that changes nothing."""
    rng = random.Random(seed)
    still = int(items * (1 - WRITTEN))
    if kind != "put":
        chosen = {"get": range(items), "query": range(still), "rewritten": range(still, items)}[kind]
        yield from (KINDS[kind](rng.choice(chosen)) for _ in range(count))
        return
    chosen = rng.sample(range(still, items), count // VERSIONS)
    for version in range(1, VERSIONS + 1):
        yield from (put(number, version) for number in chosen)


KINDS = {"get": get, "query": query, "rewritten": query}


def write(path: pathlib.Path, host: str, kind: str, items: int, count: int, seed: int = 1):
    with path.open("wb") as file:
        for operation, request in requests(kind, items, count, seed):
            sent = wire(host, operation, request)
            file.write(struct.pack(">I", len(sent)) + sent)
