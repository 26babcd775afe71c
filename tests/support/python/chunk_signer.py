"""A client of its own that signs bodies in chunks, written from Amazon's description (S3 API Reference, "Signature calculations for the
Authorization header: transferring payload in multiple chunks" and "… including trailing headers") with nothing but hmac and hashlib."""
import datetime
import hashlib
import hmac

PLAIN = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
EMPTY = hashlib.sha256(b"").hexdigest()


def keyed(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256)


class ChunkSigner:
    """Signs one request: `fields` are those to send, `chunk()` gives one chunk after the other, `last()` what ends the body."""

    def __init__(self, method, path, host, length, key, secret, form=PLAIN, service="execute-api", region="us-east-1", fields=(), trailers=(),
                 time=None):
        self.form = form
        self.trailers = sorted(trailers)
        self.time = time or datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        self.scope = f"{self.time[:8]}/{region}/{service}/aws4_request"
        self.key = ("AWS4" + secret).encode()
        for part in self.scope.split("/"):
            self.key = keyed(self.key, part).digest()
        self.fields = [("X-Amz-Date", self.time), ("X-Amz-Content-Sha256", form), *fields]
        if length is not None:
            self.fields.append(("X-Amz-Decoded-Content-Length", str(length)))
        if trailers:
            self.fields.append(("X-Amz-Trailer", ",".join(name for name, _ in self.trailers)))
        self.previous = self.sign_head(method, path, [("host", host), *self.fields])
        self.fields.append(("Authorization", f"AWS4-HMAC-SHA256 Credential={key}/{self.scope},SignedHeaders={self.names},Signature={self.previous}"))

    def sign_head(self, method, path, fields):
        lines = sorted((name.lower(), value.strip()) for name, value in fields)
        self.names = ";".join(name for name, _ in lines)
        canonical = "\n".join([method, path, "", *(f"{name}:{value}" for name, value in lines), "", self.names, self.form])
        return self.sign("AWS4-HMAC-SHA256", hashlib.sha256(canonical.encode()).hexdigest())

    def sign(self, algorithm, *hashes):
        return keyed(self.key, "\n".join([algorithm, self.time, self.scope, *hashes])).hexdigest()

    def chunk(self, data, end=b"\r\n"):
        if self.form == UNSIGNED:
            return b"%x\r\n%s%s" % (len(data), data, end)
        self.previous = self.sign("AWS4-HMAC-SHA256-PAYLOAD", self.previous, EMPTY, hashlib.sha256(data).hexdigest())
        return b"%x;chunk-signature=%s\r\n%s%s" % (len(data), self.previous.encode(), data, end)

    def last(self):
        text = self.chunk(b"", end=b"")
        for name, value in self.trailers:
            text += f"{name}:{value}\r\n".encode()
        if self.form == TRAILER:
            canonical = "".join(f"{name}:{value}\n" for name, value in self.trailers)
            signature = self.sign("AWS4-HMAC-SHA256-TRAILER", self.previous, hashlib.sha256(canonical.encode()).hexdigest())
            text += f"x-amz-trailer-signature:{signature}\r\n".encode()
        return text + b"\r\n"

    def body(self, pieces):
        """All chunks, in a list."""
        return [*(self.chunk(piece) for piece in pieces), self.last()]
