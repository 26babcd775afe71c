"""Answers compressed on their way: negotiated, streamed, and never what must stay as it is."""
import gzip
import subprocess
import threading
import zlib

import pytest
from raw_client import request

TEXT = b'{"id":123,"name":"an item of the list"},' * 200


@pytest.fixture(scope="module")
def compressed(shared_rig):
    def serve(request, connection):
        if request.target == "/encoded":
            return connection.answer(gzip.compress(TEXT), fields=[("Content-Type", "application/json"), ("Content-Encoding", "gzip")])
        if request.target == "/image":
            return connection.answer(TEXT, fields=[("Content-Type", "image/png")])
        if request.target == "/small":
            return connection.answer(TEXT[:1023], fields=[("Content-Type", "application/json")])
        if request.target == "/chunked":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            for start in range(0, len(TEXT), 1000):
                piece = TEXT[start : start + 1000]
                connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            return connection.send(b"0\r\nX-Sum: 8\r\n\r\n")
        return connection.answer(TEXT, fields=[("Content-Type", "application/json"), ("ETag", '"v1"'), ("Accept-Ranges", "bytes"), ("Vary", "Origin")])

    upstream = shared_rig.upstream(serve)
    gateway = shared_rig.gateway({
        "backends": {"fake": {"targets": [upstream.url]}}, "compression": True,
        "apis": [{"name": "a", "routes": [
            {"match": "$default", "backend": "fake"},
            {"match": "GET /never", "backend": "fake", "compression": "none"},
            {"match": "GET /only-gzip", "backend": "fake", "compression": {"encodings": ["gzip"], "level": {"gzip": 9}}}]}]})
    gateway.upstream = upstream
    return gateway


def accept(codings):
    return [("Accept-Encoding", codings)]


def test_head_and_body_of_a_compressed_answer(compressed):
    answer = compressed.get("/x", fields=accept("gzip"))
    assert gzip.decompress(answer.body) == TEXT
    assert answer.fields["content-encoding"] == "gzip"
    assert answer.fields["content-length"] == str(len(answer.body))
    assert answer.fields["etag"] == 'W/"v1"'
    assert answer.fields.all("vary") == ["Origin, Accept-Encoding"]
    assert "accept-ranges" not in answer.fields


@pytest.mark.parametrize("codings, chosen", [
    ("gzip, deflate, br, zstd", "br"), ("gzip;q=1, br;q=0.5", "gzip"), ("zstd", "zstd"), ("identity", None), ("gzip;q=0", None), ("*;q=0.1", "br")])
def test_coding_follows_the_weights(compressed, codings, chosen):
    answer = compressed.get("/x", fields=accept(codings))
    assert (answer.status, answer.fields.get("content-encoding")) == (200, chosen)
    assert answer.fields.all("vary") == ["Origin, Accept-Encoding"]
    if chosen is None:
        assert (answer.body, answer.fields["etag"], answer.fields["accept-ranges"]) == (TEXT, '"v1"', "bytes")


@pytest.mark.parametrize("target, codings", [("/image", "gzip"), ("/small", "gzip"), ("/never", "gzip"), ("/only-gzip", "br")])
def test_what_is_not_compressed_arrives_as_it_was(compressed, target, codings):
    answer = compressed.get(target, fields=accept(codings))
    assert "content-encoding" not in answer.fields
    assert TEXT.startswith(answer.body)


def test_what_the_backend_encoded_is_not_encoded_again(compressed):
    answer = compressed.get("/encoded", fields=accept("gzip, br"))
    assert answer.fields.all("content-encoding") == ["gzip"]
    assert gzip.decompress(answer.body) == TEXT


def test_ranges_and_head_requests_are_left_alone(compressed):
    assert compressed.get("/x", fields=[*accept("gzip"), ("Range", "bytes=0-")]).body == TEXT
    head = compressed.exchange("HEAD", "/small", fields=accept("gzip"))
    assert "content-encoding" not in head.fields


def test_trailers_follow_a_compressed_body(compressed):
    answer = compressed.get("/chunked", fields=accept("gzip"))
    assert gzip.decompress(answer.body) == TEXT
    assert answer.trailers["x-sum"] == "8"


def test_events_arrive_one_by_one(rig):
    def serve(_, connection):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in range(3):
            connection.send(b"data: %d\n\n" % number)
            next_one.acquire()
        connection.close()

    next_one = threading.Semaphore(0)
    gateway = rig.proxy(rig.upstream(serve), compression=True)
    client = gateway.client()
    client.send(request("GET", "/events", fields=accept("gzip")))
    head = client.read_head()
    assert (head.status, head.fields["content-encoding"]) == (200, "gzip")
    inflate = zlib.decompressobj(wbits=31)
    for number in range(3):
        text = b""
        while not text.endswith(b"\n\n"):
            text += inflate.decompress(client.wire.read_chunk()[0])
        assert text == b"data: %d\n\n" % number
        next_one.release()


def test_curl_decodes_every_coding_it_knows(compressed):
    got = subprocess.run(["curl", "-sS", "--compressed", "-D", "-", f"{compressed.url}/x"], capture_output=True, check=True, timeout=30).stdout
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"content-encoding:" in head.lower()
    assert body == TEXT


def test_counts_bytes_before_and_after(compressed):
    compressed.get("/x", fields=accept("gzip"))
    after = compressed.metric("gatehouse_compression_output_bytes_total", encoding="gzip")
    assert 0 < after < compressed.metric("gatehouse_compression_input_bytes_total", encoding="gzip")
