"""Bodies that are signed in chunks: what the backend gets of good ones, and that it never takes a bad one for whole."""
import hashlib
import io
import json
import types

import botocore.awsrequest
import botocore.config
import botocore.session
import pytest
from chunk_signer import PLAIN, TRAILER, UNSIGNED, ChunkSigner
from raw_client import request
from raw_client import chunked as in_http_chunks
from refusals import says
from wire import Ended

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CHECKSUM = [("x-amz-checksum-crc32c", "sOO8/Q==")]
KIB = 1024


def configuration(url):
    keys = {"access_keys": [{"id": "ci", "secret": "${CI_SECRET}"}]}
    schema = {"type": "object", "required": ["count"]}
    return {
        "backends": {"fake": {"targets": [url]}},
        "authorizers": {"machines": {"sigv4": {**keys, "body": "64KB"}},
                        "lenient": {"sigv4": {**keys, "body": "1MB", "service": "s3", "unsigned_payload": True}}},
        "apis": [{"name": "shop", "auth": ["machines"], "routes": [
            {"match": "$default", "backend": "fake"}, {"match": "PUT /s3/{key+}", "backend": "fake", "auth": ["lenient"]},
            {"match": "PUT /limited", "backend": "fake", "limits": {"body": "1000B"}},
            {"match": "PUT /open", "backend": "fake", "auth": "none", "limits": {"body": "1000B"}},
            {"match": "PUT /checked", "backend": "fake", "validate": {"body": schema}}]}]}


@pytest.fixture(scope="module")
def gateway(shared_rig):
    upstream = shared_rig.upstream()
    gateway = shared_rig.gateway(configuration(upstream.url), environment={"CI_SECRET": SECRET})
    gateway.upstream = upstream
    return gateway


def signer(gateway, length, target="/up", method="PUT", **how):
    return ChunkSigner(method, target, gateway.authority, length, how.pop("key", "ci"), how.pop("secret", SECRET), **how)


def put(gateway, pieces, target="/up", length=None, change=None, http_chunks=False, **how):
    """The answer to one upload. `change` takes the list of chunks as they go on the wire, and gives another."""
    signing = signer(gateway, sum(map(len, pieces)) if length is None else length, target, **how)
    wire = signing.body(pieces)
    body = b"".join(change(wire) if change else wire)
    fields = [*signing.fields, *([("Transfer-Encoding", "chunked")] if http_chunks else [])]
    with gateway.client() as client:
        return client.exchange("PUT", target, fields=fields, body=in_http_chunks(body[:100], body[100:]) if http_chunks else body, host=gateway.authority)


def passes(gateway, answer, body):
    assert answer.status == 200, answer.body
    seen = gateway.upstream.last
    assert hashlib.sha256(seen.body).hexdigest() == hashlib.sha256(body).hexdigest()
    assert seen.fields["content-length"] == str(len(body))
    for name in ("transfer-encoding", "authorization", "x-amz-content-sha256", "x-amz-decoded-content-length", "x-amz-trailer", "x-amz-checksum-crc32c"):
        assert name not in seen.fields
    assert gateway.wait_access(request_id=answer.fields["x-request-id"])["key"] == "ci"
    return seen


def refused(gateway, answer, status, reason):
    says(answer, status, {403: "Forbidden", 413: "Payload Too Large", 400: "Bad Request"}[status], reason)
    assert answer.closes
    line = gateway.wait_access(request_id=answer.fields["x-request-id"])
    assert (line["reason"], line["status"]) == (reason, status)


