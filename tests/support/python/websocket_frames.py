"""Frames of WebSocket (RFC 6455) byte by byte, for tests that say exactly what goes over a connection."""
import base64
import hashlib
import os

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(opcode, payload=b"", *, final=True, masked=True, reserved=0):
    head = bytearray([(0x80 if final else 0) | reserved << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if len(payload) < 126:
        head.append(mask_bit | len(payload))
    elif len(payload) < 1 << 16:
        head += bytes([mask_bit | 126]) + len(payload).to_bytes(2, "big")
    else:
        head += bytes([mask_bit | 127]) + len(payload).to_bytes(8, "big")
    if not masked:
        return bytes(head) + payload
    key = os.urandom(4)
    return bytes(head) + key + bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def close_frame(code, reason=b"", **how):
    return frame(CLOSE, code.to_bytes(2, "big") + reason, **how)


def read_frame(wire):
    """(opcode, payload, final) of the next frame."""
    first, second = wire.read_exactly(2)
    length = second & 0x7F
    if length >= 126:
        length = int.from_bytes(wire.read_exactly(2 if length == 126 else 8), "big")
    key = wire.read_exactly(4) if second & 0x80 else bytes(4)
    payload = bytes(byte ^ key[i % 4] for i, byte in enumerate(wire.read_exactly(length)))
    return first & 0x0F, payload, bool(first & 0x80)


def offer(key=None, **fields):
    """The fields of a handshake."""
    key = key or base64.b64encode(os.urandom(16)).decode()
    return [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", key), ("Sec-WebSocket-Version", "13"), *fields.items()]


def accept(request, *fields):
    """The 101 to a request."""
    digest = base64.b64encode(hashlib.sha1(request.fields["sec-websocket-key"].encode() + GUID).digest()).decode()
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {digest}",
             *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
