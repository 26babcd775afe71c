"""@connections as unchanged AWS SDKs call it, with nothing but the endpoint set; groups and lists beyond Amazon's; and the same on the admin
listener without a signature."""
import datetime
import json
import pathlib

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import pytest
import references
from botocore.config import Config
from patience import poll
from servers import run
from socket_client import Socket

HERE = pathlib.Path(__file__).parent / "clients"
PACKAGES = {"@aws-sdk/client-apigatewaymanagementapi": "3"}
KEY, SECRET = "ci", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def configuration(workers, **further):
    return {
        "workers": workers, **further,
        "authorizers": {"machines": {"sigv4": {"body": "256KB", "access_keys": [
            {"id": KEY, "secret": "${CI_SECRET}"}, {"id": "reader", "secret": "${CI_SECRET}", "allow": ["GET /ws/*"]}]}}},
        "apis": [{"name": "chat", "type": "websocket", "base_path": "/ws", "management": {"auth": ["machines"]},
                  "routes": [{"match": "$default", "mock": {"body": "?"}, "reply": True}]}]}


@pytest.fixture(scope="module", params=[1, 3], ids=["one worker", "three workers"])
def gateway(shared_rig, request):
    return shared_rig.gateway(configuration(request.param), environment={"CI_SECRET": SECRET})


