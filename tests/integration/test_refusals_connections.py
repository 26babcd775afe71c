"""Refusals of management calls of WebSocket APIs in both error styles: whose signature is wrong, and which connection is none."""
import re

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from refusal_case import SIGNATURE, check_aws, check_fields
from socket_client import Socket

SECRET = "a long enough secret"
NOBODY = "/ws/@connections/L0SM9cOFvHcCIhw%3D"  # as Amazon gives them out
EMULATOR = "/ws/@connections/cjy8i76bx002884le6n17d49b"
TIME = r"\d{8}T\d{6}Z"


def signed(key="ci", secret=SECRET, service="execute-api", target=NOBODY, method="POST", spoil=None):
    def send(gateway):
        request = botocore.awsrequest.AWSRequest(method, gateway.url + target, data=b"hello" if method == "POST" else None)
        botocore.auth.SigV4Auth(botocore.credentials.Credentials(key, secret), service, "us-east-1").add_auth(request)
        prepared = request.prepare()
        fields = {name: str(value) for name, value in prepared.headers.items() if name.lower() not in ("host", "content-length")}
        if spoil:
            spoil(fields)
        return gateway.exchange(method, target, fields=list(fields.items()), body=prepared.body, host=gateway.authority)

    return send


def unsigned(gateway):
    return gateway.exchange("POST", NOBODY, body=b"hello")


def old(fields):
    fields["X-Amz-Date"] = "20150830T123600Z"
    fields["Authorization"] = re.sub(r"ci/\d{8}/", "ci/20150830/", fields["Authorization"])


def cut(fields):
    fields["Authorization"] = fields["Authorization"].split(", SignedHeaders")[0]


def not_authorized(user):
    return (f"User: {user} is not authorized to perform: execute-api:ManageConnections on resource: "
            f"arn:aws:execute-api:us-east-1:000000000000:chat/$default/POST{NOBODY}")


def may(action):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "execute-api:/$default/*/ws/@connections/*"}]}


# name, how it is asked, reason, Amazon's message and exception
SIGNATURES = [
    ("missing", unsigned, "sigv4_missing", "Missing Authentication Token", "MissingAuthenticationTokenException"),
    ("incomplete", signed(spoil=cut), "sigv4_incomplete", re.compile("Authorization header requires 'Signature' parameter.*", re.DOTALL),
     "IncompleteSignatureException"),
    ("expired", signed(spoil=old), "sigv4_expired",
     re.compile(f"Signature expired: 20150830T123600Z is now earlier than {TIME} \\({TIME} - 15 min.\\)"), "InvalidSignatureException"),
    ("bad signature", signed(secret="another"), "sigv4_mismatch", SIGNATURE, "InvalidSignatureException"),
    ("another service", signed(service="s3"), "sigv4_scope", "Credential should be scoped to correct service: 'execute-api'.",
     "InvalidSignatureException"),
    ("unknown key", signed(key="nobody"), "access_key_unknown", "The security token included in the request is invalid.", "UnrecognizedClientException"),
    ("not allowed", signed(key="reader"), "access_key_denied", not_authorized("reader"), "AccessDeniedException"),
    ("may only invoke", signed(key="invoker"), "access_key_denied", not_authorized("invoker"), "AccessDeniedException"),
]


class AsAmazon:
    """A case of refusal_case.check_aws()."""

    def __init__(self, send, reason, text, exception):
        self.send, self.reason, self.aws = send, reason, (403, text, exception, {})


def configuration(style):
    keys = [{"id": "ci", "secret": "${SIGNING_SECRET}"}, {"id": "reader", "secret": "${SIGNING_SECRET}", "allow": ["GET /nothing"]},
            {"id": "invoker", "secret": "${SIGNING_SECRET}", "policy": may("execute-api:Invoke")},
            {"id": "manager", "secret": "${SIGNING_SECRET}", "policy": may("execute-api:ManageConnections")}]
    return {"errors": style, "authorizers": {"machines": {"sigv4": {"access_keys": keys}}},
            "apis": [{"name": "chat", "type": "websocket", "base_path": "/ws", "management": {"auth": ["machines"]},
                      "routes": [{"match": "$default", "mock": {"body": "$context.connection_id"}}]}]}


@pytest.fixture(scope="module")
def gateways(shared_rig):
    return {style: shared_rig.gateway(configuration(style), environment={"SIGNING_SECRET": SECRET}) for style in ("helpful", "aws")}


@pytest.mark.parametrize("name, send, reason, text, exception", SIGNATURES, ids=[case[0] for case in SIGNATURES])
def test_signature_refused_as_amazon_has_it(gateways, name, send, reason, text, exception):
    check_aws(gateways["aws"], AsAmazon(send, reason, text, exception))


@pytest.mark.parametrize("name, send, reason, text, exception", SIGNATURES, ids=[case[0] for case in SIGNATURES])
def test_signature_refused_with_help(gateways, name, send, reason, text, exception):
    answer = send(gateways["helpful"])
    assert answer.status == (401 if reason == "sigv4_missing" else 403)
    assert answer.json()["reason"] == reason
    told = {"x-amzn-errortype": "UnauthorizedException", "www-authenticate": "AWS4-HMAC-SHA256"}
    check_fields(answer, told if answer.status == 401 else {"x-amzn-errortype": "ForbiddenException"})


def connection_refused(answer, status, exception, text):
    assert (answer.status, answer.fields["x-amzn-errortype"]) == (status, exception)
    assert answer.body == b'{"message":"%s"}' % text.encode()
    assert answer.fields["content-type"] == "application/json"
    assert answer.fields["x-amzn-requestid"] == answer.fields["x-request-id"]


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_an_id_that_cannot_be_decoded_is_a_bad_request_for_amazon_alone(gateways, method):
    gone = "There is no such connection"
    for gateway in gateways.values():
        connection_refused(signed(method=method)(gateway), 410, "GoneException", gone)
        connection_refused(signed(method=method, target="/ws/@connections/a.b")(gateway), 400, "BadRequestException", "Invalid connectionId: a.b")
    connection_refused(signed(method=method, target=EMULATOR)(gateways["helpful"]), 410, "GoneException", gone)
    connection_refused(signed(method=method, target=EMULATOR)(gateways["aws"]), 400, "BadRequestException",
                       "Invalid connectionId: cjy8i76bx002884le6n17d49b")


def test_with_the_right_signature_it_is_sent(gateways):
    for gateway in gateways.values():
        socket = Socket(gateway)
        target = f"/ws/@connections/{socket.ask('who am I')}"
        for key in ("ci", "manager"):
            assert signed(key=key, target=target)(gateway).status == 200
            assert socket.receive() == "hello"
