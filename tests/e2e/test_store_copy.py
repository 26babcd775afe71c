"""`gatehouse store copy` between the embedded store and other servers of the protocol, killed on its way and resumed; and a gateway whose
store is somewhere else."""
import contextlib
import json
import os
import signal
import subprocess

import boto3
import pytest
import references
from botocore.config import Config
from botocore.exceptions import ClientError
from dynamo_client import ACCESS_KEY, SECRET_KEY, DynamoClient
from gateway import BINARY, run
from patience import PATIENCE, poll
from store_gateway import StoreGateway

KEYS = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
ITEMS = 1500
TABLE = {
    "TableName": "notes", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in (("owner", "S"), ("id", "N"), ("day", "S"))],
    "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [{"IndexName": "by_day", "Projection": {"ProjectionType": "ALL"},
                                "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}]}]}


def note(number):
    return {"owner": {"S": f"o{number % 50} \"ü\""}, "id": {"N": str(number)}, "day": {"S": f"d{number % 7}"}, "text": {"S": "x" * 8000},
            "price": {"N": f"{number}.25"}, "raw": {"B": "AAEC"}, "tags": {"SS": ["a", f"t{number}"]},
            "more": {"M": {"list": {"L": [{"NULL": True}, {"BOOL": False}]}}}}


def fill(client):
    client.expect("CreateTable", TABLE)
    poll(lambda: client.expect("DescribeTable", {"TableName": "notes"})["Table"]["TableStatus"] == "ACTIVE", "table being active")
    for begin in range(0, ITEMS, 25):
        puts = [{"PutRequest": {"Item": note(number)}} for number in range(begin, begin + 25)]
        assert not client.expect("BatchWriteItem", {"RequestItems": {"notes": puts}})["UnprocessedItems"]


def contents(client):
    """All items, with sets in order."""
    found, request = [], {"TableName": "notes", "ConsistentRead": True}
    while True:
        page = client.expect("Scan", request)
        for item in page["Items"]:
            item["tags"]["SS"].sort()
            found.append(json.dumps(item, sort_keys=True))
        if "LastEvaluatedKey" not in page:
            return sorted(found)
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


@pytest.fixture(scope="module", params=["dynoxide", "dynamodb-local"])
def reference(request):
    with references.required():
        server = references.KINDS[request.param]()
    yield server
    server.stop()


def configuration(tmp_path, folders):
    file = tmp_path / "gatehouse.yaml"
    stores = {name: {"engine": "embedded", "path": str(folder)} for name, folder in folders.items()}
    file.write_text(json.dumps({"stores": stores, "listeners": [{"address": "127.0.0.1:0"}]}))
    return str(file)


def read(file):
    with contextlib.suppress(FileNotFoundError):
        return file.read_text()
    return ""