def test_the_signer_signs_as_amazon_published_it():
    signing = ChunkSigner("PUT", "/examplebucket/chunkObject.txt", "s3.amazonaws.com", 66560, "AKIAIOSFODNN7EXAMPLE",
                          "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", service="s3", time="20130524T000000Z",
                          fields=[("Content-Encoding", "aws-chunked"), ("Content-Length", "66824"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")])
    assert signing.previous == "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    wire = b"".join(signing.body([b"a" * 65536, b"a" * 1024]))
    assert len(wire) == 66824
    assert wire.endswith(b"0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n")


@pytest.mark.parametrize("http_chunks", [False, True], ids=["content-length", "transfer-encoding"])
@pytest.mark.parametrize("pieces", [[b"one"], [b"a" * 65536, b"b" * 1024], [b"c" * 8192] * 20, [b"d"] * 3, []], ids=["one", "two", "many", "tiny", "none"])
def test_the_backend_gets_the_body_without_its_chunks(gateway, pieces, http_chunks):
    passes(gateway, put(gateway, pieces, http_chunks=http_chunks), b"".join(pieces))


@pytest.mark.parametrize("given, passed_on", [("aws-chunked", None), ("aws-chunked,gzip", "gzip"), ("gzip, AWS-Chunked", "gzip"), ("gzip", "gzip"), (None, None)])
def test_aws_chunked_is_taken_out_of_the_content_encoding(gateway, given, passed_on):
    fields = [("Content-Encoding", given)] if given else []
    assert passes(gateway, put(gateway, [b"body"], fields=fields), b"body").fields.get("content-encoding") == passed_on


def test_trailing_fields_are_verified_and_not_passed_on(gateway):
    passes(gateway, put(gateway, [b"x" * 10000, b"y"], form=TRAILER, trailers=CHECKSUM), b"x" * 10000 + b"y")
    passes(gateway, put(gateway, [b"x"], form=TRAILER, trailers=[("x-amz-checksum-sha1", "b="), *CHECKSUM]), b"x")
    for change in (lambda wire: [*wire[:-1], wire[-1].replace(b"sOO8", b"AAAA")], lambda wire: [*wire[:-1], wire[-1].replace(b"crc32c", b"crc32")]):
        refused(gateway, put(gateway, [b"x" * 10000], form=TRAILER, trailers=CHECKSUM, change=change), 403, "sigv4_trailer")


def test_a_large_upload_streams(gateway):
    piece = bytes(range(256)) * 256
    before = gateway.peak_memory()
    assert put(gateway, [piece] * 8, target="/up").status == 200
    refused(gateway, put(gateway, [piece] * 200, target="/up"), 413, "body_too_large")  # the listener's 10 MB
    with gateway.client() as client:
        signing = signer(gateway, 150 * len(piece))
        size = sum(map(len, signing.body([piece] * 150)))
        signing = signer(gateway, 150 * len(piece))
        client.send(request("PUT", "/up", fields=[*signing.fields, ("Content-Length", str(size))], host=gateway.authority))
        for _ in range(150):
            client.send(signing.chunk(piece))
        client.send(signing.last())
        answer = client.read_response("PUT")
    passes(gateway, answer, piece * 150)
    gateway.expect_little_growth(before, 6 * KIB * KIB)  # the body is 9.4 MiB


def test_a_connection_is_good_for_the_next_request(gateway):
    with gateway.client() as client:
        for body in (b"first", b"", b"third" * 1000):
            signing = signer(gateway, len(body))
            answer = client.exchange("PUT", "/up", fields=signing.fields, body=b"".join(signing.body([body] if body else [])), host=gateway.authority)
            assert not answer.closes
            passes(gateway, answer, body)


def flip(chunk):
    return chunk[:-3] + bytes([chunk[-3] ^ 1]) + chunk[-2:]


# What is wrong, and of 24 KiB in three chunks how much the backend may have seen at most.
WRONG = {
    "a byte of the first chunk": (lambda wire: [flip(wire[0]), *wire[1:]], "sigv4_chunk_mismatch", 0),
    "a byte of the second chunk": (lambda wire: [wire[0], flip(wire[1]), *wire[2:]], "sigv4_chunk_mismatch", 8192),
    "a byte of the last data": (lambda wire: [*wire[:2], flip(wire[2]), wire[3]], "sigv4_chunk_mismatch", 16384),
    "the signature of the end": (lambda wire: [*wire[:3], wire[3].replace(wire[3][18:20], b"zz", 1)], "sigv4_chunk_mismatch", 16384),
    "the first left out": (lambda wire: wire[1:], "sigv4_chunk_mismatch", 0),
    "one left out": (lambda wire: [wire[0], *wire[2:]], "sigv4_chunk_mismatch", 8192),
    "moved": (lambda wire: [wire[1], wire[0], *wire[2:]], "sigv4_chunk_mismatch", 0),
    "repeated": (lambda wire: [wire[0], *wire], "sigv4_chunk_mismatch", 8192),
    "no end": (lambda wire: wire[:3], "sigv4_chunk_malformed", 16384),
    "half an end": (lambda wire: [*wire[:3], wire[3][:-2]], "sigv4_chunk_malformed", 16384),
    "more behind the end": (lambda wire: [*wire, b"x"], "sigv4_chunk_malformed", 16384),
    "another extension": (lambda wire: [wire[0].replace(b"\r\n", b";a=b\r\n", 1), *wire[1:]], "sigv4_chunk_malformed", 0),
    "no extension": (lambda wire: [b"2000\r\n" + b"x" * 8192 + b"\r\n", *wire[1:]], "sigv4_chunk_malformed", 0),
    "garbage for a head": (lambda wire: [b"g" * 5000, *wire], "sigv4_chunk_malformed", 0),
    "an overflowing size": (lambda wire: [b"1" + b"0" * 16 + wire[0][4:], *wire[1:]], "sigv4_chunk_malformed", 0),
    "the size one less": (lambda wire: [b"1fff" + wire[0][4:], *wire[1:]], "sigv4_chunk_malformed", 0),
    "trailing fields": (lambda wire: [*wire[:3], wire[3][:-2] + b"x-amz-checksum-crc32c:AA==\r\n\r\n"], "sigv4_chunk_malformed", 16384),
}


@pytest.fixture
def watched(rig):
    """A gateway before a backend that answers whole requests only, and counts the bytes of others."""
    upstream = rig.upstream()
    gateway = rig.gateway(configuration(upstream.url), environment={"CI_SECRET": SECRET})
    gateway.upstream = upstream
    return gateway


@pytest.mark.parametrize("what", WRONG)
def test_a_body_with_a_mistake_is_refused_and_never_looks_complete(watched, what):
    change, reason, most = WRONG[what]
    refused(watched, put(watched, [b"x" * 8192, b"y" * 8192, b"z" * 8192], change=change), 403, reason)
    assert watched.upstream.requests == []
    for connection in watched.upstream.connections:
        assert connection.ended.wait(10)
        _, _, body = bytes(connection.wire.recorded).partition(b"\r\n\r\n")
        assert len(body) <= most


def test_what_is_wrong_with_the_first_chunk_the_backend_never_hears_of(watched):
    refused(watched, put(watched, [b"x" * 100], change=WRONG["a byte of the first chunk"][0]), 403, "sigv4_chunk_mismatch")
    assert all(not connection.wire.recorded for connection in watched.upstream.connections)


@pytest.mark.parametrize("length, reason", [(5, "sigv4_decoded_length"), (3, "sigv4_decoded_length"), ("four", "sigv4_decoded_length")])
def test_the_decoded_length_must_be_the_bodys(watched, length, reason):
    answer = put(watched, [b"four"], length=length)
    says(answer, 403, "Forbidden", reason)
    assert watched.upstream.requests == []


def test_the_decoded_length_must_be_told(watched):
    signing = signer(watched, None)
    says(watched.exchange("PUT", "/up", fields=signing.fields, body=b"".join(signing.body([b"x"])), host=watched.authority), 403, "Forbidden",
         "sigv4_decoded_length")


def test_an_empty_body_is_verified_too(watched):
    for change in (lambda wire: [wire[0].replace(wire[0][18:20], b"zz", 1)], lambda wire: [b"x"], lambda wire: [wire[0][:-2]]):
        answer = put(watched, [], change=change)
        assert (answer.status, answer.json()["reason"][:12]) == (403, "sigv4_chunk_")
    signing = signer(watched, 0)
    says(watched.exchange("PUT", "/up", fields=signing.fields, host=watched.authority), 403, "Forbidden", "sigv4_chunk_malformed")
    assert watched.upstream.connections == []


def test_a_chunk_has_a_bound(gateway):
    passes(gateway, put(gateway, [b"x" * 65536]), b"x" * 65536)
    refused(gateway, put(gateway, [b"x" * 65537]), 413, "sigv4_chunk_too_large")


def test_the_limit_of_the_route_is_for_the_body_without_its_framing(gateway):
    passes(gateway, put(gateway, [b"x" * 500, b"y" * 500], target="/limited"), b"x" * 500 + b"y" * 500)
    says(put(gateway, [b"x" * 1001], target="/limited"), 413, "Payload Too Large", "body_too_large")
    answer = put(gateway, [b"x" * 1001], target="/open")  # where nobody verifies it, it is a body like others
    says(answer, 413, "Payload Too Large", "body_too_large")


def test_what_has_a_bad_head_is_refused_unread(gateway):
    for how, reason in (({"secret": "wrong"}, "sigv4_mismatch"), ({"key": "nobody"}, "access_key_unknown"), ({"service": "s3"}, "sigv4_scope"),
                        ({"form": UNSIGNED}, "sigv4_unsigned_payload"), ({"form": "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"}, "sigv4_streaming_payload")):
        with gateway.client() as client:
            signing = signer(gateway, 1, **how)
            client.send(request("PUT", "/up", fields=[*signing.fields, ("Expect", "100-continue"), ("Content-Length", "99")], host=gateway.authority))
            answer = client.read_response("PUT")
            assert answer.informational == []
            says(answer, 403, "Forbidden", reason)


def test_a_client_that_waits_is_told_to_continue_once_its_head_is_good(gateway):
    with gateway.client() as client:
        signing = signer(gateway, 4)
        body = b"".join(signing.body([b"body"]))
        client.send(request("PUT", "/up", fields=[*signing.fields, ("Expect", "100-continue"), ("Content-Length", str(len(body)))], host=gateway.authority))
        assert client.read_head().status == 100
        client.send(body)
        passes(gateway, client.read_response("PUT"), b"body")


def test_a_body_that_does_not_arrive_whole_is_400(watched):
    signing = signer(watched, 8)
    wire = b"".join(signing.body([b"four", b"more"]))
    with watched.client() as client:
        client.send(request("PUT", "/up", fields=[*signing.fields, ("Content-Length", str(len(wire)))], host=watched.authority))
        client.send(wire[:-20])
        client.end()
        refused(watched, client.read_response("PUT"), 400, "body_incomplete")
    assert watched.upstream.requests == []


def test_an_answer_that_has_begun_is_cut(rig):
    def script(connection):
        connection.read_head()
        assert connection.wire.read_exactly(4) == b"four"
        connection.send(b"HTTP/1.1 200 Fine\r\nContent-Length: 100\r\n\r\nbegun")
        connection.stall()

    gateway = rig.gateway(configuration(rig.upstream(script=script).url), environment={"CI_SECRET": SECRET})
    signing = signer(gateway, 8)
    chunks = signing.body([b"four", b"more"])
    with gateway.client() as client:
        client.send(request("PUT", "/up", fields=[*signing.fields, ("Content-Length", str(sum(map(len, chunks))))], host=gateway.authority) + chunks[0])
        assert client.read_head().status == 200
        assert client.wire.read_exactly(5) == b"begun"
        client.send(flip(chunks[1]))
        with pytest.raises(Ended):
            client.wire.read_exactly(95)
    assert gateway.wait_access(reason="sigv4_chunk_mismatch")["status"] == 200


def test_a_body_may_be_validated(gateway):
    body = json.dumps({"count": 1}).encode()
    fields = [("Content-Type", "application/json"), ("Content-Encoding", "aws-chunked")]
    passes(gateway, put(gateway, [body[:5], body[5:]], target="/checked", fields=fields), body)
    answer = put(gateway, [b"{", b"}"], target="/checked", fields=fields)
    assert (answer.status, answer.json()["reason"]) == (400, "schema_violation")
    refused(gateway, put(gateway, [b"{", b"}"], target="/checked", fields=fields, change=lambda wire: [wire[0], flip(wire[1]), wire[2]]), 403,
            "sigv4_chunk_mismatch")


def test_unsigned_chunks_pass_where_unsigned_bodies_do(gateway):
    how = {"target": "/s3/a", "service": "s3", "form": UNSIGNED}
    passes(gateway, put(gateway, [b"x" * 70000, b"y"], trailers=CHECKSUM, **how), b"x" * 70000 + b"y")
    passes(gateway, put(gateway, [b"x"], **how), b"x")
    refused(gateway, put(gateway, [b"x"], change=lambda wire: [wire[0], b"0\r\nx-other:1\r\n\r\n"], **how), 403, "sigv4_trailer")


def test_an_s3_client_uploads(gateway):
    """botocore frames and signs; what it would send over TLS goes to the gateway as it is."""
    answers, sent = [], []

    def carry(request, **_):
        target = request.url.partition(gateway.authority)[2]
        fields = [(name, value.decode() if isinstance(value, bytes) else str(value)) for name, value in request.headers.items()]
        sent.append(dict(fields).values())
        body = request.body.read() if hasattr(request.body, "read") else request.body
        answers.append(gateway.exchange("PUT", target, fields=fields, body=in_http_chunks(body), host=gateway.authority))
        return botocore.awsrequest.AWSResponse(request.url, answers[-1].status, {}, types.SimpleNamespace(stream=list))

    session = botocore.session.Session()
    session.set_credentials("ci", SECRET)
    client = session.create_client("s3", "us-east-1", endpoint_url=f"https://{gateway.authority}", config=botocore.config.Config(
        s3={"addressing_style": "path"}, retries={"max_attempts": 0}))
    client.meta.events.register("before-send.s3.PutObject", carry)
    body = bytes(range(256)) * 8000
    client.put_object(Bucket="s3", Key="a folder/näme+", Body=io.BytesIO(body), ChecksumAlgorithm="CRC32")
    seen = passes(gateway, answers[-1], body)
    assert UNSIGNED in sent[-1]
    assert seen.target == "/s3/a%20folder/n%C3%A4me%2B"
