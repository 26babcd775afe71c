"""Tokens of an issuer: who passes, who does not, and what is said."""
import json
import time

import pytest
from fake_issuer import FakeIssuer, Key, b64, encode, hmac_token
from refusals import says

SECRET = "0123456789abcdef0123456789abcdef"
REALM = 'Bearer realm="users"'


def bearer(token):
    return [("Authorization", f"Bearer {token}")]


def refused(description):
    return f'{REALM}, error="invalid_token", error_description="{description}"'


@pytest.fixture(scope="module")
def issuer(shared_rig):
    return shared_rig.keep(FakeIssuer(Key("one"), Key("curve", "ES256"), Key("pss", "PS256"), Key("edwards", "EdDSA")))


@pytest.fixture(scope="module")
def shop(shared_rig, issuer):
    upstream = shared_rig.upstream()
    gateway = shared_rig.gateway({
        "backends": {"fake": {"targets": [upstream.url]}},
        "authorizers": {
            "users": {"jwt": {"issuer": issuer.issuer, "audience": ["shop", "orders"], "cookie": "session", "query": "token",
                              "required": ["sub"], "claims_to_headers": {"x-user": "sub", "x-team": "org.team"},
                              "scope_claims": ["permissions"], "fetch": {"refetch": "50ms"}}},
            "quiet": {"jwt": {"issuer": issuer.issuer, "audience": "any", "expiry": "optional", "cookie": "session", "query": "token",
                              "forward": False, "fetch": {"refetch": "50ms"}}},
            "ours": {"jwt": {"secret": "${JWT_SECRET}", "algorithms": ["HS256"]}},
            "partners": {"api_key": {"keys": [{"id": "one", "key": "right"}]}}},
        "apis": [{"name": "a", "auth": ["users"], "routes": [
            {"match": "ANY /orders/{id}", "backend": "fake"},
            {"match": "GET /scoped", "backend": "fake", "scopes": ["orders:read", "orders:admin"]},
            {"match": "GET /verified", "backend": "fake", "claims": {"email_verified": True, "org.department": ["a", "b"]}},
            {"match": "GET /path", "backend": "fake", "path": "/of/$claims.sub"},
            {"match": "GET /said", "mock": {"body": "$claims.sub $claims.org.team|none ${claims.https://x.test/role|none}"}},
            {"match": "GET /quiet", "backend": "fake", "auth": ["quiet"]},
            {"match": "GET /ours", "backend": "fake", "auth": ["ours"]},
            {"match": "GET /either", "backend": "fake", "auth": ["partners", "users"]},
            {"match": "GET /both", "backend": "fake", "auth": [["partners", "users"]]},
            {"match": "GET /limited", "backend": "fake", "throttle": [{"per": "$claims.sub", "rate": "1/h", "burst": 1}]},
            {"match": "GET /open", "backend": "fake", "auth": "none"}]}]}, environment={"JWT_SECRET": SECRET})
    gateway.upstream = upstream
    return gateway


def refuse(shop, target, token, status, reason, challenge, fields=()):
    """The request is refused with that, and the backend saw nothing."""
    before = len(shop.upstream.requests)
    answer = shop.get(target, fields=[*(bearer(token) if token is not None else []), *fields])
    message = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden"}[status]
    says(answer, status, message, reason)
    assert answer.fields.all("www-authenticate") == ([challenge] if challenge else [])
    assert shop.wait_access(request_id=answer.fields["x-request-id"])["reason"] == reason
    assert len(shop.upstream.requests) == before


# ---- Who passes

@pytest.mark.parametrize("number", range(4))
def test_token_of_every_kind_of_key_passes_and_is_forwarded(shop, issuer, number):
    token = issuer.token(issuer.keys[number])
    for _ in range(2):  # verified, then remembered
        answer = shop.get("/orders/7", fields=bearer(token))
        assert answer.status == 200
        assert shop.upstream.last.fields["authorization"] == f"Bearer {token}"
        assert shop.upstream.last.fields["x-user"] == "alice"


def test_token_stands_in_header_cookie_or_query(shop, issuer):
    token = issuer.token()
    assert shop.get("/orders/7", fields=[("Authorization", token)]).status == 200
    assert shop.get("/orders/7", fields=[("authorization", f"bEARER   {token}")]).status == 200
    assert shop.get("/orders/7", fields=[("Cookie", f"a=b; session={token}; c=d")]).status == 200
    assert shop.get(f"/orders/7?a=b&token={token}").status == 200
    assert token not in shop.output.text() and token not in shop.log.text()


