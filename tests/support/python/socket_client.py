"""A client of a WebSocket API: texts and JSON out, texts, JSON and the end in."""
import json

from raw_client import request
from websocket_frames import BINARY, CLOSE, TEXT, close_frame, frame, offer, read_frame


def handshake(gateway, target="/ws", fields=()):
    """The client and the answer's head."""
    client = gateway.client()
    client.send(request("GET", target, fields=[*offer(), *fields]))
    return client, client.read_head()


class Socket:
    def __init__(self, gateway, target="/ws", fields=()):
        self.client, self.head = handshake(gateway, target, fields)
        assert self.head.status == 101, self.head

    def send(self, message):
        if isinstance(message, bytes):
            return self.client.send(frame(BINARY, message))
        return self.client.send(frame(TEXT, (message if isinstance(message, str) else json.dumps(message)).encode()))

    def receive(self):
        """The next message: bytes when it is binary."""
        opcode, payload, final = read_frame(self.client.wire)
        assert final and opcode in (TEXT, BINARY), (opcode, payload)
        return payload if opcode == BINARY else payload.decode()

    def receive_json(self):
        return json.loads(self.receive())

    def ask(self, message):
        self.send(message)
        return self.receive()

    def close(self, code=1000, reason=b""):
        """Closes in order; the code that the gateway answers with."""
        self.client.send(close_frame(code, reason))
        return self.receive_close()

    def receive_close(self):
        opcode, payload, _ = read_frame(self.client.wire)
        assert opcode == CLOSE, (opcode, payload)
        return int.from_bytes(payload[:2], "big") if payload else None
