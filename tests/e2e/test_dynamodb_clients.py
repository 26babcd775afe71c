"""Clients that no one here wrote talk to the store as to the service, with nothing changed but the endpoint: boto3's helpers, the AWS SDK
for JavaScript v3, PynamoDB, and requests as the AWS command line writes them."""
import decimal
import json
import os
import pathlib

import boto3
import pytest
import references
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError
from dynamo_client import ACCESS_KEY, SECRET_KEY
from servers import run
from store_gateway import StoreGateway

HERE = pathlib.Path(__file__).parent / "clients"
SDK_PATIENCE = 120


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = StoreGateway(tmp_path_factory.mktemp("clients"))
    yield store
    store.stop()


def boto(kind, store, service="dynamodb"):
    return getattr(boto3, kind)(service, endpoint_url=store.url, region_name="us-east-1", aws_access_key_id=ACCESS_KEY,
                                aws_secret_access_key=SECRET_KEY, config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture(scope="module")
def resource(store):
    resource = boto("resource", store)
    yield resource
    resource.meta.client.close()


@pytest.fixture(scope="module")
def books(resource):
    """A table with an index and a stream, and 100 books in it."""
    table = resource.create_table(
        TableName="books", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "author", "AttributeType": "S"}, {"AttributeName": "year", "AttributeType": "N"},
                              {"AttributeName": "shelf", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "author", "KeyType": "HASH"}, {"AttributeName": "year", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{"IndexName": "by_shelf", "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]},
                                 "KeySchema": [{"AttributeName": "shelf", "KeyType": "HASH"}, {"AttributeName": "year", "KeyType": "RANGE"}]}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    table.wait_until_exists()
    with table.batch_writer(overwrite_by_pkeys=["author", "year"]) as batch:
        batch.put_item(Item={"author": "a0", "year": 1900, "title": "to be overwritten in the same batch"})
        for number in range(100):
            batch.put_item(Item={"author": f"a{number % 4}", "year": 1900 + number, "title": f"t{number}", "shelf": f"s{number % 3}",
                                 "price": decimal.Decimal("12.50"), "tags": {"x", f"y{number % 2}"}, "data": {"pages": [number, None, True]}})
        batch.delete_item(Key={"author": "a3", "year": 1999})
    table.reload()
    return table


def test_resource_tables_and_batch_writer(books):
    assert books.table_status == "ACTIVE"
    assert books.get_item(Key={"author": "a0", "year": 1900})["Item"]["title"] == "t0"
    assert "Item" not in books.get_item(Key={"author": "a3", "year": 1999})
    item = books.get_item(Key={"author": "a1", "year": 1901}, ConsistentRead=True)["Item"]
    assert item == {"author": "a1", "year": 1901, "title": "t1", "shelf": "s1", "price": decimal.Decimal("12.5"), "tags": {"x", "y1"},
                    "data": {"pages": [1, None, True]}}


def test_resource_conditions_become_expressions(books):
    found = books.query(KeyConditionExpression=Key("author").eq("a2") & Key("year").between(1910, 1940),
                        FilterExpression=Attr("tags").contains("y0") & ~Attr("title").begins_with("t2") & Attr("data.pages[0]").gt(9)
                        & Attr("price").is_in([decimal.Decimal("12.5"), 3]) & Attr("missing").not_exists() & Attr("title").size().eq(3),
                        ProjectionExpression="#y", ExpressionAttributeNames={"#y": "year"})
    assert [item["year"] for item in found["Items"]] == [1910, 1914, 1918, 1930, 1934, 1938]
    with pytest.raises(ClientError) as refused:
        books.put_item(Item={"author": "a0", "year": 1900}, ConditionExpression=Attr("author").not_exists())
    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_updates_return_what_was_asked(books):
    key = {"author": "new", "year": 1}
    old = books.update_item(Key=key, UpdateExpression="SET n = if_not_exists(n, :z) + :one, l = list_append(if_not_exists(l, :e), :v)",
                            ExpressionAttributeValues={":z": 0, ":one": 1, ":e": [], ":v": ["x"]}, ReturnValues="UPDATED_NEW")
    assert old["Attributes"] == {"n": 1, "l": ["x"]}
    assert books.delete_item(Key=key, ReturnValues="ALL_OLD")["Attributes"] == {**key, "n": 1, "l": ["x"]}


def test_paginators_reach_every_item_once(store, books):
    client = boto("client", store)
    pages = client.get_paginator("scan").paginate(TableName="books", PaginationConfig={"PageSize": 7})
    keys = [(item["author"]["S"], item["year"]["N"]) for page in pages for item in page["Items"]]
    assert len(keys) == len(set(keys)) == 99
    pages = client.get_paginator("query").paginate(TableName="books", IndexName="by_shelf", KeyConditionExpression="shelf = :s",
                                                   ExpressionAttributeValues={":s": {"S": "s1"}}, PaginationConfig={"PageSize": 4})
    items = [item for page in pages for item in page["Items"]]
    assert [int(item["year"]["N"]) for item in items] == list(range(1901, 1999, 3))
    assert set(items[0]) == {"author", "year", "shelf", "title"}
    names = [name for page in client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 1}) for name in page["TableNames"]]
    assert "books" in names
    client.close()


