"""DynamoDB's protocol on its listener and behind a route, byte by byte: what SDKs check, and what attackers try."""
import datetime
import gzip
import json
import string
import zlib

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from dynamo_client import CONTENT_TYPE, signed_headers
from gateway import run
from raw_client import RawClient, request

TARGET = "DynamoDB_20120810."
KEYS = [
    {"id": "root", "secret": "root-secret"},
    {"id": "reader", "secret": "reader-secret", "allow": ["GetItem", "dynamodb:Query", "BatchGetItem"], "tables": ["notes", "public-*"]},
    {"id": "ann", "secret": "ann-secret", "tables": ["notes"], "leading_keys": ["ann"]},
    {"id": "guest", "secret": "guest-secret", "session_token": "temporary"},
]
SECRETS = {key["id"]: key["secret"] for key in KEYS}
STORES = {"main": {"engine": "memory"}}


class Endpoint:
    """One listener for SDK clients."""

    def __init__(self, gateway, index, key="root"):
        self.address = gateway.addresses[index]
        self.host = "%s:%d" % self.address
        self.key = key

    def send(self, fields, body, method="POST", target="/"):
        with RawClient(self.address) as client:
            return client.exchange(method, target, fields=fields, body=body, host=self.host)

    def fields(self, operation, body, key=None, **how):
        key = key or self.key
        fields = signed_headers(self.host, TARGET + operation, body, access_key=key, secret=how.pop("secret", SECRETS[key]), **how)
        return {name: value for name, value in fields.items() if name.lower() not in ("host", "content-length")}

    def call(self, operation, body, key=None, more=(), **how):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send([*self.fields(operation, body, key, **how).items(), *more], body)


def fault(answer):
    return answer.json()["__type"].rpartition("#")[2]


def message(answer):
    return answer.json().get("message", answer.json().get("Message", ""))


def check_fields(answer, sent=None):
    """What every answer carries."""
    assert int(answer.fields["x-amz-crc32"]) == zlib.crc32(answer.body if sent is None else sent)
    request_id = answer.fields["x-amzn-requestid"]
    assert len(request_id) == 52 and set(request_id) <= set(string.ascii_uppercase + string.digits)
    return answer


def make_table(endpoint, name):
    made = endpoint.call("CreateTable", {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
        "AttributeDefinitions": [{"AttributeName": "owner", "AttributeType": "S"}, {"AttributeName": "id", "AttributeType": "S"}]})
    assert made.status == 200, made.body


def item(owner, number, **more):
    return {"owner": {"S": owner}, "id": {"S": str(number)}, **more}


@pytest.fixture(scope="module")
def signed(shared_rig):
    gateway = shared_rig.gateway({"stores": STORES, "dynamodb": {"address": "127.0.0.1:0", "access_keys": KEYS}})
    endpoint = Endpoint(gateway, 1)
    for name in ("notes", "secret", "public-one"):
        make_table(endpoint, name)
    for owner in ("ann", "bob"):
        for number in range(3):
            assert endpoint.call("PutItem", {"TableName": "notes", "Item": item(owner, number)}).status == 200
    return endpoint


@pytest.fixture(scope="module")
def unsigned(shared_rig):
    gateway = shared_rig.gateway({"stores": STORES, "dynamodb": {"address": "127.0.0.1:0"}})
    return Endpoint(gateway, 1)


# ---- The protocol


def plain(operation, content_type=CONTENT_TYPE, more=()):
    return [("X-Amz-Target", TARGET + operation), ("Content-Type", content_type), *more]


def test_answers_carry_what_sdks_check(unsigned):
    answer = check_fields(unsigned.send(plain("ListTables"), b"{}"))
    assert answer.status == 200
    assert answer.fields["content-type"] == "application/x-amz-json-1.0"
    assert "TableNames" in answer.json()
    refused = check_fields(unsigned.send(plain("DescribeTable"), b'{"TableName":"absent"}'))
    assert (refused.status, fault(refused)) == (400, "ResourceNotFoundException")


def test_is_healthy_on_get(unsigned):
    answer = check_fields(unsigned.send([], None, method="GET"))
    assert (answer.status, answer.body) == (200, b"healthy: dynamodb.127.0.0.1 ")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "", "application/x-amz-json-1.1"])
