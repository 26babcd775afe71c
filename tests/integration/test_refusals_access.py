"""Every refusal of who may call, in both error styles: exact status, fields and body."""
import base64
import json
import re

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from chunk_signer import TRAILER, ChunkSigner
from fake_issuer import Key, encode, good_claims, hmac_token
from refusal_case import SIGNATURE, check_aws, check_helpful, refusal

ISSUER = "https://id.example.test"
KEY, STRANGER = Key("one"), Key("one")
SECRET = "0123456789abcdef0123456789abcdef"
POLICY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/$default/GET/*"},
    {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/$default/GET/policy/secret"}]}
ARN = "arn:aws:execute-api:us-east-1:000000000000:a/$default/"
ANONYMOUS = f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {ARN}"
EXPLICIT_DENY = "User is not authorized to access this resource with an explicit deny"
REALM = 'Bearer realm="users"'


def bearer(token):
    return [("Authorization", f"Bearer {token}")]


def token(key=KEY, header=None, **claims):
    return encode({"alg": "RS256", "kid": "one", **(header or {})}, good_claims(ISSUER, **claims), key.sign)


# ---- JSON Web Tokens

def jwt(reason, why, made, detail=None, **how):
    challenge = {"www-authenticate": f'{REALM}, error="invalid_token", error_description="{why}"'}
    return refusal(reason, 401, "UNAUTHORIZED", detail or why, ("GET", "/jwt"), fields=bearer(made), told=challenge, told_by_amazon=challenge, **how)


JWT = [
    refusal("jwt_missing", 401, "UNAUTHORIZED", ask=("GET", "/jwt"), told={"www-authenticate": REALM}, told_by_amazon={"www-authenticate": REALM}),
    refusal("jwt_ambiguous", 400, "ACCESS_DENIED", "the request carries more than one token", ("GET", "/jwt"),
            fields=bearer(token()) + bearer(token()),
            told={"www-authenticate": f'{REALM}, error="invalid_request", error_description="the request carries more than one token"'}),
    jwt("jwt_too_large", "the token is longer than 16 KiB", "a" * 16385),
    jwt("jwt_malformed", "the header is not base64url", "a.b.c"),
    jwt("jwt_duplicate_member", "the header has a member twice", encode('{"alg":"RS256","kid":"one","kid":"one"}', good_claims(ISSUER), KEY.sign)),
    jwt("jwt_crit_unknown", "crit asks for extensions that are not supported", token(header={"crit": ["x"], "x": 1})),
    jwt("jwt_alg_not_allowed", "the algorithm is not one of the key's", hmac_token(KEY.pem(), good_claims(ISSUER), {"alg": "HS256", "kid": "one"})),
    jwt("jwt_key_unknown", "no key has the token's kid", token(header={"kid": "two"})),
    jwt("jwt_signature_invalid", "the signature is not one of the key's", token(STRANGER)),
    jwt("jwt_claim_missing", "a required claim is missing", token(sub=None), detail="a required claim is missing: sub"),
    jwt("jwt_expired", "the token has expired", token(exp=1_500_000_000)),
    jwt("jwt_not_yet_valid", "the token is not valid yet", token(nbf=4_000_000_000)),
    jwt("jwt_issuer_wrong", "the token is from another issuer", token(iss="https://evil.test")),
    jwt("jwt_audience_wrong", "the token is for another audience", token(aud="elsewhere")),
    refusal("jwt_keys_unavailable", 503, "AUTHORIZER_FAILURE", "the keys that the token could be verified with cannot be fetched", ("GET", "/lost"),
            fields=bearer(encode({"alg": "RS256", "kid": "one"}, good_claims("http://127.0.0.1:1"), KEY.sign)), told={"retry-after": None}),
    refusal("scope_missing", 403, "ACCESS_DENIED", "the caller has none of the scopes orders:write", ("GET", "/scoped"), fields=bearer(token()),
            told={"www-authenticate": 'Bearer error="insufficient_scope", scope="orders:write"'}),
    refusal("claim_mismatch", 403, "ACCESS_DENIED", "the claim team is not what the route asks for", ("GET", "/team"), fields=bearer(token())),
    refusal("claim_missing", 403, "ACCESS_DENIED", "the caller has no claim tenant", ("GET", "/tenant"), fields=bearer(token())),
]


# ---- Signatures

def claim(date="20150830T123600Z", key="ci", scope="us-east-1/execute-api/aws4_request", signed="host;x-amz-date", fields=()):
    """A signature that is none, for what is judged before it is computed, or because of it."""
    credential = f"{key}/{date[:8]}/{scope}"
    return [("X-Amz-Date", date), *fields,
            ("Authorization", f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={'0' * 64}")]


def by_botocore(method, target, key, body=None):
    """Asks with a good signature."""
    def send(gateway):
        signed = botocore.awsrequest.AWSRequest(method, gateway.url + target, data=body)
        botocore.auth.SigV4Auth(botocore.credentials.Credentials(key, SECRET), "execute-api", "us-east-1").add_auth(signed)
        fields = [(name, str(value)) for name, value in signed.prepare().headers.items() if name.lower() not in ("host", "content-length")]
        return gateway.exchange(method, target, fields=fields, host=gateway.authority)

    return send


def now_signed(mutate):
    """Asks with a time that is now, whatever else is wrong."""
    def send(gateway):
        signed = botocore.awsrequest.AWSRequest("POST", gateway.url + "/sigv4")
        botocore.auth.SigV4Auth(botocore.credentials.Credentials("ci", SECRET), "execute-api", "us-east-1").add_auth(signed)
        method, target, fields, body = mutate(signed.headers["X-Amz-Date"])
        return gateway.exchange(method, target, fields=fields, body=body, host=gateway.authority)

    return send


def signed_now(method="GET", target="/sigv4", body=None, **how):
    return now_signed(lambda date: (method, target, claim(date, **how), body))


def in_chunks(length, change, data=b"body", **how):
    """Sends a body of signed chunks to be held and looked at; `change` takes what goes on the wire and gives something else."""
    def send(gateway):
        signer = ChunkSigner("PUT", "/chunks", gateway.authority, length, "ci", SECRET, **how)
        fields = [*signer.fields, ("Content-Type", "application/json")]
        return gateway.exchange("PUT", "/chunks", fields=fields, body=change(b"".join(signer.body([data]))), host=gateway.authority)

    return send


def sigv4(reason, detail, amazon="INVALID_SIGNATURE", status=403, **how):
    how.setdefault("ask", ("GET", "/sigv4"))
    return refusal(reason, status, amazon, detail, **how)


def in_words(reason, text, exception="InvalidSignatureException", **how):
    """What Amazon says in words of its own."""
    return sigv4(reason, text, (403, text, exception), **how)


CHALLENGE = {"www-authenticate": "AWS4-HMAC-SHA256"}
TIME = r"\d{8}T\d{6}Z"
SIGV4 = [
    refusal("sigv4_missing", 401, "MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token", ("GET", "/sigv4"), told=CHALLENGE),
    in_words("sigv4_incomplete", re.compile("Authorization header requires 'Signature' parameter.*", re.DOTALL), "IncompleteSignatureException",
             fields=[("Authorization", "AWS4-HMAC-SHA256 Credential=ci")]),
    in_words("sigv4_bad_date", re.compile("Date must be in ISO-8601 'basic format'. Got 'yesterday'.*"), "IncompleteSignatureException",
             fields=claim("yesterday")),
    in_words("sigv4_expired", re.compile(f"Signature expired: 20150830T123600Z is now earlier than {TIME} \\({TIME} - 15 min.\\)"), fields=claim()),
    in_words("sigv4_not_yet_valid", re.compile(f"Signature not yet current: 20990830T123600Z is still later than {TIME} \\({TIME} \\+ 15 min.\\)"),
             fields=claim("20990830T123600Z")),
    in_words("sigv4_scope", "Credential should be scoped to correct service: 'execute-api'.", send=signed_now(scope="us-east-1/s3/aws4_request")),
    sigv4("sigv4_two_forms", re.compile(".*"), send=signed_now(target="/sigv4?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0")),
    in_words("sigv4_unsigned_header", "'X-Amz-Extra' must be a 'SignedHeader' in the AWS Authorization.", send=signed_now(fields=[("X-Amz-Extra", "1")])),
    sigv4("sigv4_bad_signed_headers", "'SignedHeaders' must list header names in lower case, sorted and separated by ';'.",
          send=signed_now(signed="x-amz-date;host")),
    sigv4("sigv4_mismatch", SIGNATURE, send=signed_now()),
    sigv4("sigv4_payload", "X-Amz-Content-Sha256 must be the SHA-256 of the body, 64 lower-case hexadecimal digits.",
          send=signed_now("POST", body=b"x", signed="host;x-amz-content-sha256;x-amz-date", fields=[("X-Amz-Content-Sha256", "short")])),
    sigv4("sigv4_unsigned_payload", "The body must be signed: UNSIGNED-PAYLOAD is not accepted here.",
          send=signed_now("POST", body=b"x", signed="host;x-amz-content-sha256;x-amz-date", fields=[("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")])),
    sigv4("sigv4_streaming_payload", "Bodies signed this way (STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD) are not accepted: sign the whole body, or its "
          "chunks as STREAMING-AWS4-HMAC-SHA256-PAYLOAD with the signature in Authorization.",
          send=signed_now("POST", body=b"x", signed="host;x-amz-content-sha256;x-amz-date",
                          fields=[("X-Amz-Content-Sha256", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")])),
    sigv4("sigv4_decoded_length", "X-Amz-Decoded-Content-Length must say how long the body is without the framing of its chunks.",
          send=in_chunks(None, lambda wire: wire)),
    sigv4("sigv4_chunk_malformed", "A chunk of the body begins with SIZE;chunk-signature= and 64 hexadecimal digits.",
          send=in_chunks(4, lambda wire: b"4\r\nbody\r\n" + wire)),
    sigv4("sigv4_chunk_mismatch", "The signature of a chunk of the body is not the one that was computed for it.",
          send=in_chunks(4, lambda wire: wire.replace(b"body", b"bodY"))),
    sigv4("sigv4_chunk_too_large", "A chunk is larger than a signed one may be here: send smaller chunks, or raise `body` of the authorizer.",
          "REQUEST_TOO_LARGE", 413, send=in_chunks(2000, lambda wire: wire, b"x" * 2000)),
    sigv4("sigv4_trailer", "The signature of the fields behind the body is not the one that was computed for them.",
          send=in_chunks(4, lambda wire: wire.replace(b"AA==", b"AB=="), form=TRAILER, trailers=[("x-amz-checksum-crc32", "AA==")])),
    sigv4("sigv4_body_too_large", "The body is larger than a signed one may be here: raise `body` of the authorizer, or send UNSIGNED-PAYLOAD where "
          "that is accepted.", "REQUEST_TOO_LARGE", 413, send=signed_now("POST", body=b"x" * 2000)),
    in_words("access_key_unknown", "The security token included in the request is invalid.", "UnrecognizedClientException",
             send=signed_now(key="nobody")),
    in_words("access_key_denied", f"User: reader is not authorized to perform: execute-api:Invoke on resource: {ARN}GET/sigv4",
             "AccessDeniedException", send=by_botocore("GET", "/sigv4", "reader")),
    in_words("access_key_explicit_deny",
             f"User: governed is not authorized to perform: execute-api:Invoke on resource: {ARN}GET/sigv4/secret with an explicit deny",
             "AccessDeniedException", send=by_botocore("GET", "/sigv4/secret", "governed")),
]


# ---- Names and passwords, addresses, policies, keys

def credentials(text):
    return [("Authorization", "Basic " + base64.b64encode(text.encode()).decode())]


STAFF = {"www-authenticate": 'Basic realm="staff", charset="UTF-8"'}


def basic(reason, fields=()):
    return refusal(reason, 401, "UNAUTHORIZED", ask=("GET", "/basic"), fields=list(fields), told=STAFF, told_by_amazon=STAFF)


OTHERS = [
    basic("basic_missing"), basic("basic_malformed", [("Authorization", "Basic !")]), basic("basic_invalid", credentials("ada:wrong")),
    refusal("ip_denied", 403, "ACCESS_DENIED", "the client's address is denied", ("GET", "/fenced"), fields=[("X-Forwarded-For", "192.0.2.7")]),
    in_words("policy_denied", f"{ANONYMOUS}DELETE/policy/x", "AccessDeniedException", ask=("DELETE", "/policy/x")),
    in_words("policy_explicit_deny", f"{ANONYMOUS}GET/policy/secret with an explicit deny", "AccessDeniedException", ask=("GET", "/policy/secret")),
    refusal("quota_exceeded", 429, "QUOTA_EXCEEDED", "the quota of the plan small is used up", ("GET", "/metered"), text="Limit Exceeded", first=1,
            fields=[("X-Api-Key", "right")],
            told={"retry-after": None, "ratelimit-limit": "1", "ratelimit-remaining": "0", "ratelimit-reset": None}),
]


# ---- Another service

def authorizer(reason, status, amazon, fields, detail=None, path="/asked", **how):
    return refusal(reason, status, amazon, detail, ("GET", path), fields=fields, **how)


def says(text):
    return [("Authorization", text)]


ASK = {"www-authenticate": "Bearer"}
WHO = {"www-authenticate": 'Bearer realm="legacy"'}
AUTHORIZERS = [
    authorizer("authorizer_identity_missing", 401, "UNAUTHORIZED", [], "a request must show every identity source of the authorizer", told=ASK, told_by_amazon=ASK),
    authorizer("authorizer_unauthorized", 401, "UNAUTHORIZED", says("401"), told=WHO, told_by_amazon=WHO),
    authorizer("authorizer_denied", 403, "ACCESS_DENIED", says("403")),
    authorizer("authorizer_bad_answer", 500, "AUTHORIZER_CONFIGURATION_ERROR", says("302"), "the authorizer answered with status 302"),
    authorizer("authorizer_unavailable", 503, "AUTHORIZER_FAILURE", says("500"), "the authorizer answered with status 500"),
    authorizer("authorizer_timeout", 503, "AUTHORIZER_FAILURE", says("slow"), "no answer in time"),
    authorizer("authorizer_token_mismatch", 401, "UNAUTHORIZED", says("other"), "the token does not have the form that the authorizer asks for",
               path="/custom", told=ASK, told_by_amazon=ASK),
    authorizer("authorizer_explicit_deny", 403, (403, EXPLICIT_DENY, "AccessDeniedException"), says("lambda"), EXPLICIT_DENY, path="/custom"),
]

CASES = [*JWT, *SIGV4, *OTHERS, *AUTHORIZERS]


def service(request, connection):
    """Answers as the credentials say."""
    if request.method == "POST":
        arn = json.loads(request.body)["methodArn"]
        statement = {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": arn}
        answer = {"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
        return connection.answer(json.dumps(answer).encode(), fields=[("Content-Type", "application/json")])
    asked = request.fields["authorization"]
    if asked == "slow":
        return connection.stall()
    return connection.answer(status=int(asked), fields=[("WWW-Authenticate", WHO["www-authenticate"])] if asked == "401" else [])


def configuration(rig, style, url):
    mock = {"mock": {"status": 200}}
    jwks = rig.folder / "jwks.json"
    jwks.write_text(json.dumps({"keys": [KEY.jwk()]}))
    http = {"backend": "auth", "timeout": "100ms"}
    return {
        "errors": style, "trusted_proxies": ["127.0.0.1"], "stores": {"main": {"engine": "memory"}}, "usage_plans": {"small": {"quota": "1/month"}},
        "backends": {"auth": {"targets": [url], "retries": {"attempts": 0}}},
        "authorizers": {
            "users": {"jwt": {"issuer": ISSUER, "audience": ["shop"], "jwks": str(jwks), "required": ["sub"]}},
            "lost": {"jwt": {"issuer": "http://127.0.0.1:1", "audience": ["shop"]}},
            "machines": {"sigv4": {"body": "1KB", "access_keys": [
                {"id": "ci", "secret": "${SIGNING_SECRET}"}, {"id": "reader", "secret": "${SIGNING_SECRET}", "allow": ["GET /files/*"]},
                {"id": "governed", "secret": "${SIGNING_SECRET}", "policy": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "execute-api:/$default/GET/sigv4/secret"}]}}]}},
            "staff": {"basic": {"realm": "staff", "users": [{"name": "ada", "password": "${SIGNING_SECRET}"}]}},
            "partners": {"api_key": {"keys": [{"id": "one", "key": "${TEST_KEY:-right}", "plan": "small"}]}},
            "legacy": {"http": {**http, "path": "/check", "headers": ["authorization"], "identity": ["$header.authorization"]}},
            "custom": {"http": {**http, "path": "/invoke", "form": "lambda", "payload": "TOKEN", "token": "lambda"}}},
        "apis": [{"name": "a", "routes": [
            {"match": "GET /jwt", "auth": ["users"], **mock}, {"match": "GET /lost", "auth": ["lost"], **mock},
            {"match": "GET /scoped", "auth": ["users"], "scopes": ["orders:write"], **mock},
            {"match": "GET /team", "auth": ["users"], "claims": {"team": "a"}, **mock},
            {"match": "GET /tenant", "auth": ["users"], "backend": "auth", "path": "/$claims.tenant"},
            {"match": "ANY /sigv4", "auth": ["machines"], **mock}, {"match": "GET /sigv4/secret", "auth": ["machines"], **mock},
            {"match": "PUT /chunks", "auth": ["machines"], "validate": {"body": {"type": "string"}}, **mock},
            {"match": "GET /basic", "auth": ["staff"], **mock},
            {"match": "GET /fenced", "ip": {"deny": ["192.0.2.0/24"]}, **mock},
            {"match": "ANY /policy/{what}", "policy": POLICY, **mock},
            {"match": "GET /metered", "auth": ["partners"], **mock},
            {"match": "GET /asked", "auth": ["legacy"], **mock}, {"match": "GET /custom", "auth": ["custom"], **mock}]}]}


@pytest.fixture(scope="module")
def gateways(shared_rig):
    url = shared_rig.upstream(service).url
    return {style: shared_rig.gateway(configuration(shared_rig, style, url), environment={"SIGNING_SECRET": SECRET}) for style in ("helpful", "aws")}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_helpful_refusal(gateways, case):
    check_helpful(gateways["helpful"], case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_refusal_as_amazon_has_it(gateways, case):
    check_aws(gateways["aws"], case)