def test_transactions_are_cancelled_as_a_whole_with_reasons_in_order(store, books):
    client = boto("client", store)
    put = lambda year, **more: {"Put": {"TableName": "books", "Item": {"author": {"S": "tx"}, "year": {"N": str(year)}}, **more}}
    client.transact_write_items(TransactItems=[put(1), put(2)], ClientRequestToken="once")
    client.transact_write_items(TransactItems=[put(1), put(2)], ClientRequestToken="once")
    with pytest.raises(client.exceptions.IdempotentParameterMismatchException):
        client.transact_write_items(TransactItems=[put(3)], ClientRequestToken="once")
    with pytest.raises(client.exceptions.TransactionCanceledException) as cancelled:
        client.transact_write_items(TransactItems=[
            put(4), put(1, ConditionExpression="attribute_not_exists(author)", ReturnValuesOnConditionCheckFailure="ALL_OLD")])
    none, failed = cancelled.value.response["CancellationReasons"]
    assert none == {"Code": "None"}
    assert failed["Code"] == "ConditionalCheckFailed"
    assert failed["Item"] == {"author": {"S": "tx"}, "year": {"N": "1"}}
    got = client.transact_get_items(TransactItems=[{"Get": {"TableName": "books", "Key": {"author": {"S": "tx"}, "year": {"N": year}}}}
                                                   for year in ("1", "4")])
    assert got["Responses"] == [{"Item": {"author": {"S": "tx"}, "year": {"N": "1"}}}, {}]
    client.close()