def test_token_is_not_forwarded_where_it_shall_not_be(shop, issuer):
    token = issuer.token(aud=None, exp=None)
    assert shop.get("/quiet", fields=bearer(token)).status == 200
    assert "authorization" not in shop.upstream.last.fields
    assert shop.get("/quiet", fields=[("Cookie", f"a=b; session={token}"), ("Cookie", "c=d")]).status == 200
    assert shop.upstream.last.fields.all("cookie") == ["a=b; c=d"]
    assert shop.get("/quiet", fields=[("Cookie", f"session={token}")]).status == 200
    assert "cookie" not in shop.upstream.last.fields
    assert shop.get(f"/quiet?a=b&token={token}&c=d").status == 200
    assert shop.upstream.last.target == "/quiet?a=b&c=d"


def test_client_id_stands_for_an_audience_that_is_not_there(shop, issuer):
    assert shop.get("/orders/7", fields=bearer(issuer.token(aud=None, client_id="shop"))).status == 200
    refuse(shop, "/orders/7", issuer.token(aud=None, client_id="other"), 401, "jwt_audience_wrong",
           refused("the token is for another audience"))
    refuse(shop, "/orders/7", issuer.token(aud="other", client_id="shop"), 401, "jwt_audience_wrong",
           refused("the token is for another audience"))


def test_audience_may_be_one_of_several(shop, issuer):
    assert shop.get("/orders/7", fields=bearer(issuer.token(aud=["x", "orders"]))).status == 200


def test_clocks_may_differ_by_the_leeway(shop, issuer):
    now = int(time.time())
    assert shop.get("/orders/7", fields=bearer(issuer.token(iat=now + 3, nbf=now + 3))).status == 200


def test_secret_of_ours_verifies(shop, issuer):
    assert shop.get("/ours", fields=bearer(hmac_token(SECRET.encode(), issuer.claims(iss=None)))).status == 200
    refuse(shop, "/ours", hmac_token(b"another" * 6, issuer.claims()), 401, "jwt_signature_invalid",
           'Bearer realm="ours", error="invalid_token", error_description="the signature is not one of the key\'s"')


def test_open_route_asks_nobody(shop):
    assert shop.get("/open", fields=bearer("nonsense")).status == 200
    assert shop.upstream.last.fields["authorization"] == "Bearer nonsense"


# ---- Who does not

def test_missing_token_is_challenged_without_an_error(shop):
    refuse(shop, "/orders/7", None, 401, "jwt_missing", REALM)
    refuse(shop, "/orders/7", None, 401, "jwt_missing", REALM, fields=[("Authorization", "Basic YTpi")])
    refuse(shop, "/orders/7", None, 401, "jwt_missing", REALM, fields=[("Authorization", "Bearer")])


def test_two_tokens_are_refused(shop, issuer):
    refuse(shop, "/orders/7", issuer.token(), 400, "jwt_ambiguous",
           f'{REALM}, error="invalid_request", error_description="the request carries more than one token"', fields=bearer(issuer.token()))


@pytest.mark.parametrize("claims, reason, description", [
    ({"exp": 1}, "jwt_expired", "the token has expired"),
    ({"exp": None}, "jwt_claim_missing", "the token has no exp"),
    ({"exp": "soon"}, "jwt_malformed", "exp is not a date"),
    ({"nbf": 4_000_000_000}, "jwt_not_yet_valid", "the token is not valid yet"),
    ({"iat": 4_000_000_000}, "jwt_not_yet_valid", "the token was issued in the future"),
    ({"iss": None}, "jwt_claim_missing", "the token has no iss"),
    ({"iss": "https://evil.test"}, "jwt_issuer_wrong", "the token is from another issuer"),
    ({"aud": None}, "jwt_claim_missing", "the token has no aud"),
    ({"aud": "other"}, "jwt_audience_wrong", "the token is for another audience"),
    ({"aud": ["shop", 7]}, "jwt_audience_wrong", "aud holds what is not text"),
    ({"sub": None}, "jwt_claim_missing", "a required claim is missing"),
])
def test_wrong_claim_is_named(shop, issuer, claims, reason, description):
    refuse(shop, "/orders/7", issuer.token(**claims), 401, reason, refused(description))


