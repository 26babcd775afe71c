"""nginx as the backend: what a real server does with kept connections, files, ranges and its own limits."""
import gzip
import os
import threading

import pytest
from gateway import free_port
from patience import PATIENCE
from raw_client import RawClient, chunked
from servers import Nginx

MEGABYTE = os.urandom(1024 * 1024)


@pytest.fixture(scope="module")
def nginx(shared_rig, tmp_path_factory):
    server = shared_rig.keep(Nginx(tmp_path_factory.mktemp("nginx"), free_port()))
    (server.folder / "www/mega.bin").write_bytes(MEGABYTE)
    (server.folder / "www/text.txt").write_text("some text\n" * 100)
    return server


@pytest.fixture(scope="module")
def front(shared_rig, nginx):
    return shared_rig.proxy(nginx)


def test_one_megabyte_arrives_unchanged(front):
    client = front.client()
    for _ in range(5):
        answer = client.get("/mega.bin")
        assert (answer.status, answer.body == MEGABYTE) == (200, True)
        assert answer.fields["accept-ranges"] == "bytes"


def test_kept_connection_serves_many_requests(front):
    seen = [front.get("/connection").body.split() for _ in range(20)]
    assert len({connection for connection, _ in seen}) == 1
    counts = [int(count) for _, count in seen]
    assert counts == list(range(counts[0], counts[0] + 20))


def test_ranges_and_conditions_pass(front):
    answer = front.get("/mega.bin", fields=[("Range", "bytes=1000-1999")])
    assert (answer.status, answer.body) == (206, MEGABYTE[1000:2000])
    answer = front.get("/mega.bin", fields=[("If-None-Match", answer.fields["etag"])])
    assert (answer.status, answer.body) == (304, b"")


def test_statuses_without_a_body_pass(front):
    client = front.client()
    assert client.get("/no-content").status == 204
    assert client.exchange("HEAD", "/mega.bin").fields["content-length"] == str(len(MEGABYTE))
    assert client.get("/teapot").status == 418
    assert client.get("/absent").status == 404


def test_encoding_of_the_backend_passes(front):
    answer = front.get("/gzip/text.txt", fields=[("Accept-Encoding", "gzip")])
    assert answer.fields["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == b"some text\n" * 100


def test_uploads_pass_in_both_framings(front):
    client = front.client()
    for fields, body in (([], MEGABYTE), ([("Transfer-Encoding", "chunked")], chunked(MEGABYTE[:500_000], MEGABYTE[500_000:]))):
        answer = client.exchange("POST", "/buffered", fields=fields, body=body)
        assert (answer.status, answer.body) == (200, b"%d\n" % len(MEGABYTE))
    assert client.get("/connection").status == 200


def test_answer_of_nginx_before_the_upload_is_complete(front):
    """It answers at once and reads the body afterwards, or not at all."""
    for _ in range(5):
        with front.client() as client:
            assert client.exchange("POST", "/upload", body=MEGABYTE).body == b"%d\n" % len(MEGABYTE)


def test_forwarded_fields_reach_nginx(front, nginx):
    answer = front.get("/echo-headers")
    assert answer.body == f"{nginx.address.split(':')[0]}|127.0.0.1|1.1 gatehouse\n".encode()


def test_backend_that_ends_kept_connections_loses_no_request(rig, tmp_path):
    """nginx closes every connection after 7 requests."""
    server = rig.keep(Nginx(tmp_path / "nginx", free_port(), requests=7))
    gateway = rig.proxy(server, workers=2)
    failures = []

    def work():
        try:
            with RawClient(gateway.address) as client:
                for _ in range(100):
                    assert client.exchange("POST", "/connection", body=b"").status == 200
                    assert client.get("/connection").status == 200
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert failures == []


def test_restart_of_the_backend_is_survived(rig, tmp_path):
    port = free_port()
    first = Nginx(tmp_path / "first", port)
    gateway = rig.proxy(first, backend={"ejection": {"failures": 0}})
    client = gateway.client()
    assert client.get("/connection").status == 200
    first.stop()
    assert client.get("/connection").status == 502
    rig.keep(Nginx(tmp_path / "second", port))
    assert client.get("/connection").status == 200
