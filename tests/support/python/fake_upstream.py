"""A backend that does what a test tells it, also what no backend should: stalls, cuts, resets, garbage. Remembers every
request and every byte. One thread for each connection."""
import dataclasses
import socket
import threading

from patience import PATIENCE, wait_for
from wire import REQUEST_LINE, Ended, Fields, Wire, framing_of, hang_up, reset


@dataclasses.dataclass
class Request:
    method: str
    target: str
    version: str
    fields: Fields
    connection: int  # number of the connection, from 0
    body: bytes = b""
    trailers: Fields | None = None  # None: not chunked
    chunks: list | None = None
    raw: bytes = b""  # head and body as they came


class Connection:
    """What a script has in hand."""

    def __init__(self, upstream, sock, number):
        self.upstream = upstream
        self.socket = sock
        self.number = number
        self.wire = Wire(sock, record=True)
        self.ended = threading.Event()

    # ---- Reading

    def read_head(self):
        """A request's head; None when the gateway ended the connection instead."""
        try:
            method, target, version = self.wire.read_start(REQUEST_LINE, "between requests")
        except Ended:
            if self.wire.buffer:
                raise
            return None
        return Request(method, target, version, self.wire.read_fields("within a head"), self.number)

    def read_body(self, request):
        framing = framing_of(request.fields)
        if framing == "chunked":
            request.chunks, request.trailers = self.wire.read_chunks()
            request.body = b"".join(request.chunks)
        elif framing:
            request.body = self.wire.read_exactly(framing)
        return request

    def read_request(self):
        """A whole request, remembered; None when the gateway ended the connection instead."""
        del self.wire.recorded[:]
        before = bytes(self.wire.buffer)
        request = self.read_head()
        if request is None:
            return None
        self.read_body(request)
        seen = before + bytes(self.wire.recorded)
        request.raw = seen[: len(seen) - len(self.wire.buffer)]
        self.upstream.remember(request)
        return request

    def read_to_end(self):
        return self.wire.read_to_end()

    # ---- Answering

    def send(self, data):
        self.wire.send(data)

    def answer(self, body=b"upstream\n", status=200, fields=(), reason="Fine"):
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in fields), f"Content-Length: {len(body)}"]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def stall(self):
        """Says nothing until the gateway gives up on this connection, or the test is over."""
        try:
            self.wire.read_to_end()
        except Ended:
            pass

    def close(self):
        hang_up(self.socket)

    def reset(self):
        reset(self.socket)


def answer_ok(_request, connection):
    connection.answer()


class FakeUpstream:
    """`serve(request, connection)` is called for every request. `script(connection)` has a connection for itself instead."""

    def __init__(self, serve=answer_ok, script=None, tls=None, host="127.0.0.1", port=0, receive_buffer=None):
        self.serve = serve
        self.script = script or self.serve_requests
        self.tls = tls
        self.requests = []
        self.connections = []
        self.errors = []
        self.changed = threading.Condition()
        self.stopping = threading.Event()
        self.threads = []
        self.listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer is not None:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.listener.bind((host, port))
        self.listener.listen(1024)
        self.address = self.listener.getsockname()[:2]
        self.spawn(self.accept)

    @property
    def port(self):
        return self.address[1]

    @property
    def authority(self):
        host, port = self.address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://{self.authority}"

    # ---- What was seen

    def remember(self, request):
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()

    def wait_requests(self, count=1):
        """Waits until that many requests have come, and returns them all."""
        return self.wait_until(lambda: self.requests[:] if len(self.requests) >= count else None, f"{count} requests")

    def wait_connections(self, count=1):
        return self.wait_until(lambda: self.connections[:] if len(self.connections) >= count else None, f"{count} connections")

    def wait_until(self, look, what):
        with self.changed:
            assert self.changed.wait_for(look, PATIENCE), f"the upstream did not see {what}: {self.requests}"
            return look()

    def targets(self):
        return [request.target for request in self.requests]

    @property
    def last(self):
        return self.requests[-1]

    # ---- Threads

    def spawn(self, work, *arguments):
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.spawn(self.run, sock)

    def run(self, sock):
        if self.tls:
            try:
                sock.settimeout(PATIENCE)
                sock = self.tls.wrap_socket(sock, server_side=True)
            except OSError:
                sock.close()
                return
        with self.changed:
            connection = Connection(self, sock, len(self.connections))
            self.connections.append(connection)
            self.changed.notify_all()
        try:
            self.script(connection)
        except (Ended, OSError):
            pass  # the gateway gave up on this connection: for the test to judge
        except Exception as error:  # what the gateway sent is wrong, or the script is
            self.errors.append(error)
        finally:
            connection.close()
            connection.ended.set()

    def serve_requests(self, connection):
        while request := connection.read_request():
            self.serve(request, connection)
            if connection.socket.fileno() < 0:
                return

    def pause(self, event):
        """For scripts: waits until the test sets the event, or is over."""
        while not event.wait(0.05):
            if self.stopping.is_set():
                raise Ended("because the test is over")

    def drop_connections(self):
        """Closes every connection as a backend that restarts does."""
        for connection in self.connections:
            connection.close()
        for connection in self.connections:
            wait_for(connection.ended, "the end of a connection")

    def stop(self):
        """Ends everything. What went wrong in a script is raised here."""
        self.stopping.set()
        hang_up(self.listener)
        with self.changed:
            connections = self.connections[:]
        for connection in connections:
            hang_up(connection.socket)
        for thread in self.threads:
            thread.join(PATIENCE)
        if self.errors:
            raise self.errors[0]


def refusing_address():
    """A port that is taken and refuses connections. Keep the socket as long as that matters."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock


class SilentListener:
    """A listener whose queue is full: connecting to it neither works nor fails."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.fillers = []
        while True:
            filler = socket.socket()
            self.fillers.append(filler)
            filler.settimeout(0.2)
            try:
                filler.connect(self.listener.getsockname())
            except TimeoutError:
                return

    def stop(self):
        for sock in (*self.fillers, self.listener):
            sock.close()