def test_issuer_that_differs_by_a_slash_is_told(shop, issuer):
    refuse(shop, "/orders/7", issuer.token(iss=issuer.issuer + "/"), 401, "jwt_issuer_wrong",
           refused("the issuer differs from the expected one by a slash at the end"))


def attacks(issuer):
    """Tokens that attackers send (RFC 8725, and what libraries fell for), each with the code that it is refused with."""
    key, curve = issuer.keys[0], issuer.keys[1]
    good = issuer.claims(sub="mallory")
    own = Key("one")
    text = json.dumps(good)
    header, body, signature = issuer.token(sub="mallory").split(".")

    def nothing(_):
        return b""

    yield "none", encode({"alg": "none"}, good, nothing), "jwt_alg_not_allowed"
    yield "none in other letters", encode({"alg": "nOnE", "kid": "one"}, good, nothing), "jwt_alg_not_allowed"
    yield "no algorithm", encode({"kid": "one"}, good, key.sign), "jwt_malformed"
    yield "secret is the public key", hmac_token(key.pem(), good, {"alg": "HS256", "kid": "one"}), "jwt_alg_not_allowed"
    yield "secret is the public key as JSON", hmac_token(json.dumps(key.jwk()).encode(), good, {"alg": "HS256", "kid": "one"}), "jwt_alg_not_allowed"
    yield "algorithm of another key", encode({"alg": "ES256", "kid": "one"}, good, curve.sign), "jwt_alg_not_allowed"
    yield "own key under a known name", encode({"alg": "RS256", "kid": "one"}, good, own.sign), "jwt_signature_invalid"
    yield "own key embedded", encode({"alg": "RS256", "kid": "one", "jwk": own.jwk()}, good, own.sign), "jwt_signature_invalid"
    yield "own key elsewhere", encode({"alg": "RS256", "kid": "one", "jku": "http://127.0.0.1:1/", "x5u": "http://127.0.0.1:1/"}, good, own.sign), "jwt_signature_invalid"
    yield "kid is a path", encode({"alg": "RS256", "kid": "../../../../dev/null"}, good, own.sign), "jwt_key_unknown"
    yield "kid is a query", encode({"alg": "RS256", "kid": "one' OR '1'='1"}, good, own.sign), "jwt_key_unknown"
    yield "kid is no text", encode({"alg": "RS256", "kid": ["one"]}, good, key.sign), "jwt_malformed"
    yield "unknown crit", encode({"alg": "RS256", "kid": "one", "crit": ["exp"]}, good, key.sign), "jwt_crit_unknown"
    yield "empty crit", encode({"alg": "RS256", "kid": "one", "crit": []}, good, key.sign), "jwt_crit_unknown"
    yield "unencoded payload", encode({"alg": "RS256", "kid": "one", "b64": False}, good, key.sign), "jwt_crit_unknown"
    yield "claim twice", encode({"alg": "RS256", "kid": "one"}, text[:-1] + ', "sub": "root"}', key.sign), "jwt_duplicate_member"
    yield "header member twice", encode('{"alg": "RS256", "kid": "one", "alg": "none"}', good, key.sign), "jwt_duplicate_member"
    yield "claims are no object", encode({"alg": "RS256", "kid": "one"}, "[]", key.sign), "jwt_malformed"
    yield "padding", f"{header}.{body}.{signature}==", "jwt_malformed"
    yield "another alphabet", f"{header}.{body}.+/{signature[2:]}", "jwt_malformed"
    yield "claims changed", f"{header}.{b64(json.dumps({**good, 'sub': 'root'}).encode())}.{signature}", "jwt_signature_invalid"
    yield "signature cut off", f"{header}.{body}.", "jwt_signature_invalid"
    yield "signature shortened", encode({"alg": "RS256", "kid": "one"}, good, lambda text: key.sign(text)[:-6]), "jwt_signature_invalid"
    yield "two parts", f"{header}.{body}", "jwt_malformed"
    yield "four parts", f"{header}.{body}.{signature}.{signature}", "jwt_malformed"
    yield "five parts, as of an encrypted token", f"{header}.{body}.{signature}.{body}.{signature}", "jwt_malformed"
    yield "zero signature of a curve", encode({"alg": "ES256", "kid": "curve"}, good, lambda _: bytes(64)), "jwt_signature_invalid"
    yield "deep nesting", encode({"alg": "RS256", "kid": "one"}, '{"a":' + "[" * 2000 + "]" * 2000 + "}", key.sign), "jwt_malformed"
    yield "no text", encode({"alg": "RS256", "kid": "one"}, good, key.sign) + "\t x", "jwt_malformed"
    yield "huge", f"{header}.{body}{'A' * 20_000}.{signature}", "jwt_too_large"


