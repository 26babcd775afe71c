"""A small HTTP/1.1 client that sends an exact number of requests over connections it keeps open."""

import socket

HOST = "127.0.0.1"


def request_bytes(path: str, body_bytes: int = 0) -> bytes:
    method = "POST" if body_bytes else "GET"
    length = f"Content-Length: {body_bytes}\r\n" if body_bytes else ""
    return f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{length}\r\n".encode() + b"x" * body_bytes


class Connection:
    """One keep-alive connection; answers must be 200 with a Content-Length."""

    def __init__(self, port: int, timeout: float = 30):
        self.socket = socket.create_connection((HOST, port), timeout)

    def send(self, request: bytes):
        self.socket.sendall(request)

    def receive(self):
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._read(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if status.split()[1] != "200" or "content-length" not in fields:
            raise ConnectionError(f"unexpected answer: {status} {fields}")
        left = int(fields["content-length"]) - len(body)
        while left > 0:
            left -= len(self._read(min(left, 1 << 20)))

    def _read(self, most: int) -> bytes:
        data = self.socket.recv(most)
        if not data:
            raise ConnectionError("closed by the server")
        return data


def exchange(connections: list[Connection], request: bytes, rounds: int = 1):
    """Sends one request on each connection, then reads all answers, and so on for some rounds."""
    for _ in range(rounds):
        for connection in connections:
            connection.send(request)
        for connection in connections:
            connection.receive()
