"""TLS towards backends: verified, by name, or refused."""
import json
import random
import socket
import ssl

import pytest
from gateway import complete, run
from pki import Authority
from wire import Ended

REFUSED = (502, {"message": "Bad Gateway"})


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("other-ca"), "Other CA")


def secure(rig, context, url_host="127.0.0.1", **tls):
    upstream = rig.upstream(tls=context)
    gateway = rig.proxy([f"https://{url_host}:{upstream.port}"], backend={"tls": tls, "ejection": {"failures": 0}} if tls else {})
    gateway.upstream = upstream
    return gateway


def expect_refused(gateway):
    answer = gateway.get("/")
    assert (answer.status, answer.json()) == REFUSED
    assert gateway.wait_access(reason="upstream_tls_failed")["status"] == 502
    assert gateway.upstream.requests == []


def test_known_authority_and_right_address(rig, authority):
    gateway = secure(rig, authority.server("by-ip", "IP:127.0.0.1"), ca=str(authority.certificate))
    client = gateway.client()
    for _ in range(3):
        assert client.get("/").body == b"upstream\n"
    assert client.exchange("POST", "/", body=b"x" * 300_000).status == 200
    assert len(gateway.upstream.last.body) == 300_000
    assert len(gateway.upstream.connections) == 1


def test_large_bodies_pass_both_ways(rig, authority):
    body = random.Random(1).randbytes(20_000_000)
    upstream = rig.upstream(lambda request, connection: connection.answer(request.body), tls=authority.server("large", "IP:127.0.0.1"))
    gateway = rig.proxy([upstream.url], backend={"tls": {"ca": str(authority.certificate)}},
                        listeners=[{"address": "127.0.0.1:0", "limits": {"body": "1GB"}}])
    client = gateway.client()
    for _ in range(2):
        assert client.exchange("POST", "/", body=body).body == body
    assert len(upstream.connections) == 1


def test_known_authority_and_right_name(rig, authority):
    context = authority.server("by-name", "DNS:localhost")
    names = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    gateway = secure(rig, context, url_host="localhost", ca=str(authority.certificate))
    assert gateway.get("/").status == 200
    assert names == ["localhost"]


def test_server_name_is_asked_for_and_checked(rig, authority):
    context = authority.server("internal", "DNS:orders.internal")
    names = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    gateway = secure(rig, context, ca=str(authority.certificate), server_name="orders.internal")
    assert gateway.get("/").status == 200
    assert names == ["orders.internal"]


def test_wrong_name_is_502(rig, authority):
    expect_refused(secure(rig, authority.server("wrong", "DNS:other.test"), url_host="localhost", ca=str(authority.certificate)))


def test_wrong_address_is_502(rig, authority):
    expect_refused(secure(rig, authority.server("wrong-ip", "IP:127.0.0.2"), ca=str(authority.certificate)))


def test_unknown_authority_is_502(rig, authority, stranger):
    expect_refused(secure(rig, stranger.server("stranger", "IP:127.0.0.1"), ca=str(authority.certificate)))


def test_authority_that_the_system_does_not_know_is_502(rig, authority):
    expect_refused(secure(rig, authority.server("unlisted", "IP:127.0.0.1")))


def test_expired_certificate_is_502(rig, authority):
    expect_refused(secure(rig, authority.server("expired", "IP:127.0.0.1", days=-1), ca=str(authority.certificate)))


def test_verification_can_be_switched_off(rig, stranger):
    assert secure(rig, stranger.server("unverified", "DNS:whoever.test"), verify=False).get("/").status == 200


def test_client_certificate_is_shown(rig, authority):
    certificate, key = authority.issue("gateway")
    context = authority.server("asking", "IP:127.0.0.1", ask_for_client=True)
    ca = str(authority.certificate)
    assert secure(rig, context, ca=ca, certificate=str(certificate), key=str(key)).get("/").status == 200
    assert secure(rig, context, ca=ca).get("/").status == 502


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")
def test_old_tls_is_502(rig, authority):
    context = authority.server("old", "IP:127.0.0.1")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    expect_refused(secure(rig, context, ca=str(authority.certificate)))


def test_plain_http_behind_an_https_url_is_502(rig):
    upstream = rig.upstream()
    gateway = rig.proxy([f"https://127.0.0.1:{upstream.port}"], backend={"retries": {"attempts": 0}})
    assert gateway.get("/").status == 502
    assert gateway.wait_access(reason="upstream_tls_failed")
    upstream.errors.clear()  # it was sent a TLS hello


def test_body_cut_without_a_close_notify_is_seen_as_cut(rig, authority):
    """Somebody on the path can cut a TCP connection, but not make it look complete."""
    def serve(_request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
        raw = connection.socket.detach()
        socket.socket(fileno=raw).close()

    upstream = rig.upstream(serve, tls=authority.server("cutting", "IP:127.0.0.1"))
    gateway = rig.proxy([upstream.url], backend={"tls": {"ca": str(authority.certificate)}})
    client = gateway.client()
    with pytest.raises(Ended):
        client.get("/")
    assert gateway.wait_access(reason="upstream_body_cut")


def test_missing_authority_file_stops_the_start(rig, tmp_path):
    (tmp_path / "gatehouse.yaml").write_text(json.dumps(complete({
        "backends": {"b": {"targets": ["https://127.0.0.1:1"], "tls": {"ca": str(tmp_path / "absent.pem")}}},
        "apis": [{"name": "a", "routes": [{"match": "$default", "backend": "b"}]}]})))
    done = run("run", str(tmp_path / "gatehouse.yaml"))
    assert done.returncode == 1
    assert "absent.pem" in done.stderr
