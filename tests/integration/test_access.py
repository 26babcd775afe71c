"""Who may call: addresses, resource policies, passwords, signatures. Every refusal with its status, fields and body, and that no
backend hears of it."""
import base64
import datetime
import hashlib
import json
import subprocess
import threading
import types

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from gateway import complete, run
from refusals import says

BCRYPT = "$2b$04$7qJyo9uvqhCg33N6/I0naeaArjxqG97qHvNm0gjFYZ8LsE22hjGgW"  # "correct horse"


def refused(gateway, answer, status, reason, message=None):
    """`answer` is exactly this refusal; the backend has heard nothing that it had not heard before."""
    says(answer, status, message or ("Unauthorized" if status == 401 else "Forbidden"), reason)
    assert answer.fields["content-type"] == "application/json"
    line = gateway.wait_access(request_id=answer.fields["x-request-id"])
    assert (line["reason"], line["status"]) == (reason, status)
    return answer


# ---- Addresses

@pytest.fixture(scope="module")
def fenced(shared_rig):
    upstream = shared_rig.upstream()
    gateway = shared_rig.gateway({
        "trusted_proxies": ["127.0.0.1/32"], "backends": {"fake": {"targets": [upstream.url]}},
        "ip": {"deny": ["10.6.6.6"]},
        "authorizers": {"partners": {"api_key": {"keys": [{"id": "one", "key": "${TEST_KEY:-right}"}]}}},
        "apis": [
            {"name": "inner", "base_path": "/inner", "ip": {"allow": ["10.0.0.0/8", "2001:db8::/32"], "deny": ["10.9.0.0/16"]}, "routes": [
                {"match": "GET /x", "backend": "fake", "auth": ["partners"]},
                {"match": "GET /open", "backend": "fake", "ip": "none"}]},
            {"name": "outer", "cors": {"origins": ["*"]}, "routes": [{"match": "GET /x", "backend": "fake"}]}]})
    gateway.upstream = upstream
    return gateway


@pytest.mark.parametrize("client, target, reason", [
    ("10.6.6.6", "/x", "ip_denied"), ("::ffff:10.6.6.6", "/x", "ip_denied"), ("10.6.6.7", "/x", None), ("2001:db8::1", "/x", None),
    ("10.6.6.6", "/nowhere", "ip_denied"),
    # An API's own lists take the place of the gateway's, and come before its authorizers.
    ("192.0.2.1", "/inner/x", "ip_denied"), ("10.9.0.1", "/inner/x", "ip_denied"), ("2001:db9::1", "/inner/x", "ip_denied"),
    ("10.6.6.6", "/inner/x", "api_key_missing"), ("2001:db8::1", "/inner/x", "api_key_missing"), ("192.0.2.1", "/inner/open", None)])
def test_addresses(fenced, client, target, reason):
    before = len(fenced.upstream.requests)
    answer = fenced.get(target, fields=[("X-Forwarded-For", client)])
    if reason is None:
        assert answer.status == 200
    else:
        refused(fenced, answer, 401 if reason == "api_key_missing" else 403, reason)
        assert len(fenced.upstream.requests) == before


def test_only_trusted_proxies_say_what_the_clients_address_is(rig):
    gateway = rig.proxy(rig.upstream(), ip={"allow": ["10.0.0.0/8"]})
    refused(gateway, gateway.get("/", fields=[("X-Forwarded-For", "10.0.0.1")]), 403, "ip_denied")


def test_a_refused_preflight_and_its_page(fenced):
    preflight = [("Origin", "https://a.test"), ("Access-Control-Request-Method", "GET"), ("X-Forwarded-For", "10.6.6.6")]
    answer = refused(fenced, fenced.exchange("OPTIONS", "/x", fields=preflight), 403, "ip_denied")
    assert answer.fields["access-control-allow-origin"] == "*"


# ---- Resource policies

ALLOW_GET = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/$default/GET/*"},
    {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/$default/*/secret"}]}


@pytest.fixture(scope="module")
def governed(shared_rig):
    upstream = shared_rig.upstream()
    gateway = shared_rig.gateway({
        "backends": {"fake": {"targets": [upstream.url]}},
        "authorizers": {"partners": {"api_key": {"keys": [{"id": "one", "key": "${TEST_KEY:-right}"}]}}},
        "apis": [{"name": "shop", "policy": ALLOW_GET, "routes": [
            {"match": "ANY /items", "backend": "fake"},
            {"match": "ANY /secret", "backend": "fake"},
            {"match": "ANY /keyed", "backend": "fake", "auth": ["partners"]},
            {"match": "ANY /free", "backend": "fake", "policy": "none"},
            {"match": "GET /near", "backend": "fake", "policy": '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", '
             '"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]}'}]}]})
    gateway.upstream = upstream
    return gateway