def test_waiters_and_limits_of_tables(store):
    client = boto("client", store)
    client.create_table(TableName="short-lived", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "B"}], Tags=[{"Key": "team", "Value": "a"}])
    client.get_waiter("table_exists").wait(TableName="short-lived", WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    arn = client.describe_table(TableName="short-lived")["Table"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "more", "Value": "b"}])
    client.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "more", "Value": "b"}]
    assert client.describe_limits()["TableMaxReadCapacityUnits"] > 0
    client.put_item(TableName=arn, Item={"k": {"B": b"\x00\xff"}})  # a table may be named by its ARN
    assert client.get_item(TableName="short-lived", Key={"k": {"B": b"\x00\xff"}})["Item"] == {"k": {"B": b"\x00\xff"}}
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.create_table(TableName="short-lived", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "B"}])
    client.delete_table(TableName="short-lived")
    client.get_waiter("table_not_exists").wait(TableName="short-lived", WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_table(TableName="short-lived")
    client.close()


def test_streams_client_reads_every_change_in_order(store, books):
    streams = boto("client", store, "dynamodbstreams")
    (stream,) = streams.list_streams(TableName="books")["Streams"]
    assert stream["StreamArn"] == books.latest_stream_arn
    for number in range(5):
        books.put_item(Item={"author": "stream", "year": 1, "n": number})
    books.delete_item(Key={"author": "stream", "year": 1})
    records = []
    for shard in streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        records += read_shard(streams, iterator["ShardIterator"])
    mine = [record for record in records if record["dynamodb"]["Keys"]["author"] == {"S": "stream"}]
    assert [record["eventName"] for record in mine] == ["INSERT"] + ["MODIFY"] * 4 + ["REMOVE"]
    assert [record["dynamodb"]["NewImage"]["n"] for record in mine[:5]] == [{"N": str(number)} for number in range(5)]
    assert "OldImage" not in mine[1]["dynamodb"]
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in mine]
    assert numbers == sorted(set(numbers))
    streams.close()


def read_shard(streams, iterator):
    """Until two pages in a row are empty: an open shard never ends."""
    records, empty = [], 0
    while iterator and empty < 2:
        page = streams.get_records(ShardIterator=iterator, Limit=50)
        records += page["Records"]
        empty = 0 if page["Records"] else empty + 1
        iterator = page.get("NextShardIterator")
    return records


def test_a_wrong_secret_is_refused(store):
    client = boto3.client("dynamodb", endpoint_url=store.url, region_name="us-east-1", aws_access_key_id=ACCESS_KEY,
                          aws_secret_access_key="not the secret", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError) as refused:
        client.list_tables()
    assert refused.value.response["Error"]["Code"] == "InvalidSignatureException"
    client.close()


def test_requests_as_the_command_line_writes_them(store, books):
    """The CLI sends what is in its JSON files unchanged, members it does not need included, and prints the answer's JSON."""
    skeleton = {"TableName": "books", "IndexName": "by_shelf", "Select": "SPECIFIC_ATTRIBUTES", "Limit": 2, "ConsistentRead": False,
                "ScanIndexForward": True, "ReturnConsumedCapacity": "TOTAL", "ProjectionExpression": "#t",
                "KeyConditionExpression": "#s = :s AND #y > :y", "ExpressionAttributeNames": {"#t": "title", "#s": "shelf", "#y": "year"},
                "ExpressionAttributeValues": {":s": {"S": "s2"}, ":y": {"N": "1950"}}}
    with store.client() as client:
        answer = client.call("Query", json.dumps(skeleton, indent=4).encode())
    assert answer.status == 200, answer.body
    assert answer.json["Items"] == [{"title": {"S": "t53"}}, {"title": {"S": "t56"}}]
    assert answer.json["Count"] == answer.json["ScannedCount"] == 2
    assert answer.json["LastEvaluatedKey"] == {"shelf": {"S": "s2"}, "year": {"N": "1956"}, "author": {"S": "a0"}}
    assert answer.json["ConsumedCapacity"] == {"TableName": "books", "CapacityUnits": "0.5"}
    assert answer.headers["content-type"] == "application/x-amz-json-1.0"


def test_sdk_for_javascript(store):
    with references.required():
        modules = references.node_modules("sdk", references.SDK_PACKAGES)
    done = run("node", HERE / "sdk_v3.mjs", store.url, ACCESS_KEY, SECRET_KEY, patience=SDK_PATIENCE,
               env={**os.environ, "NODE_MODULES": str(modules), "AWS_EC2_METADATA_DISABLED": "true"})
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().splitlines()[-1] == "done"


def test_pynamodb(store):
    with references.required():
        python = references.python_with()
    done = run(str(python), HERE / "pynamodb_example.py", store.url, ACCESS_KEY, SECRET_KEY, patience=SDK_PATIENCE)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().splitlines()[-1] == "done"