def test_other_types_of_content_are_not_the_protocol(unsigned, content_type):
    answer = check_fields(unsigned.send(plain("ListTables", content_type), b"{}"))
    assert (answer.status, fault(answer)) == (404, "UnknownOperationException")


@pytest.mark.parametrize("target", ["", "ListTables", "DynamoDB_20120810.Nothing", "DynamoDB_20111205.ListTables"])
def test_unknown_operations(unsigned, target):
    answer = check_fields(unsigned.send([("X-Amz-Target", target), ("Content-Type", CONTENT_TYPE)], b"{}"))
    assert (answer.status, fault(answer)) == (400, "UnknownOperationException")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods(unsigned, method):
    answer = unsigned.send(plain("ListTables"), b"{}", method=method)
    assert (answer.status, fault(answer)) == (404, "UnknownOperationException")


DEEP = 200_000


@pytest.mark.parametrize("body", [
    b"", b"null", b"[]", b"5", b'"x"', b"{", b'{"TableName":', b'{"TableName":"notes"', b'{"TableName":"notes"}x', b'{"TableName":NaN}',
    b'{"TableName":"a\xff"}', b'{"TableName":"notes","TableName":"other"}', b'{"TableName":5}', b"{]",
    b"[" * DEEP, b'{"a":' * DEEP, b'{"Key":{"a":' + b'{"L":[' * DEEP,
    b'{"TableName":"notes","Key":{"a":' + b'{"L":[' * DEEP + b'{"S":"x"}' + b"]}" * DEEP + b"}}",
], ids=lambda body: body[:24].decode("latin-1"))
def test_malformed_bodies_are_refused_and_the_process_lives(unsigned, body):
    answer = check_fields(unsigned.send(plain("GetItem"), body))
    assert (answer.status, fault(answer)) == (400, "SerializationException")
    assert unsigned.send(plain("ListTables"), b"{}").status == 200


def test_bodies_beyond_16_mb_are_too_large(unsigned):
    fields = [*plain("GetItem"), ("Content-Length", str(16 * 1024 * 1024 + 1))]
    with RawClient(unsigned.address) as client:
        client.send(request("POST", "/", fields=fields, host=unsigned.host))
        answer = client.read_response("POST")
    assert (answer.status, fault(answer)) == (413, "RequestEntityTooLargeException")


def test_a_body_of_16_mb_is_read(unsigned):
    body = b'{"TableName":"absent","Key":{"k":{"S":"' + b"x" * (16 * 1024 * 1024 - 100) + b'"}}}'
    answer = unsigned.send(plain("GetItem"), body)
    assert answer.status == 400
    assert fault(answer) in ("ValidationException", "ResourceNotFoundException")


# ---- Compression


@pytest.mark.parametrize("coding, pack", [
    ("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", lambda data: zlib.compress(data)[2:-4])],
    ids=["gzip", "deflate", "raw deflate"])
def test_compressed_requests(unsigned, coding, pack):
    body = json.dumps({"TableName": "absent", "Key": {"k": {"S": "x" * 5000}}}).encode()
    answer = check_fields(unsigned.send(plain("GetItem", more=[("Content-Encoding", coding)]), pack(body)))
    assert fault(answer) in ("ValidationException", "ResourceNotFoundException")


@pytest.mark.parametrize("body", [b"{}", gzip.compress(b"{}" * 500, mtime=0)[:-1], b""], ids=["plain", "cut", "empty"])
def test_what_is_not_compressed_as_it_says(unsigned, body):
    answer = check_fields(unsigned.send(plain("ListTables", more=[("Content-Encoding", "gzip")]), body))
    assert (answer.status, fault(answer)) == (400, "SerializationException")


def test_unknown_codings(unsigned):
    assert unsigned.send(plain("ListTables", more=[("Content-Encoding", "br")]), b"{}").status == 415


def test_a_bomb_is_too_large(unsigned):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(512)) + packer.flush()
    answer = check_fields(unsigned.send(plain("PutItem", more=[("Content-Encoding", "gzip")]), bomb))
    assert (answer.status, fault(answer)) == (413, "RequestEntityTooLargeException")