@pytest.mark.parametrize("method, target, reason", [
    ("GET", "/items", None), ("DELETE", "/items", "policy_denied"), ("GET", "/secret", "policy_explicit_deny"),
    ("DELETE", "/free", None), ("GET", "/near", "policy_denied"), ("GET", "/keyed", "api_key_missing")])
def test_resource_policies(governed, method, target, reason):
    before = len(governed.upstream.requests)
    answer = governed.exchange(method, target)
    if reason is None:
        assert answer.status == 200
    else:
        refused(governed, answer, 401 if reason == "api_key_missing" else 403, reason)
        assert len(governed.upstream.requests) == before


def test_with_an_authorizer_the_policy_must_allow_all_the_same(governed):
    key = [("X-Api-Key", "right")]
    assert governed.get("/keyed", fields=key).status == 200
    refused(governed, governed.exchange("DELETE", "/keyed", fields=key), 403, "policy_denied")


# ---- Basic

@pytest.fixture(scope="module")
def basic(shared_rig):
    upstream = shared_rig.upstream()
    gateway = shared_rig.proxy(upstream, route={"auth": ["staff"]}, authorizers={"staff": {"basic": {"realm": "staff", "users": [
        {"name": "ada", "password": "${ADA:-lövelace}"}, {"name": "bob", "hash": BCRYPT},
        {"name": "eve", "sha256": hashlib.sha256(b"long and random").hexdigest()}]}}})
    gateway.upstream = upstream
    return gateway