def test_tokens_of_attackers_never_reach_the_backend(shop, issuer):
    before = len(shop.upstream.requests)
    for name, token, reason in attacks(issuer):
        answer = shop.get("/orders/7", fields=bearer(token))
        says(answer, 401, "Unauthorized", reason)
        assert answer.fields["www-authenticate"].startswith(f'{REALM}, error="invalid_token"'), name
        assert shop.wait_access(request_id=answer.fields["x-request-id"])["reason"] == reason, name
    assert len(shop.upstream.requests) == before
    assert shop.get("/orders/7", fields=bearer(issuer.token())).status == 200


# ---- What they may

def test_scope_is_needed(shop, issuer):
    for claims in ({"scope": "x orders:read"}, {"scp": ["orders:admin"]}, {"permissions": ["orders:read"]}):
        assert shop.get("/scoped", fields=bearer(issuer.token(**claims))).status == 200
    challenge = 'Bearer error="insufficient_scope", scope="orders:read orders:admin"'
    for claims in ({}, {"scope": "orders:write"}, {"scope": "orders:read:all"}, {"roles": ["orders:read"]}):
        refuse(shop, "/scoped", issuer.token(**claims), 403, "scope_missing", challenge)


def test_claims_must_match(shop, issuer):
    for verified, department in ((True, "a"), ("true", "b"), (True, ["x", "b"])):
        token = issuer.token(email_verified=verified, org={"department": department})
        assert shop.get("/verified", fields=bearer(token)).status == 200
    for verified, department in ((False, "a"), (None, "a"), (True, "c"), (True, None), (True, [["a"]]), (True, {"a": "a"})):
        token = issuer.token(email_verified=verified, org={"department": department})
        refuse(shop, "/verified", token, 403, "claim_mismatch", None)


def test_claims_go_into_values_and_headers(shop, issuer):
    token = issuer.token(sub="bob", org={"team": "blue"}, **{"https://x.test/role": "chief"})
    assert shop.get("/said", fields=bearer(token)).body == b"bob blue chief"
    assert shop.get("/said", fields=bearer(issuer.token())).body == b"alice none none"
    assert shop.get("/orders/7", fields=bearer(token)).status == 200
    assert (shop.upstream.last.fields["x-user"], shop.upstream.last.fields["x-team"]) == ("bob", "blue")


def test_headers_that_tell_claims_cannot_be_spoofed(shop, issuer):
    forged = [("X-User", "root"), ("x_user", "root"), ("X-Team", "admins"), ("X-TEAM", "more")]
    assert shop.get("/orders/7", fields=[*bearer(issuer.token()), *forged]).status == 200
    seen = shop.upstream.last.fields
    assert (seen.all("x-user"), seen.all("x-team"), seen.all("x_user")) == (["alice"], [], [])
    assert shop.get("/either", fields=[("X-Api-Key", "right"), *forged]).status == 200  # another authorizer of the route accepts
    seen = shop.upstream.last.fields
    assert (seen.all("x-user"), seen.all("x-team"), seen.all("x_user")) == ([], [], [])


def test_claim_that_would_break_a_header_is_left_out(shop, issuer):
    token = issuer.token(sub="bob\r\nx-admin: yes", org={"team": "a\u0000b"})
    assert shop.get("/orders/7", fields=bearer(token)).status == 200
    assert "x-user" not in shop.upstream.last.fields and "x-admin" not in shop.upstream.last.fields


def test_path_made_of_a_claim_stays_one_segment(shop, issuer):
    assert shop.get("/path", fields=bearer(issuer.token(sub="a/../b"))).status == 200
    assert shop.upstream.last.target == "/of/a%2F..%2Fb"