def test_large_answers_are_compressed_for_who_asks(signed):
    make_table(signed, "public-large")
    for number in range(20):
        put = signed.call("PutItem", {"TableName": "public-large", "Item": item("x", number, text={"S": "y" * 1000})})
        assert put.status == 200
    scan = {"TableName": "public-large"}
    whole = check_fields(signed.call("Scan", scan))
    assert whole.fields.get("content-encoding") is None
    packed = signed.call("Scan", scan, more=[("Accept-Encoding", "gzip")])
    assert packed.fields["content-encoding"] == "gzip"
    check_fields(packed)  # of the bytes as sent
    assert json.loads(gzip.decompress(packed.body)) == whole.json()
    assert len(packed.body) < len(whole.body) / 5
    assert signed.call("ListTables", {}, more=[("Accept-Encoding", "gzip")]).fields.get("content-encoding") is None


# ---- Who may come without a signature


def test_without_keys_other_names_than_this_machines_are_refused(unsigned):
    with RawClient(unsigned.address) as client:
        answer = client.exchange("POST", "/", fields=plain("ListTables"), body=b"{}", host="rebound.example.com")
    assert (answer.status, fault(answer)) == (400, "AccessDeniedException")


def preflight(endpoint, origin):
    return endpoint.send([("Origin", origin), ("Access-Control-Request-Method", "POST"),
                          ("Access-Control-Request-Headers", "content-type,x-amz-target")], None, method="OPTIONS")


def test_browsers_may_call_where_a_signature_is_asked_for(signed):
    answer = preflight(signed, "https://app.example.com")
    assert answer.status == 204
    assert answer.fields["access-control-allow-origin"] == "*"
    called = signed.call("ListTables", {}, more=[("Origin", "https://app.example.com")])
    assert called.fields["access-control-allow-origin"] == "*"


def test_without_keys_only_pages_of_this_machine_may_call(unsigned):
    assert preflight(unsigned, "https://app.example.com").status == 403
    assert preflight(unsigned, "http://localhost:3000").status == 204


def test_open_to_the_network_without_keys_is_a_problem(tmp_path):
    (tmp_path / "open.yaml").write_text("listeners: [{address: 127.0.0.1:0}]\ndynamodb: {address: 0.0.0.0:8000}\n")
    done = run("check", str(tmp_path / "open.yaml"))
    assert done.returncode == 1
    assert "open.yaml:2:21: dynamodb.address: without access keys everybody who reaches 0.0.0.0:8000" in done.stderr


# ---- Signatures


def test_signed_requests_are_served(signed):
    answer = check_fields(signed.call("GetItem", {"TableName": "notes", "Key": item("ann", 1)}))
    assert answer.json() == {"Item": item("ann", 1)}


def test_the_access_log_says_who_signed(shared_rig, signed):
    signed.call("ListTables", {})
    gateway = next(gateway for gateway in shared_rig.gateways if signed.address in gateway.addresses)
    assert gateway.wait_access(api="dynamodb", reason="ok", key="root")


def test_unsigned_requests_are_refused(signed):
    answer = check_fields(signed.send(plain("ListTables"), b"{}"))
    assert (answer.status, fault(answer)) == (400, "MissingAuthenticationTokenException")
    assert message(answer) == "Request is missing Authentication Token"


def test_unknown_keys(signed):
    body = b"{}"
    fields = signed_headers(signed.host, TARGET + "ListTables", body, access_key="nobody", secret="x")
    answer = signed.send([(n, v) for n, v in fields.items() if n.lower() not in ("host", "content-length")], body)
    assert (answer.status, fault(answer)) == (400, "UnrecognizedClientException")
    assert message(answer) == "The security token included in the request is invalid."


def test_wrong_secrets(signed):
    answer = signed.call("ListTables", {}, secret="root-secreT")
    assert (answer.status, fault(answer)) == (400, "InvalidSignatureException")


