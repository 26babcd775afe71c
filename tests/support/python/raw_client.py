"""A client that sends exactly the bytes it is given and reads answers with a strict parser of its own."""
import dataclasses
import json
import socket

from patience import PATIENCE
from wire import STATUS_LINE, Ended, Fields, Malformed, Wire, framing_of, hang_up, reset

HOST = "gateway.test"


def request(method, target, *, fields=(), body=None, host=HOST, version="HTTP/1.1"):
    """A well-formed request. `fields` are pairs; Content-Length is added for a body unless one frames it."""
    lines = [f"{method} {target} {version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in fields]
    names = {name.lower() for name, _ in fields}
    if body is not None and not names & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def chunked(*pieces, trailers=()):
    """A chunked body: each piece a chunk, the last one and the trailers included."""
    data = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return data + b"0\r\n" + b"".join(f"{name}: {value}\r\n".encode() for name, value in trailers) + b"\r\n"


@dataclasses.dataclass
class Response:
    version: str
    status: int
    reason: str
    fields: Fields
    body: bytes = b""
    trailers: Fields | None = None  # None: not chunked
    chunks: list | None = None
    informational: list = dataclasses.field(default_factory=list)

    def json(self):
        return json.loads(self.body)

    @property
    def closes(self):
        """Whether it says that the connection closes."""
        options = [option.strip().lower() for value in self.fields.all("connection") for option in value.split(",")]
        return "close" in options or (self.version == "HTTP/1.0" and "keep-alive" not in options)


class RawClient:
    def __init__(self, address, receive_buffer=None):
        self.socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wire = Wire(self.socket)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def address(self):
        return self.socket.getsockname()

    def send(self, data):
        self.wire.send(data)

    def end(self):
        """Ends this side; answers can still be read."""
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        hang_up(self.socket)

    def reset(self):
        reset(self.socket)

    # ---- Answers

    def read_head(self):
        """A head alone, 1xx ones included."""
        version, status, reason = self.wire.read_start(STATUS_LINE, "instead of an answer")
        return Response(version, int(status), reason, self.wire.read_fields("within a head"))

    def read_response(self, method="GET"):
        """The next final answer with its whole body; those with a 1xx status before it are kept beside it."""
        informational = []
        while (response := self.read_head()).status < 200:
            informational.append(response)
        response.informational = informational
        self.read_body(response, method)
        return response

    def read_body(self, response, method="GET"):
        framing = framing_of(response.fields)
        if method == "HEAD" or response.status in (204, 304):
            return
        if framing == "chunked":
            response.chunks, response.trailers = self.wire.read_chunks()
            response.body = b"".join(response.chunks)
        elif framing is not None:
            response.body = self.wire.read_exactly(framing)
        else:
            if not response.closes:
                raise Malformed("an answer without a length must say that the connection closes")
            response.body = self.wire.read_to_end()

    def exchange(self, method, target, **how):
        self.send(request(method, target, **how))
        return self.read_response(method)

    def get(self, target, **how):
        return self.exchange("GET", target, **how)

    # ---- The connection's end

    def expect_closed(self):
        """The gateway has ended the connection, in order and without another byte."""
        rest = self.wire.read_to_end()
        assert rest == b"", f"unexpected bytes before the end: {rest[:300]!r}"

    def expect_broken(self):
        """The same, but a reset will do."""
        try:
            self.expect_closed()
        except Ended:
            pass

    def expect_open(self):
        """Nothing has come: neither bytes nor the end. Says nothing about what comes later."""
        self.socket.setblocking(False)
        try:
            data = self.socket.recv(1)
        except BlockingIOError:
            return
        raise AssertionError(f"received {data!r}" if data else "the connection was closed")