def credentials(name, password):
    return [("Authorization", "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode())]


@pytest.mark.parametrize("name, password", [("ada", "lövelace"), ("bob", "correct horse"), ("eve", "long and random")])
def test_the_right_password_passes_and_is_not_forwarded(basic, name, password):
    answer = basic.get("/", fields=credentials(name, password))
    assert answer.status == 200
    assert "authorization" not in basic.upstream.last.fields
    assert basic.wait_access(request_id=answer.fields["x-request-id"])["key"] == name


@pytest.mark.parametrize("fields, reason", [
    ([], "basic_missing"), ([("Authorization", "Bearer x")], "basic_missing"), ([("Authorization", "Basic ###")], "basic_malformed"),
    (credentials("ada", "lovelace"), "basic_invalid"), (credentials("bob", "correct horsf"), "basic_invalid"),
    (credentials("nobody", "correct horse"), "basic_invalid"), (credentials("", ""), "basic_invalid"),
    (credentials("ada", "x" * 4000), "basic_malformed")])
def test_other_passwords_are_401_with_a_challenge(basic, fields, reason):
    before = len(basic.upstream.requests)
    answer = refused(basic, basic.get("/", fields=fields), 401, reason)
    assert answer.fields["www-authenticate"] == 'Basic realm="staff", charset="UTF-8"'
    assert len(basic.upstream.requests) == before
    assert "horse" not in basic.output.text() + basic.log.text()


def test_many_at_once_with_a_slow_hash(basic):
    statuses = []

    def ask():
        statuses.append(basic.get("/", fields=credentials("bob", "correct horse")).status)

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 40


# ---- SigV4

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


@pytest.fixture(scope="module")
def signed(shared_rig):
    upstream = shared_rig.upstream()
    gateway = shared_rig.gateway({
        "backends": {"fake": {"targets": [upstream.url]}},
        "authorizers": {
            "machines": {"sigv4": {"body": "64KB", "access_keys": [
                {"id": "ci", "secret": "${CI_SECRET}"},
                {"id": "session", "secret": "${CI_SECRET}", "session_token": "${CI_TOKEN}"},
                {"id": "reader", "secret": "${CI_SECRET}", "allow": ["GET /files/*"]},
                {"id": "governed", "secret": "${CI_SECRET}", "policy": ALLOW_GET}]}},
            "streamers": {"sigv4": {"unsigned_payload": True, "service": "s3", "region": "eu-west-1",
                                    "access_keys": [{"id": "ci", "secret": "${CI_SECRET}"}]}}},
        "apis": [{"name": "shop", "auth": ["machines"], "routes": [
            {"match": "$default", "backend": "fake"}, {"match": "PUT /stream", "backend": "fake", "auth": ["streamers"]},
            {"match": "POST /tables", "dynamodb": {}}]}]}, environment={"CI_SECRET": SECRET, "CI_TOKEN": "token of the session"})
    gateway.upstream = upstream
    return gateway


def sign(gateway, method, target, body=b"", key="ci", secret=SECRET, token=None, fields=(), auth=botocore.auth.SigV4Auth,
         service="execute-api", region="us-east-1", **how):
    """Target and fields as botocore sends them."""
    request = botocore.awsrequest.AWSRequest(method, gateway.url + target, data=body, headers=dict(fields))
    auth(botocore.credentials.Credentials(key, secret, token), service, region, **how).add_auth(request)
    prepared = request.prepare()
    sent = [(name, str(value)) for name, value in prepared.headers.items() if name.lower() not in ("host", "content-length")]
    return prepared.url[len(gateway.url):], sent


def send(gateway, method, target, body=b"", sent_body=None, **how):
    target, fields = sign(gateway, method, target, body, **how)
    return gateway.exchange(method, target, body=body if sent_body is None else sent_body, fields=fields, host=gateway.authority)


@pytest.mark.parametrize("method, target, body", [
    ("GET", "/", b""), ("GET", "/a/b?x=1&a=2&a=1&empty=", b""), ("GET", "/a%20b/%C3%BC?q=%20%2B%C3%BC", b""), ("POST", "/orders", b'{"a": 1}'),
    ("PUT", "/big", b"x" * 65536), ("DELETE", "/a", b"")], ids=range(6))
def test_what_botocore_signs_passes(signed, method, target, body):
    answer = send(signed, method, target, body)
    assert answer.status == 200
    seen = signed.upstream.last
    assert (seen.method, seen.body) == (method, body)
    assert "authorization" not in seen.fields
    assert signed.wait_access(request_id=answer.fields["x-request-id"])["key"] == "ci"


def test_what_botocore_presigns_passes_and_the_backend_sees_none_of_it(signed):
    presigned = {"auth": botocore.auth.SigV4QueryAuth, "expires": 60}
    assert send(signed, "GET", "/a?x=1&y=2", **presigned).status == 200
    assert signed.upstream.last.target == "/a?x=1&y=2"
    assert send(signed, "GET", "/a", key="session", token="token of the session", **presigned).status == 200
    assert signed.upstream.last.target == "/a"


def test_session_tokens(signed):
    assert send(signed, "GET", "/", key="session", token="token of the session").status == 200
    assert "x-amz-security-token" not in signed.upstream.last.fields
    for key, token in (("session", "another"), ("session", None), ("ci", "token of the session")):
        refused(signed, send(signed, "GET", "/", key=key, token=token), 403, "access_key_unknown")


def test_curl_signs_too(signed):
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user", f"ci:{SECRET}"]
    assert subprocess.run([*command, signed.url + "/orders"], capture_output=True, text=True).stdout == "200"
    assert subprocess.run([*command, "-d", "body", signed.url + "/orders"], capture_output=True, text=True).stdout == "200"
    command[-1] = "ci:wrong"
    assert subprocess.run([*command, signed.url + "/orders"], capture_output=True, text=True).stdout == "403"


@pytest.mark.parametrize("how, status, reason", [
    ({"key": "nobody"}, 403, "access_key_unknown"), ({"secret": "wrong"}, 403, "sigv4_mismatch"),
    ({"service": "s3"}, 403, "sigv4_scope"), ({"sent_body": b"other"}, 403, "sigv4_mismatch"),
    ({"key": "reader"}, 403, "access_key_denied"), ({"key": "governed"}, 403, "access_key_denied"),
    ({"fields": [("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD")]}, 403, "sigv4_unsigned_payload"),
    ({"fields": [("X-Amz-Content-SHA256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")]}, 403, "sigv4_unsigned_payload"),
    ({"fields": [("X-Amz-Content-SHA256", hashlib.sha256(b"body").hexdigest())], "sent_body": b"other"}, 403, "sigv4_payload"),
    ({"body": b"x" * 65537}, 413, "sigv4_body_too_large")], ids=range(10))
def test_other_signatures_are_refused_and_no_backend_hears_of_it(signed, how, status, reason):
    before = len(signed.upstream.requests)
    answer = send(signed, "POST", "/orders", **{"body": b"body", **how})
    refused(signed, answer, status, reason, "Payload Too Large" if status == 413 else None)
    assert len(signed.upstream.requests) == before
    assert SECRET not in signed.output.text() + signed.log.text()


@pytest.mark.parametrize("form", ["STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER", "STREAMING-x"])
def test_chunks_that_are_signed_in_other_ways_are_refused_by_name(signed, form):
    before = len(signed.upstream.requests)
    answer = send(signed, "PUT", "/orders", body=b"x", fields=[("X-Amz-Content-SHA256", form)])
    refused(signed, answer, 403, "sigv4_streaming_payload")
    assert form in answer.json()["detail"]
    assert len(signed.upstream.requests) == before


def test_changed_paths_queries_and_fields_are_refused(signed):
    target, fields = sign(signed, "GET", "/a%2Fb?x=1")
    for changed in ("/a/b?x=1", "/a%252Fb?x=1", "/a%2Fb?x=2", "/a%2Fb", "/a%2Fb?x=1&y=1"):
        refused(signed, signed.get(changed, fields=fields, host=signed.authority), 403, "sigv4_mismatch")
    refused(signed, signed.get(target, fields=[*fields, ("X-Amz-Extra", "1")], host=signed.authority), 403, "sigv4_unsigned_header")
    assert signed.get(target, fields=fields, host=signed.authority).status == 200


@pytest.mark.parametrize("minutes, reason", [(-16, "sigv4_expired"), (16, "sigv4_not_yet_valid"), (14, None), (-14, None)])
def test_clocks_may_differ_by_fifteen_minutes(signed, monkeypatch, minutes, reason):
    class Shifted(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)

    monkeypatch.setattr(botocore.auth, "datetime", types.SimpleNamespace(datetime=Shifted))
    answer = send(signed, "GET", "/")
    if reason:
        refused(signed, answer, 403, reason)
    else:
        assert answer.status == 200


def test_nothing_signed_is_401_with_a_challenge(signed):
    answer = refused(signed, signed.get("/"), 401, "sigv4_missing")
    assert answer.fields["www-authenticate"] == "AWS4-HMAC-SHA256"
    refused(signed, signed.get("/", fields=[("Authorization", "AWS4-HMAC-SHA256 Credential=ci")]), 403, "sigv4_incomplete")


def test_a_key_may_call_what_it_is_allowed(signed):
    assert send(signed, "GET", "/files/a/b", key="reader").status == 200
    assert send(signed, "GET", "/files/a/b", key="governed").status == 200
    refused(signed, send(signed, "GET", "/x/GET/files/a", key="reader"), 403, "access_key_denied")
    refused(signed, send(signed, "GET", "/secret", key="governed"), 403, "access_key_explicit_deny")


def test_an_unsigned_body_streams_where_it_is_allowed(signed):
    streaming = {"service": "s3", "region": "eu-west-1", "fields": [("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD")]}
    answer = send(signed, "PUT", "/stream", body=b"x" * 300_000, **streaming)
    assert (answer.status, len(signed.upstream.last.body)) == (200, 300_000)
    refused(signed, send(signed, "PUT", "/stream", body=b"x", **{**streaming, "region": "us-east-1"}), 403, "sigv4_scope")


def test_an_sdk_may_sign_for_dynamodb_on_a_dynamodb_route(signed):
    target = [("X-Amz-Target", "DynamoDB_20120810.ListTables"), ("Content-Type", "application/x-amz-json-1.0")]
    answer = send(signed, "POST", "/tables", b"{}", service="dynamodb", fields=target)
    assert (answer.status, answer.json()) == (200, {"TableNames": []})
    refused(signed, send(signed, "POST", "/tables", b"{}", fields=target), 403, "sigv4_scope")


# ---- What is wrong is said when the file is read

@pytest.mark.parametrize("config, problem", [
    ({"ip": {"allow": ["10.0.0.0/33"]}}, "10.0.0.0/33"),
    ({"ip": {"allow": []}}, "an empty list"),
    ({"policy": {"Statement": [{"Effect": "Permit", "Action": "*", "Resource": "*"}]}}, "Statement[0].Effect"),
    ({"policy": "{"}, "the policy cannot be used"),
    ({"policy": "missing.json"}, "missing.json"),
    ({"authorizers": {"a": {"basic": {"users": [{"name": "a:b", "password": "x"}]}}}}, "holds no colon"),
    ({"authorizers": {"a": {"basic": {"users": [{"name": "a", "hash": "$1$abc$def"}]}}}}, "no hash of crypt(5)"),
    ({"authorizers": {"a": {"basic": {"users": [{"name": "a", "password": "x"}, {"name": "a", "password": "y"}]}}}}, "given twice"),
    ({"authorizers": {"a": {"sigv4": {"access_keys": [{"id": "a", "secret": "x"}, {"id": "a", "secret": "y"}]}}}}, "given twice"),
    ({"authorizers": {"a": {"sigv4": {"access_keys": [{"id": "a", "secret": "x", "allow": ["orders"]}]}}}}, "METHOD /path"),
    ({"authorizers": {"a": {"sigv4": {}, "basic": {}}}}, "exclude each other")], ids=range(11))
def test_mistakes_in_the_file(tmp_path, config, problem):
    file = tmp_path / "gatehouse.yaml"
    file.write_text(json.dumps(complete(config)))
    done = run("check", str(file))
    assert done.returncode != 0
    assert problem in done.stdout + done.stderr
