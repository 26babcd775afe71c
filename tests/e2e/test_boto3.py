"""boto3 with nothing changed but the endpoint: the first hour of a user, and a machine that loses its gateway."""
import decimal

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError
from dynamo_client import ACCESS_KEY, SECRET_KEY
from store_gateway import StoreGateway


@pytest.fixture
def store(tmp_path):
    store = StoreGateway(tmp_path)
    yield store
    store.stop()


@pytest.fixture
def resource(store):
    resource = boto3.resource("dynamodb", endpoint_url=store.url, region_name="us-east-1", aws_access_key_id=ACCESS_KEY,
                              aws_secret_access_key=SECRET_KEY, config=Config(retries={"total_max_attempts": 2}))
    yield resource
    resource.meta.client.close()


def make_notes(resource):
    table = resource.create_table(
        TableName="notes", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "owner", "AttributeType": "S"}, {"AttributeName": "number", "AttributeType": "N"}])
    table.wait_until_exists()
    return table


def test_items_from_their_beginning_to_their_end(resource):
    table = make_notes(resource)
    key = {"owner": "ann", "number": 7}
    item = {**key, "title": "first", "price": decimal.Decimal("12.340000000000000000000000000000000001"), "tags": {"a", "b"},
            "pages": [1, None, True, {"deep": b"\x00\xff"}]}
    table.put_item(Item=item)
    assert table.get_item(Key=key)["Item"] == {**item, "pages": [1, None, True, {"deep": boto3.dynamodb.types.Binary(b"\x00\xff")}]}

    updated = table.update_item(Key=key, UpdateExpression="SET title = :t, seen = if_not_exists(seen, :zero) + :one REMOVE pages",
                                ExpressionAttributeValues={":t": "second", ":zero": 0, ":one": 1}, ReturnValues="ALL_NEW")["Attributes"]
    assert (updated["title"], updated["seen"], "pages" in updated) == ("second", 1, False)

    assert table.delete_item(Key=key, ReturnValues="ALL_OLD")["Attributes"]["title"] == "second"
    assert "Item" not in table.get_item(Key=key)


def test_queries_in_pages(resource):
    table = make_notes(resource)
    with table.batch_writer() as batch:
        for number in range(120):
            batch.put_item(Item={"owner": "ann" if number % 2 else "bob", "number": number, "even": number % 4 == 0})

    found, pages, start = [], 0, {}
    while True:
        page = table.query(KeyConditionExpression=Key("owner").eq("bob") & Key("number").gte(10), FilterExpression=Attr("even").eq(True),
                           ScanIndexForward=False, Limit=7, **start)
        found += [int(item["number"]) for item in page["Items"]]
        pages += 1
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert found == [number for number in range(118, 9, -1) if number % 4 == 0]
    assert pages >= 55 // 7

    scanned = [item for page in table.meta.client.get_paginator("scan").paginate(TableName="notes", PaginationConfig={"PageSize": 13})
               for item in page["Items"]]
    assert len(scanned) == 120


def test_conditions_that_do_not_hold(resource):
    table = make_notes(resource)
    key = {"owner": "ann", "number": 1}
    table.put_item(Item={**key, "version": 1}, ConditionExpression=Attr("owner").not_exists())
    with pytest.raises(table.meta.client.exceptions.ConditionalCheckFailedException) as refused:
        table.put_item(Item={**key, "version": 2}, ConditionExpression=Attr("owner").not_exists())
    assert refused.value.response["Error"]["Message"] == "The conditional request failed"
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        table.update_item(Key=key, UpdateExpression="SET version = :n", ConditionExpression="version = :o",
                          ExpressionAttributeValues={":n": 3, ":o": 2})
    assert table.get_item(Key=key)["Item"]["version"] == 1


def test_what_was_acknowledged_survives_kill_9(store, resource):
    table = make_notes(resource)
    for number in range(50):
        table.put_item(Item={"owner": "ann", "number": number})
    table.delete_item(Key={"owner": "ann", "number": 7})
    store.kill()
    store.start()

    items = table.query(KeyConditionExpression=Key("owner").eq("ann"), ConsistentRead=True)["Items"]
    assert [int(item["number"]) for item in items] == [number for number in range(50) if number != 7]
    table.put_item(Item={"owner": "ann", "number": 7})