def test_changed_requests(signed):
    body = json.dumps({"TableName": "notes", "Key": item("ann", 1)}).encode()
    fields = signed.fields("GetItem", body)
    attacks = [
        (fields, body.replace(b"ann", b"bob")),
        ({**fields, next(n for n in fields if n.lower() == "x-amz-target"): TARGET + "DeleteItem"}, body),
        ({**fields, "X-Amz-Security-Token": "added"}, body),
        ({**fields, "X-Amz-Other": "added"}, body),
    ]
    for changed, sent in attacks:
        answer = signed.send([*changed.items()], sent)
        assert fault(answer) in ("InvalidSignatureException", "UnrecognizedClientException"), answer.body
    assert signed.send([*fields.items()], body).status == 200


@pytest.mark.parametrize("minutes", [-16, 16])
def test_old_and_future_signatures(signed, minutes):
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    answer = signed.call("ListTables", {}, now=now)
    assert fault(answer) == "InvalidSignatureException"
    assert message(answer).startswith("Signature expired: " if minutes < 0 else "Signature not yet current: ")
    near = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes * 7 / 8)
    assert signed.call("ListTables", {}, now=near).status == 200


def test_incomplete_signatures(signed):
    answer = signed.send([*plain("ListTables"), ("Authorization", "AWS4-HMAC-SHA256 Credential=root/x")], b"{}")
    assert fault(answer) == "IncompleteSignatureException"


def test_session_tokens(signed):
    assert fault(signed.call("ListTables", {}, key="guest")) == "UnrecognizedClientException"


def test_presigned_requests(signed):
    made = AWSRequest(method="POST", url=f"http://{signed.host}/", headers={"Host": signed.host, "X-Amz-Target": TARGET + "ListTables"})
    credentials = Credentials("guest", SECRETS["guest"], "temporary")
    SigV4QueryAuth(credentials, "dynamodb", "us-east-1", expires=60).add_auth(made)
    target = made.url.removeprefix(f"http://{signed.host}")
    # A presigned DynamoDB request has no body of its own; the service wants one all the same.
    answer = signed.send(plain("ListTables"), b"", target=target)
    assert fault(answer) == "SerializationException"
    assert fault(signed.send(plain("ListTables"), b"{}", target=target)) == "InvalidSignatureException"
    assert fault(signed.send(plain("DeleteTable"), b"", target=target)) == "InvalidSignatureException"


# ---- Policies


def denied(answer):
    return answer.status == 400 and fault(answer) == "AccessDeniedException"


def test_what_a_policy_allows(signed):
    assert signed.call("GetItem", {"TableName": "notes", "Key": item("bob", 1)}, key="reader").status == 200
    keys = {"public-one": {"Keys": [item("x", 1)]}, "notes": {"Keys": [item("bob", 1)]}}
    assert signed.call("BatchGetItem", {"RequestItems": keys}, key="reader").status == 200


@pytest.mark.parametrize("operation, body", [
    ("PutItem", {"TableName": "notes", "Item": item("x", 1)}),
    ("GetItem", {"TableName": "secret", "Key": item("x", 1)}),
    ("GetItem", {"TableName": "arn:aws:dynamodb:us-east-1:000000000000:table/secret", "Key": item("x", 1)}),
    ("BatchGetItem", {"RequestItems": {"notes": {"Keys": [item("x", 1)]}, "secret": {"Keys": [item("x", 1)]}}}),
    ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "secret", "Key": item("x", 1)}}]}),
    ("ExecuteStatement", {"Statement": "SELECT * FROM \"notes\" WHERE owner = 'x'"}),
    ("ListTables", {}),
    ("DeleteTable", {"TableName": "notes"}),
], ids=lambda value: value if isinstance(value, str) else "")
def test_what_a_policy_does_not_allow(signed, operation, body):
    answer = signed.call(operation, body, key="reader")
    assert denied(answer), answer.body
    assert message(answer).startswith("User: arn:aws:iam::000000000000:user/reader is not authorized to perform: dynamodb:")


def query(owner):
    return {"TableName": "notes", "KeyConditionExpression": "#o = :o", "ExpressionAttributeNames": {"#o": "owner"},
            "ExpressionAttributeValues": {":o": {"S": owner}}}