def kill_on_the_way(command, state):
    """Starts the copy and kills it when its state file has a place to go on from."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **KEYS})
    try:
        poll(lambda: "last_key" in read(state), "place in the state file", every=0.001)
    finally:
        process.kill()
    assert process.wait(PATIENCE) == -signal.SIGKILL, "it was faster than the test"


def test_copies_there_and_back_although_it_is_killed(tmp_path, reference):
    gateway = StoreGateway(tmp_path / "old")
    with gateway.client() as client:
        fill(client)
        original = contents(client)
    gateway.stop()
    assert len(original) == ITEMS
    file = configuration(tmp_path, {"old": gateway.folder / "data", "new": tmp_path / "new/data"})
    state = tmp_path / "copy.state"
    there = ["store", "copy", "old", reference.url, "-c", file, "--resume", str(state), "--workers", "1"]  # several pages a segment

    kill_on_the_way([BINARY, *there], state)
    with DynamoClient("127.0.0.1", reference.port) as client:
        assert 0 < len(contents(client)) < ITEMS
        done = run(*there, environment=KEYS, patience=PATIENCE * 3)
        assert done.returncode == 0, done.stderr
        assert f"{ITEMS} at the source, {ITEMS} at the target" in done.stdout
        assert not state.exists()
        assert contents(client) == original
        indexes = client.expect("DescribeTable", {"TableName": "notes"})["Table"]["GlobalSecondaryIndexes"]
        assert [index["IndexName"] for index in indexes] == ["by_day"]

    back = run("store", "copy", reference.url, "new", "-c", file, "--table", "notes", environment=KEYS, patience=PATIENCE * 3)
    assert back.returncode == 0, back.stderr
    again = run("store", "copy", reference.url, "new", "-c", file, environment=KEYS)
    assert again.returncode == 1
    assert "table notes: it has items at new already" in again.stderr
    copied = StoreGateway(tmp_path / "new")
    with copied.client() as client:
        assert contents(client) == original
        page = client.expect("Query", {"TableName": "notes", "IndexName": "by_day", "Select": "COUNT", "KeyConditionExpression": "#d = :d",
                                       "ExpressionAttributeNames": {"#d": "day"}, "ExpressionAttributeValues": {":d": {"S": "d3"}}})
        assert page["Count"] > 0
    copied.stop()


@pytest.mark.parametrize("command, words", [
    (["old", "old"], "FROM and TO are the same store"),
    (["old", "none"], "there is no store 'none'"),
    (["old", "http://127.0.0.1:1"], "cannot be reached"),
    (["http://127.0.0.1:1/path", "old"], "is not a URL such as"),
])
def test_says_what_is_wrong(tmp_path, command, words):
    file = configuration(tmp_path, {"old": tmp_path / "data"})
    gateway = StoreGateway(tmp_path)
    with gateway.client() as client:
        client.expect("CreateTable", TABLE)
    gateway.stop()
    done = run("store", "copy", *command, "-c", file, environment=KEYS, patience=PATIENCE * 6)
    assert done.returncode == 1
    assert words in done.stderr


def test_names_the_process_that_has_the_store(tmp_path):
    gateway = StoreGateway(tmp_path)
    file = configuration(tmp_path, {"old": tmp_path / "data"})
    done = run("store", "copy", "old", "http://127.0.0.1:1", "-c", file, environment=KEYS)
    gateway.stop()
    assert done.returncode == 1
    assert str(gateway.pid) in done.stderr


def remote_gateway(folder, url, **settings):
    return StoreGateway(folder, {"engine": "remote", "endpoints": [url], "region": "us-east-1", "access_key": ACCESS_KEY,
                                 "secret_key": SECRET_KEY, **settings})


def boto(gateway, service="dynamodb"):
    return boto3.client(service, endpoint_url=gateway.url, region_name="us-east-1", aws_access_key_id=ACCESS_KEY,
                        aws_secret_access_key=SECRET_KEY, config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture(scope="module", params=["dynoxide", "dynamodb-local", "gateway"])
def remote_store(request, tmp_path_factory):
    """What a gateway's store may be."""
    if request.param == "gateway":
        server = StoreGateway(tmp_path_factory.mktemp("behind"))
    else:
        with references.required():
            server = references.KINDS[request.param]()
    yield server
    server.stop()


def test_a_store_elsewhere_serves_the_protocol(tmp_path, remote_store):
    gateway = remote_gateway(tmp_path, remote_store.url)
    client = boto(gateway)
    streams = boto(gateway, "dynamodbstreams")
    with contextlib.closing(client), contextlib.closing(streams):
        use_as_a_store(client, streams)
    gateway.stop()


def use_as_a_store(client, streams):
    client.create_table(**TABLE, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    client.get_waiter("table_exists").wait(TableName="notes", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    key = {"owner": {"S": "me"}, "id": {"N": "1"}}
    client.put_item(TableName="notes", Item={**key, "day": {"S": "today"}})
    assert client.get_item(TableName="notes", Key=key, ConsistentRead=True)["Item"]["day"] == {"S": "today"}
    updated = client.update_item(TableName="notes", Key=key, UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": {"N": "2"}},
                                 ReturnValues="ALL_NEW")
    assert updated["Attributes"]["n"] == {"N": "2"}
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.put_item(TableName="notes", Item=key, ConditionExpression="attribute_not_exists(#o)", ExpressionAttributeNames={"#o": "owner"})
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_item(TableName="none", Key=key)
    client.batch_write_item(RequestItems={"notes": [{"PutRequest": {"Item": note(number)}} for number in range(2, 20)]})
    client.transact_write_items(TransactItems=[{"Delete": {"TableName": "notes", "Key": key}}])
    found = client.query(TableName="notes", IndexName="by_day", KeyConditionExpression="#d = :d", ExpressionAttributeNames={"#d": "day"},
                         ExpressionAttributeValues={":d": {"S": "d3"}})
    assert {item["id"]["N"] for item in found["Items"]} == {"3", "10", "17"}
    stream = streams.list_streams(TableName="notes")["Streams"][0]
    assert stream["TableName"] == "notes"
    client.delete_table(TableName="notes")


def test_a_store_that_cannot_be_reached_is_unavailable(tmp_path):
    gateway = remote_gateway(tmp_path, "http://127.0.0.1:1", attempts=2)
    with contextlib.closing(boto(gateway)) as client, pytest.raises(ClientError) as raised:
        client.get_item(TableName="notes", Key={"id": {"S": "1"}})
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    gateway.stop()
