"""An issuer of tokens that does what a test tells it: discovery and keys over HTTP, also slow, broken, huge, or not at all. Tokens are
made by the cryptography package, which shares nothing with what verifies them."""
import base64
import hashlib
import hmac
import json
import threading
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from fake_upstream import FakeUpstream


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Key:
    """A key pair of one algorithm: RS256, PS256, ES256 or EdDSA."""

    def __init__(self, kid, algorithm="RS256", bits=2048):
        self.kid = kid
        self.algorithm = algorithm
        if algorithm in ("RS256", "PS256"):
            self.private = rsa.generate_private_key(65537, bits)
        elif algorithm == "ES256":
            self.private = ec.generate_private_key(ec.SECP256R1())
        else:
            self.private = ed25519.Ed25519PrivateKey.generate()

    def jwk(self, **more):
        public = self.private.public_key()
        if self.algorithm in ("RS256", "PS256"):
            facts = public.public_numbers()
            key = {"kty": "RSA", "n": number(facts.n), "e": number(facts.e)}
        elif self.algorithm == "ES256":
            facts = public.public_numbers()
            key = {"kty": "EC", "crv": "P-256", "x": number(facts.x, 32), "y": number(facts.y, 32)}
        else:
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            key = {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
        return {**key, "use": "sig", "alg": self.algorithm, **({"kid": self.kid} if self.kid else {}), **more}

    def pem(self):
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, text):
        if self.algorithm == "RS256":
            return self.private.sign(text, padding.PKCS1v15(), hashes.SHA256())
        if self.algorithm == "PS256":
            return self.private.sign(text, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        if self.algorithm == "ES256":
            r, s = decode_dss_signature(self.private.sign(text, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return self.private.sign(text)


def encode(header, claims, sign):
    """A token out of these parts; texts are taken as they stand."""
    parts = [part if isinstance(part, str) else json.dumps(part) for part in (header, claims)]
    text = ".".join(b64(part.encode()) for part in parts)
    return f"{text}.{b64(sign(text.encode()))}"


def hmac_token(secret, claims, header=None):
    return encode(header or {"alg": "HS256", "typ": "JWT"}, claims, lambda text: hmac.new(secret, text, hashlib.sha256).digest())


def good_claims(issuer, **claims):
    """Claims for the audience shop, but for what is said here; None takes one out."""
    now = int(time.time())
    whole = {"iss": issuer, "aud": "shop", "sub": "alice", "iat": now, "exp": now + 600, **claims}
    return {name: value for name, value in whole.items() if value is not None}


class FakeIssuer(FakeUpstream):
    """Serves /.well-known/openid-configuration and /keys. `behave(request, connection)` takes over while it is set."""

    def __init__(self, *keys, port=0, tls=None, path=""):
        self.keys = list(keys) or [Key("one")]
        self.path = path
        self.behave = None
        self.issuer_said = None  # what discovery says instead of the truth
        super().__init__(self.answer_document, port=port, tls=tls)

    @property
    def issuer(self):
        return self.url + self.path

    @property
    def keys_asked(self):
        return self.targets().count("/keys")

    def jwks(self):
        return json.dumps({"keys": [key.jwk() for key in self.keys]}).encode()

    def answer_document(self, request, connection):
        if self.behave:
            self.behave(request, connection)
        elif request.target == self.path + "/.well-known/openid-configuration":
            self.answer_json(connection, {"issuer": self.issuer_said or self.issuer, "jwks_uri": f"{self.url}/keys"})
        elif request.target == "/keys":
            connection.answer(self.jwks(), fields=[("Content-Type", "application/json")])
        else:
            connection.answer(b"", 404)

    @staticmethod
    def answer_json(connection, document):
        connection.answer(json.dumps(document).encode(), fields=[("Content-Type", "application/json")])

    def claims(self, **claims):
        return good_claims(self.issuer, **claims)

    def token(self, key=None, header=None, **claims):
        """A good one, but for what is said here; None takes a claim out."""
        key = key or self.keys[0]
        whole = {"alg": key.algorithm, "typ": "JWT", **({"kid": key.kid} if key.kid else {}), **(header or {})}
        return encode({name: value for name, value in whole.items() if value is not None}, self.claims(**claims), key.sign)


class Gate:
    """Holds answers back until a test lets them go."""

    def __init__(self, issuer):
        self.issuer = issuer
        self.open = threading.Event()

    def __call__(self, request, connection):
        self.issuer.pause(self.open)
        behave, self.issuer.behave = self.issuer.behave, None
        try:
            self.issuer.answer_document(request, connection)
        finally:
            self.issuer.behave = behave