def test_leading_keys_keep_partitions_apart(signed):
    assert signed.call("Query", query("ann"), key="ann").json()["Count"] == 3
    assert denied(signed.call("Query", query("bob"), key="ann"))
    assert signed.call("PutItem", {"TableName": "notes", "Item": item("ann", 1)}, key="ann").status == 200
    assert denied(signed.call("PutItem", {"TableName": "notes", "Item": item("bob", 1)}, key="ann"))
    both = {"RequestItems": {"notes": {"Keys": [item("ann", 1), item("bob", 1)]}}}
    assert denied(signed.call("BatchGetItem", both, key="ann"))


@pytest.mark.parametrize("operation, body", [
    ("Scan", {"TableName": "notes"}),
    ("ExecuteStatement", {"Statement": "SELECT * FROM \"notes\" WHERE owner = 'ann'"}),
    ("DeleteTable", {"TableName": "notes"}),
], ids=lambda value: value if isinstance(value, str) else "")
def test_leading_keys_refuse_what_cannot_be_decided(signed, operation, body):
    assert denied(signed.call(operation, body, key="ann"))


# ---- Behind a route, and across reloads


def test_behind_a_route(rig):
    route = {"match": "POST /db", "dynamodb": {"store": "main"}, "auth": ["partners"]}
    gateway = rig.gateway({"stores": STORES, "authorizers": {"partners": {"api_key": {"keys": [{"id": "p", "key": "k"}]}}},
                           "apis": [{"name": "tables", "routes": [route]}]})
    fields = plain("ListTables")
    assert gateway.exchange("POST", "/db", fields=fields, body=b"{}").status == 401
    answer = check_fields(gateway.exchange("POST", "/db", fields=[*fields, ("X-Api-Key", "k")], body=b"{}"))
    assert (answer.status, answer.json()) == (200, {"TableNames": []})


def test_a_reload_keeps_the_store_and_takes_new_keys(rig):
    config = {"stores": {"main": {"path": str(rig.folder / "data")}}, "dynamodb": {"address": "127.0.0.1:0", "access_keys": KEYS[:1]}}
    gateway = rig.gateway(config)
    endpoint = Endpoint(gateway, 1)
    make_table(endpoint, "kept")
    gateway.reload({**config, "dynamodb": {"address": "127.0.0.1:0", "access_keys": KEYS}})
    assert endpoint.call("ListTables", {}).json() == {"TableNames": ["kept"]}
    assert denied(endpoint.call("ListTables", {}, key="reader"))
    assert "store closed" not in gateway.log.text()
    gateway.reload({})
    gateway.wait_log("store closed")


def test_tables_of_the_configuration_are_made_and_compared(rig, tmp_path):
    config = {"stores": {"main": {"path": str(rig.folder / "data")}}, "dynamodb": {"address": "127.0.0.1:0"},
              "tables": {"notes": {"key": {"owner": "S", "id": "S"}, "indexes": {"by_date": {"key": {"owner": "S", "created": "S"}}},
                                   "ttl": "expires", "stream": "new_and_old_images"}}}
    gateway = rig.gateway(config)
    answer = Endpoint(gateway, 1).send(plain("DescribeTable"), b'{"TableName":"notes"}')
    table = answer.json()["Table"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["owner", "id"]
    assert table["GlobalSecondaryIndexes"][0]["IndexName"] == "by_date"
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    gateway.stop()

    same = run("check", "--store", str(gateway.file))
    assert (same.returncode, same.stderr) == (0, "")
    changed = tmp_path / "changed.yaml"
    changed.write_text(gateway.file.read_text().replace('"id": "S"', '"id": "N"'))
    differs = run("check", "--store", str(changed))
    assert differs.returncode == 1
    assert "notes" in differs.stderr
    assert run("check", str(changed)).returncode == 0


def test_two_processes_cannot_share_a_store(rig, tmp_path):
    config = {"stores": {"main": {"path": str(rig.folder / "data")}}, "dynamodb": {"address": "127.0.0.1:0"}}
    gateway = rig.gateway(config)
    text = gateway.file.read_text()
    second = tmp_path / "second.yaml"
    second.write_text(text)
    done = run("run", str(second))
    assert done.returncode == 1
    assert "store 'main'" in done.stderr and str(gateway.pid) in done.stderr
