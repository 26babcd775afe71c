"""Large bodies need no memory: who is slow at one end stops who is fast at the other."""
import threading
import zlib

import pytest
from patience import PATIENCE, SANITIZED, SLOW
from raw_client import request

KIB = 1024
MIB = 1024 * 1024
SIZE = 448 * MIB if SLOW else 1024 * MIB
MEMORY = 64 * MIB
BLOCK = bytes(range(256)) * (MIB // 256)
LARGE_BODIES = [{"address": "127.0.0.1:0", "limits": {"body": "2GB"}}]


def checksum_of(size):
    checksum = 0
    for _ in range(size // MIB):
        checksum = zlib.crc32(BLOCK, checksum)
    return checksum


@pytest.fixture(scope="module")
def expected():
    return checksum_of(SIZE)


def send_body(sock, chunked):
    sock.settimeout(PATIENCE)
    for _ in range(SIZE // MIB):
        if chunked:
            sock.sendall(b"%x\r\n" % MIB + BLOCK + b"\r\n")
        else:
            sock.sendall(BLOCK)
    if chunked:
        sock.sendall(b"0\r\n\r\n")


def receive_body(wire, size):
    """The checksum of a body of that length."""
    checksum = zlib.crc32(bytes(wire.buffer))
    left = size - len(wire.buffer)
    wire.buffer.clear()
    wire.socket.settimeout(PATIENCE)
    space = memoryview(bytearray(MIB))
    while left:
        count = wire.socket.recv_into(space, min(left, MIB))
        assert count, f"{left} bytes are missing"
        checksum = zlib.crc32(space[:count], checksum)
        left -= count
    return checksum


def receive_chunks(wire):
    checksum = total = 0
    while data := wire.read_chunk()[0]:
        checksum = zlib.crc32(data, checksum)
        total += len(data)
    return checksum, total


def expect_little_memory(gateway, before):
    gateway.expect_little_growth(before, MEMORY)
    if not SANITIZED:
        assert gateway.peak_memory() < MEMORY


@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_large_download_needs_no_memory(rig, expected, coding):
    def serve(_request, connection):
        framing = b"Content-Length: %d" % SIZE if coding == "length" else b"Transfer-Encoding: chunked"
        connection.wire.send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n")
        send_body(connection.socket, coding == "chunked")

    gateway = rig.proxy(rig.upstream(serve))
    client = gateway.client()
    before = gateway.peak_memory()
    client.send(request("GET", "/large"))
    answer = client.read_head()
    assert answer.status == 200
    if coding == "length":
        assert receive_body(client.wire, SIZE) == expected
    else:
        assert receive_chunks(client.wire) == (expected, SIZE)
    client.expect_open()
    expect_little_memory(gateway, before)


@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_large_upload_needs_no_memory(rig, expected, coding):
    seen = []

    def script(connection):
        head = connection.read_head()
        if coding == "length":
            seen.append(receive_body(connection.wire, int(head.fields["content-length"])))
        else:
            seen.append(receive_chunks(connection.wire)[0])
        connection.answer(b"done")
        connection.stall()

    gateway = rig.proxy(rig.upstream(script=script), listeners=LARGE_BODIES)
    before = gateway.peak_memory()
    client = gateway.client()
    client.send(request("POST", "/large", fields=[("Content-Length", str(SIZE)) if coding == "length"
                                                  else ("Transfer-Encoding", "chunked")]))
    send_body(client.socket, coding == "chunked")
    assert client.read_response().body == b"done"
    assert seen == [expected]
    expect_little_memory(gateway, before)


# What the sockets between the two ends may hold: their buffers grow to several megabytes each.
IN_FLIGHT = 48 * MIB


def send_until_stuck(send, most):
    """Sends until the other side has taken nothing for a second; how much it took."""
    sent = 0
    try:
        while sent < most:
            send(BLOCK)
            sent += len(BLOCK)
    except TimeoutError:
        pass
    return sent


def test_slow_reader_stops_the_backend(rig):
    taken = []
    stuck, go_on = threading.Event(), threading.Event()

    def serve(_request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\n\r\n")  # until close
        taken.append(send_until_stuck(lambda data: connection.wire.send(data, 1.0), 8 * IN_FLIGHT))
        stuck.set()
        connection.upstream.pause(go_on)

    gateway = rig.proxy(rig.upstream(serve))
    before = gateway.peak_memory()
    client = gateway.client(receive_buffer=4096)
    client.send(request("GET", "/"))
    assert client.read_head().status == 200
    assert stuck.wait(PATIENCE)
    assert taken[0] < IN_FLIGHT
    expect_little_memory(gateway, before)
    # Everybody else is served meanwhile, and the slow one goes on where it stopped.
    assert gateway.ask_admin("/healthz").status == 200
    assert client.wire.read_chunk()[0][:256] == BLOCK[:256]
    go_on.set()


def test_slow_backend_stops_the_client(rig):
    seen, go_on = threading.Event(), threading.Event()

    def script(connection):
        connection.read_head()
        seen.set()
        connection.upstream.pause(go_on)

    gateway = rig.proxy(rig.upstream(script=script, receive_buffer=4096), listeners=LARGE_BODIES)
    before = gateway.peak_memory()
    client = gateway.client()
    client.send(request("POST", "/", fields=[("Content-Length", str(1024 * MIB))]))
    assert seen.wait(PATIENCE)
    taken = send_until_stuck(lambda data: client.wire.send(data, 1.0), 8 * IN_FLIGHT)
    assert taken < IN_FLIGHT
    expect_little_memory(gateway, before)
    go_on.set()