def test_one_of_several_authorizers_is_enough_and_all_of_a_list_are_needed(shop, issuer):
    key, token = [("X-Api-Key", "right")], bearer(issuer.token())
    assert shop.get("/either", fields=key).status == 200
    assert shop.get("/either", fields=token).status == 200
    assert shop.get("/both", fields=[*key, *token]).status == 200
    assert shop.upstream.last.fields["x-user"] == "alice"
    assert shop.get("/both", fields=key).status == 401
    assert shop.get("/both", fields=token).status == 401
    answer = shop.get("/either")
    assert answer.status == 401
    assert answer.fields.all("www-authenticate") == ['ApiKey header="x-api-key"', REALM]


def test_throttle_counts_by_claim(shop, issuer):
    statuses = [shop.get("/limited", fields=bearer(issuer.token(sub=sub))).status for sub in ("a", "a", "b", "b")]
    assert statuses == [200, 429, 200, 429]


def test_log_names_the_subject_and_no_token(shop, issuer):
    token = issuer.token(sub="carol")
    answer = shop.get("/orders/7", fields=bearer(token))
    assert shop.wait_access(request_id=answer.fields["x-request-id"])["key"] == "carol"
    assert token.split(".")[1] not in shop.output.text() + shop.log.text()


# ---- Tables by claim

@pytest.fixture(scope="module")
def notes(shared_rig, issuer):
    key = {"owner": "$claims.sub", "id": "$path.id"}
    return shared_rig.gateway({
        "tables": {"notes": {"key": {"owner": "S", "id": "S"}}},
        "authorizers": {"users": {"jwt": {"issuer": issuer.issuer, "audience": ["shop"]}},
                        "partners": {"api_key": {"keys": [{"id": "one", "key": "right"}]}}},
        "apis": [{"name": "notes", "auth": ["users", "partners"], "routes": [
            {"match": "ANY /notes/{id}", "table": {"name": "notes", "key": key}},
            {"match": "GET /notes", "table": {"name": "notes", "key": {"owner": "$claims.sub"}}},
            {"match": "ANY /prefixed/{id}", "table": {"name": "notes", "key": {"owner": "user#$claims.sub", "id": "$path.id"}}},
            {"match": "ANY /public/{id}", "table": {"name": "notes", "key": {"owner": "$claims.sub|public", "id": "$path.id"}}},
            {"match": "GET /call/{id}", "dynamodb": {"action": "GetItem", "request": {
                "TableName": "notes", "Key": {"owner": {"S": "$claims.sub"}, "id": {"S": "$path.id"}}}}}]}]})


def test_everybody_has_their_own_notes(notes, issuer):
    alice, bob = bearer(issuer.token()), bearer(issuer.token(sub="bob"))
    assert notes.exchange("PUT", "/notes/1", body=b'{"text": "secret"}', fields=alice).status in (200, 201)
    assert notes.get("/notes/1", fields=alice).json()["text"] == "secret"
    assert notes.get("/notes/1", fields=bob).status == 404
    assert notes.get("/call/1", fields=alice).json()["Item"]["text"] == "secret"
    assert "text" not in notes.get("/call/1", fields=bob).body.decode()
    assert notes.exchange("PUT", "/notes/1", body=b'{"owner": "alice", "text": "mine"}', fields=bob).status == 400
    assert notes.get("/notes", fields=bob).json()["items"] == []
    assert notes.get("/notes/1", fields=alice).json()["text"] == "secret"


def test_caller_without_the_claim_reaches_nobodys_notes(notes, issuer):
    callers = [[("X-Api-Key", "right")], *(bearer(issuer.token(sub=sub)) for sub in (None, "")), bearer(encode(
        {"alg": "RS256", "kid": "one"}, json.dumps(issuer.claims())[:-1].replace('"sub": "alice"', '"sub": null') + "}", issuer.keys[0].sign))]
    for caller in callers:
        for method, target in (("GET", "/notes/1"), ("GET", "/notes"), ("DELETE", "/notes/1"), ("GET", "/prefixed/1"), ("GET", "/call/1")):
            answer = notes.exchange(method, target, fields=caller)
            says(answer, 403, "Forbidden", "claim_missing")
            assert notes.wait_access(request_id=answer.fields["x-request-id"])["reason"] == "claim_missing"
    assert notes.get("/public/7", fields=callers[0]).status == 404  # a default is there for that