def client(gateway, key=KEY, secret=SECRET):
    return boto3.client("apigatewaymanagementapi", endpoint_url=f"{gateway.url}/ws", region_name="us-east-1", aws_access_key_id=key,
                        aws_secret_access_key=secret, config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture
def api(gateway):
    made = client(gateway)
    yield made
    made.close()


def admin(gateway, target, method="GET", **how):
    return gateway.ask_admin("/apis/chat" + target, method, **how)


def listed(gateway, target="/@connections"):
    """The ids of all pages."""
    ids, following = [], ""
    while True:
        page = admin(gateway, f"{target}?limit=7{following}").json()
        ids += [one["connectionId"] for one in page["connections"]]
        if "next" not in page:
            return ids
        following = f"&next={page['next']}"


def connect(gateway, agent="tester/1"):
    """A socket and its id."""
    before = set(listed(gateway))
    socket = Socket(gateway, fields=[("User-Agent", agent)])
    [name] = poll(lambda: set(listed(gateway)) - before, "the connection in the list")
    return socket, name


def code(error):
    return error.value.response["Error"]["Code"], error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_boto3_posts_describes_and_closes(gateway, api):
    socket, name = connect(gateway)
    api.post_to_connection(ConnectionId=name, Data="hello \u20ac")
    api.post_to_connection(ConnectionId=name, Data=b"bytes")
    assert (socket.receive(), socket.receive()) == ("hello \u20ac", "bytes")
    seen = api.get_connection(ConnectionId=name)
    assert seen["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "tester/1"}
    age = datetime.datetime.now(datetime.timezone.utc) - seen["ConnectedAt"]
    assert datetime.timedelta(0) <= age < datetime.timedelta(minutes=10)
    assert seen["ConnectedAt"] <= seen["LastActiveAt"]
    api.delete_connection(ConnectionId=name)
    assert socket.receive_close() == 1000
    with pytest.raises(api.exceptions.GoneException) as gone:
        api.post_to_connection(ConnectionId=name, Data="late")
    assert code(gone) == ("GoneException", 410)


def test_boto3_finds_its_exceptions(gateway, api):
    socket, name = connect(gateway)
    with pytest.raises(api.exceptions.PayloadTooLargeException) as large:
        api.post_to_connection(ConnectionId=name, Data=b"x" * (128 * 1024 + 1))
    assert code(large) == ("PayloadTooLargeException", 413)
    for call in (api.get_connection, api.delete_connection):
        with pytest.raises(api.exceptions.GoneException):
            call(ConnectionId="L0SM9cOFvHcCIhw=")
    for key, secret in (("nobody", SECRET), (KEY, "wrong"), ("reader", SECRET)):
        other = client(gateway, key, secret)
        with pytest.raises(other.exceptions.ForbiddenException) as forbidden:
            other.post_to_connection(ConnectionId=name, Data="x")
        assert code(forbidden) == ("ForbiddenException", 403)
        other.close()
    reader = client(gateway, "reader")
    assert reader.get_connection(ConnectionId=name)["Identity"]["UserAgent"] == "tester/1"
    reader.close()
    api.post_to_connection(ConnectionId=name, Data="still there")
    assert socket.receive() == "still there"


def test_boto3_tells_an_unknown_key_from_one_that_may_not(rig):
    gateway = rig.gateway(configuration(1, errors="aws"), environment={"CI_SECRET": SECRET})
    _, name = connect(gateway)
    seen = {}
    for key, secret in (("nobody", SECRET), ("reader", SECRET), (KEY, "wrong")):
        other = client(gateway, key, secret)
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            other.post_to_connection(ConnectionId=name, Data="x")
        seen[key] = (*code(refused), refused.value.response["Error"].get("Message", refused.value.response.get("message")))
        other.close()
    assert seen.pop(KEY)[:2] == ("InvalidSignatureException", 403)
    assert seen == {"nobody": ("UnrecognizedClientException", 403, "The security token included in the request is invalid."),
                    "reader": ("AccessDeniedException", 403, "User: reader is not authorized to perform: execute-api:ManageConnections on resource: "
                               f"arn:aws:execute-api:us-east-1:000000000000:chat/$default/POST/ws/@connections/{name}")}


def test_a_client_that_does_not_read_is_limit_exceeded(gateway, api):
    _, name = connect(gateway)
    with pytest.raises(api.exceptions.LimitExceededException) as full:
        for _ in range(1000):
            api.post_to_connection(ConnectionId=name, Data=b"x" * (128 * 1024))
    assert code(full) == ("LimitExceededException", 429)


def test_the_sdk_for_javascript(gateway):
    with references.required():
        modules = references.node_modules("management", PACKAGES)
    socket, name = connect(gateway)
    done = run("env", f"NODE_MODULES={modules}", "node", HERE / "management_v3.mjs", f"{gateway.url}/ws", name, KEY, SECRET)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    assert json.loads(socket.receive()) == {"hello": "wörld"}
    assert socket.receive() == "bytes \u20ac"
    assert socket.receive_close() == 1000


def test_without_a_signature_nobody_is_listened_to(gateway):
    _, name = connect(gateway)
    answer = gateway.get(f"/ws/@connections/{name}")
    assert (answer.status, answer.fields["x-amzn-errortype"]) == (401, "UnauthorizedException")


def test_groups_over_the_admin_listener(gateway):
    sockets = [connect(gateway) for _ in range(5)]
    for _, name in sockets[:3]:
        assert admin(gateway, f"/@groups/room%3A1/connections/{name}", "PUT").status == 204
    assert set(listed(gateway, "/@groups/room:1")) == {name for _, name in sockets[:3]}
    told = admin(gateway, "/@groups/room:1", "POST", body=b"news")
    assert (told.status, told.json()) == (200, {"sent": 3, "full": 0})
    for socket, _ in sockets[:3]:
        assert socket.receive() == "news"
    assert admin(gateway, f"/@groups/room:1/connections/{sockets[0][1]}", "DELETE").status == 204
    sockets[1][0].close()
    poll(lambda: set(listed(gateway, "/@groups/room:1")) == {sockets[2][1]}, "the group without those who left")
    assert admin(gateway, "/@groups/room:1", "POST", body=b"more").json()["sent"] == 1
    # The others heard nothing of it: the next thing that comes is theirs.
    for socket, name in (sockets[0], *sockets[3:]):
        assert admin(gateway, f"/@connections/{name}", "POST", body=b"yours").status == 200
        assert socket.receive() == "yours"
    gone = admin(gateway, f"/@connections/{sockets[1][1]}", "POST", body=b"x")
    assert (gone.status, gone.fields["x-amzn-errortype"]) == (410, "GoneException")


def test_a_broadcast_reaches_everybody_in_order(gateway):
    sockets = [connect(gateway)[0] for _ in range(20)]
    for number in range(5):
        assert admin(gateway, "/@connections", "POST", body=b"%d" % number).json()["sent"] >= 20
    for socket in sockets:
        assert [socket.receive() for _ in range(5)] == ["0", "1", "2", "3", "4"]


def test_signed_calls_beyond_amazons(gateway, api):
    """What an SDK has no method for is signed as anything else."""
    socket, name = connect(gateway)

    def call(method, target, body=b""):
        request = botocore.awsrequest.AWSRequest(method, f"{gateway.url}/ws{target}", data=body)
        botocore.auth.SigV4Auth(botocore.credentials.Credentials(KEY, SECRET), "execute-api", "us-east-1").add_auth(request)
        fields = [(key, str(value)) for key, value in request.prepare().headers.items() if key.lower() not in ("host", "content-length")]
        return gateway.exchange(method, f"/ws{target}", fields=fields, host=gateway.authority, body=body or None)

    assert call("PUT", f"/@groups/signed/connections/{name}").status == 204
    assert call("POST", "/@groups/signed", b"hello").json() == {"sent": 1, "full": 0}
    assert socket.receive() == "hello"
    assert [one["connectionId"] for one in call("GET", "/@groups/signed").json()["connections"]] == [name]


def test_the_admin_listener_knows_its_apis(gateway):
    assert gateway.ask_admin("/apis/other/@connections").status == 404
    assert gateway.ask_admin("/apis/chat/@connection").status == 404
    assert admin(gateway, "/@connections", "PUT").fields["allow"] == "GET, HEAD, POST"
    assert admin(gateway, "/@connections", "POST", body=b"x", fields=[("Origin", "http://evil.example")]).status == 403
