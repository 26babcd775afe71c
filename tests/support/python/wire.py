"""HTTP/1.1 messages on a socket, read strictly: what RFC 9112 does not allow raises Malformed. Shared by the raw client and
the fake upstream, and by nobody that is tested."""
import re
import socket
import time

from patience import PATIENCE

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*\Z")
CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}\Z")
STATUS_LINE = re.compile(rb"(HTTP/1\.[01]) ([1-5][0-9][0-9]) ([\t\x20-\x7e\x80-\xff]*)\Z")
REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) (HTTP/1\.[01])\Z")
READ = 256 * 1024


class Malformed(Exception):
    pass


class Ended(Exception):
    """The peer closed the connection within, or instead of, a message. `reset`: by a reset."""

    def __init__(self, where, reset=False):
        super().__init__(f"{'reset' if reset else 'closed'} {where}")
        self.reset = reset


class Fields:
    """Header or trailer fields, as they came."""

    def __init__(self, pairs=()):
        self.pairs = [(name, value) for name, value in pairs]

    def all(self, name):
        return [value for key, value in self.pairs if key.lower() == name.lower()]

    def get(self, name, default=None):
        found = self.all(name)
        assert len(found) <= 1, f"{name} stands {len(found)} times: {found}"
        return found[0] if found else default

    def __getitem__(self, name):
        value = self.get(name)
        assert value is not None, f"no {name} among {self.pairs}"
        return value

    def __contains__(self, name):
        return bool(self.all(name))

    def __repr__(self):
        return repr(self.pairs)


class Wire:
    """One end of a connection. Every read has a deadline; what was received can be recorded."""

    def __init__(self, sock, record=False):
        self.socket = sock
        self.buffer = bytearray()
        self.recorded = bytearray() if record else None

    # ---- Bytes

    def send(self, data, patience=PATIENCE):
        self.socket.settimeout(patience)
        self.socket.sendall(data)

    def fill(self, patience=PATIENCE):
        """Receives more. False when the peer ended its side."""
        self.socket.settimeout(max(patience, 0.001))
        data = self.socket.recv(READ)
        self.buffer += data
        if self.recorded is not None:
            self.recorded += data
        return bool(data)

    def need(self, enough, where):
        """Receives until enough(buffer) is true."""
        end = time.monotonic() + PATIENCE
        while not (found := enough()):
            try:
                more = self.fill(end - time.monotonic())
            except TimeoutError:
                raise TimeoutError(f"nothing more {where}; received: {bytes(self.buffer[:300])!r}") from None
            except ConnectionError as error:
                raise Ended(where, reset=True) from error
            if not more:
                raise Ended(where)
        return found

    def take(self, count):
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def read_exactly(self, count, where="within a body"):
        self.need(lambda: len(self.buffer) >= count, where)
        return self.take(count)

    def read_line(self, where):
        self.need(lambda: b"\n" in self.buffer, where)
        line = self.take(self.buffer.index(b"\n") + 1)
        if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
            raise Malformed(f"a line must end with CR LF alone: {line!r}")
        return line[:-2]

    def read_to_end(self):
        """What comes until the peer ends its side."""
        try:
            while self.fill():
                pass
        except ConnectionError as error:
            raise Ended("instead of an orderly end", reset=True) from error
        return self.take(len(self.buffer))

    # ---- Messages

    def read_fields(self, where):
        pairs = []
        while line := self.read_line(where):
            name, colon, value = line.partition(b":")
            if not colon or not TOKEN.match(name) or not VALUE.match(value):
                raise Malformed(f"no field: {line!r}")
            pairs.append((name.decode("ascii"), value.strip(b" \t").decode("latin-1")))
        return Fields(pairs)

    def read_start(self, pattern, where):
        line = self.read_line(where)
        match = pattern.match(line)
        if not match:
            raise Malformed(f"no start line: {line!r}")
        return [group.decode("latin-1") for group in match.groups()]

    def read_chunk(self):
        """The next chunk's data and None; or, at the end, b"" and the trailers."""
        line = self.read_line("within a chunked body")
        if not CHUNK_SIZE.match(line):
            raise Malformed(f"no chunk size: {line!r}")
        size = int(line, 16)
        if size == 0:
            return b"", self.read_fields("within trailers")
        data = self.read_exactly(size, "within a chunk")
        if self.read_exactly(2) != b"\r\n":
            raise Malformed("a chunk does not end with CR LF")
        return data, None

    def read_chunks(self):
        chunks = []
        while True:
            data, trailers = self.read_chunk()
            if not data:
                return chunks, trailers
            chunks.append(data)


def framing_of(fields):
    """"chunked", a length, or None. Both at once, or either repeated, is malformed."""
    codings, lengths = fields.all("transfer-encoding"), fields.all("content-length")
    if codings:
        if codings != ["chunked"] or lengths:
            raise Malformed(f"framing: {codings} {lengths}")
        return "chunked"
    if not lengths:
        return None
    if len(lengths) > 1 or not re.fullmatch("[0-9]+", lengths[0]):
        raise Malformed(f"framing: {lengths}")
    return int(lengths[0])


def reset(sock):
    """Closes with a reset instead of an orderly end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()


def hang_up(sock):
    """Closes in a way that another thread which reads or writes notices."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    sock.close()
