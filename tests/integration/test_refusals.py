"""Every refusal of the gateway, in both error styles: exact status, fields and body; those of authorizers and backends stand in files of their
own. A new reason without a case fails a unit test (tests/unit/pipeline/reason_codes_test.cpp)."""
import pytest
from raw_client import chunked
from refusal_case import Case, check_aws, check_helpful, message

ORDER = {"type": "object", "required": ["item"], "additionalProperties": False,
         "properties": {"item": {"type": "string"}, "count": {"type": "integer", "minimum": 1}}}
DOWN = "127.0.0.1:1"  # nothing listens there
JSON = [("Content-Type", "application/json")]
KEY = [("X-Api-Key", "right")]


def parameters(*names, detail):
    text = f"Missing required request parameters: [{', '.join(names)}]"
    return (400, message(text, reason="parameters_missing", detail=detail), {}), (400, text, "BadRequestException", {})


def schema(pointer, rule, text, *others):
    errors = [{"pointer": pointer, "rule": rule, "message": text}, *others]
    detail = f"{pointer}: {text}" if pointer else text
    return ((400, message("Invalid request body", reason="schema_violation", detail=detail, errors=errors), {}),
            (400, "Invalid request body", "BadRequestException", {}))


def media_type(expected):
    return ((415, message("Unsupported Media Type", reason="content_type_unsupported", detail=f"expected {expected}"), {}),
            (415, "Unsupported Media Type", "BadRequestException", {}))


def both(pair):
    return {"helpful": pair[0], "aws": pair[1]}


CASES = [
    Case("no route", ("GET", "/nowhere"), (404, message("Not Found"), {}), (404, "Not Found", "NotFoundException", {}),
         reason="route_not_found"),
    Case("no such method", ("PUT", "/closed"), (405, message("Method Not Allowed"), {"allow": "GET, HEAD"}),
         (404, "Not Found", "NotFoundException", {}), reason="method_not_allowed"),
    Case("bad path", ("GET", "/a%00"), (400, message("Bad Request"), {}), (400, "Bad Request", "BadRequestException", {}),
         reason="invalid_path"),
    Case("no API key", ("GET", "/closed"), (401, message("Unauthorized"), {"www-authenticate": None}),
         (403, "Forbidden", "ForbiddenException", {}), reason="api_key_missing"),
    Case("wrong API key", ("GET", "/closed"), (403, message("Forbidden"), {}), (403, "Forbidden", "ForbiddenException", {}),
         fields=[("X-Api-Key", "wrong")], reason="api_key_invalid"),
    Case("too often", ("GET", "/seldom"),
         (429, message("Too Many Requests"),
          {"retry-after": None, "ratelimit-limit": "1", "ratelimit-remaining": "0", "ratelimit-reset": None}),
         (429, "Too Many Requests", "TooManyRequestsException", {}), first=1, reason="throttled"),
    Case("announced body too large", ("POST", "/small"), (413, message("Payload Too Large"), {}),
         (413, "Request Entity Too Large", "RequestTooLargeException", {}), body=b"x" * 101, reason="body_too_large"),
    Case("page from elsewhere", ("OPTIONS", "/shop"), (403, message("Forbidden"), {"vary": "Origin"}),
         (403, "Forbidden", "AccessDeniedException", {"vary": "Origin"}),
         fields=[("Origin", "https://evil.test"), ("Access-Control-Request-Method", "PUT")], reason="cors_origin_refused"),
    Case("backend refuses connections", ("GET", "/down"), (502, message("Bad Gateway"), {}),
         (503, "Service Unavailable", "InternalServerErrorException", {}), reason="upstream_connect_refused"),
    Case("backend says nothing", ("GET", "/mute"), (504, message("Endpoint request timed out"), {}),
         (503, "Service Unavailable", "InternalServerErrorException", {}), reason="upstream_first_byte_timeout"),
    Case("parameters missing", ("GET", "/search?page=&q"),
         **both(parameters("page", "q", "x-request-source",
                           detail="expected: query parameter page, query parameter q, header x-request-source")),
         reason="parameters_missing"),
    Case("parameter blank", ("GET", "/search?page=+%20&q=1"), fields=[("X-Request-Source", "web")],
         **both(parameters("page", detail="expected: query parameter page")), reason="parameters_missing"),
    Case("wrong media type", ("POST", "/orders"), fields=[("Content-Type", "text/plain")], body=b"{}",
         **both(media_type("application/json, application/merge-patch+json")), reason="content_type_unsupported"),
    Case("compressed body", ("POST", "/orders"), fields=[*JSON, ("Content-Encoding", "gzip")], body=b"\x1f\x8b",
         **both(media_type("a body without Content-Encoding")), reason="content_type_unsupported"),
    Case("member missing", ("POST", "/orders"), fields=JSON, body=b"{}",
         **both(schema("", "required", "Missing required property 'item'.")), reason="schema_violation"),
    Case("member wrong", ("POST", "/orders"), fields=JSON, body=b'{"item": "pen", "count": 0}',
         **both(schema("/count", "minimum", "Expected number greater than or equal to 1")), reason="schema_violation"),
    Case("no JSON", ("POST", "/orders"), fields=JSON, body=b"{'item': 1}",
         **both(schema("", "json", "the document is not valid JSON")), reason="schema_violation"),
    Case("name twice", ("POST", "/orders"), fields=JSON, body=b'{"item": "pen", "item": "gun"}',
         **both(schema("", "json", 'the name "item" stands twice in one object')), reason="schema_violation"),
    Case("nested deep", ("POST", "/orders"), fields=JSON, body=b"[" * 100_000,
         **both(schema("", "depth", "the document is nested deeper than 64 levels")), reason="schema_violation"),
    Case("no body", ("POST", "/orders"), fields=JSON, **both(schema("", "body", "the request has no body")), reason="schema_violation"),
    Case("validated body too large", ("POST", "/orders"),
         (413, message("Payload Too Large", reason="body_too_large", detail="a body that is validated may have 200000 bytes (validate.limit)"), {}),
         (413, "Request Entity Too Large", "RequestTooLargeException", {}), fields=[*JSON, ("Transfer-Encoding", "chunked")],
         body=chunked(b" " * 150_000, b" " * 150_000), reason="body_too_large"),
    Case("no file", ("GET", "/files/none"), (404, message("Not Found"), {}), (404, "Not Found", "NotFoundException", {}),
         reason="file_not_found"),
]


def configuration(rig, style):
    root = rig.folder / "web"
    root.mkdir(exist_ok=True)
    mock = {"mock": {"status": 200}}
    return {
        "errors": style,
        "authorizers": {"partners": {"api_key": {"keys": [{"id": "one", "key": "${TEST_KEY:-right}"}]}}},
        "backends": {"down": {"targets": [f"http://{DOWN}"], "retries": {"attempts": 0}},
                     "mute": {"targets": [rig.upstream(lambda _, connection: connection.stall()).url], "retries": {"attempts": 0},
                              "timeouts": {"first_byte": "50ms"}}},
        "apis": [{"name": "a", "routes": [
            {"match": "GET /closed", "auth": ["partners"], **mock},
            {"match": "GET /seldom", "throttle": [{"per": "route", "rate": "1/hour"}], **mock},
            {"match": "POST /small", "limits": {"body": "100"}, **mock},
            {"match": "PUT /shop", "cors": {"origins": ["https://shop.test"], "methods": ["PUT"]}, **mock},
            {"match": "GET /down", "backend": "down"},
            {"match": "GET /mute", "backend": "mute"},
            {"match": "GET /search", "validate": {"query": ["page", "q"], "headers": ["x-request-source"]}, **mock},
            {"match": "POST /orders", "validate": {"body": ORDER, "limit": "200000",
                                                   "content_types": ["application/json", "application/merge-patch+json"]}, **mock},
            {"match": "GET /files/{file+}", "static_files": {"root": str(root)}}]}]}


@pytest.fixture(scope="module")
def gateways(shared_rig):
    return {style: shared_rig.gateway(configuration(shared_rig, style)) for style in ("helpful", "aws")}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_helpful_refusal(gateways, case):
    check_helpful(gateways["helpful"], case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_refusal_as_amazon_has_it(gateways, case):
    check_aws(gateways["aws"], case)


def test_answers_that_are_no_refusals_stay_as_they_are(rig):
    gateway = rig.gateway({"errors": "aws", "apis": [{"name": "a", "routes": [
        {"match": "GET /teapot", "mock": {"status": 418, "body": "short and stout"}},
        {"match": "GET /fine", "throttle": [{"per": "route", "rate": "100/s"}], "mock": {"status": 200}}]}]})
    answer = gateway.get("/teapot")
    assert (answer.status, answer.body) == (418, b"short and stout")
    assert "x-amzn-errortype" not in answer.fields
    assert "ratelimit-limit" not in gateway.get("/fine").fields


# ---- error_responses

RESPONSES = {
    "THROTTLED": {"status": 420, "headers": {"x-kind": "$context.error.responseType", "retry-after": "7"},
                  "body": '{"error":"$context.error.message","quoted":$context.error.messageString,"path":"$context.path","who":"$header.x-who"}'},
    "BAD_REQUEST_BODY": {"body": '{"why":"$context.error.validationErrorString"}'},
    "DEFAULT_4XX": {"headers": {"content-type": "text/plain"}, "body": "$context.error.responseType: $context.error.message"},
    "DEFAULT_5XX": {"status": 599}}


@pytest.fixture(scope="module")
def custom(shared_rig):
    return shared_rig.gateway({
        "error_responses": RESPONSES,
        "backends": {"down": {"targets": [f"http://{DOWN}"], "retries": {"attempts": 0}}},
        "apis": [
            {"name": "a", "routes": [
                {"match": "GET /seldom", "throttle": [{"per": "route", "rate": "1/hour"}], "mock": {"status": 200}},
                {"match": "POST /orders", "validate": {"body": ORDER}, "mock": {"status": 200}},
                {"match": "GET /down", "backend": "down"}]},
            {"name": "b", "base_path": "/b", "error_responses": {"RESOURCE_NOT_FOUND": {"body": '{"b":true}'}},
             "routes": [{"match": "GET /here", "mock": {"status": 200}}]}]})


def test_refusal_in_words_of_ones_own(custom):
    custom.get("/seldom")
    answer = custom.get("/seldom", fields=[("X-Who", 'a"b\\c')])
    assert answer.status == 420
    assert answer.json() == {"error": "Too Many Requests", "quoted": "Too Many Requests", "path": "/seldom", "who": 'a"b\\c'}
    assert (answer.fields["x-kind"], answer.fields["retry-after"]) == ("THROTTLED", "7")
    assert answer.fields["content-type"] == "application/json"
    assert custom.wait_access(status=420)["reason"] == "throttled"


def test_validation_error_is_told_to_the_template(custom):
    answer = custom.exchange("POST", "/orders", fields=JSON, body=b'{"item":"x","count":"many"}')
    assert (answer.status, answer.json()) == (400, {"why": "/count: Value type not permitted by 'type' constraint."})


def test_types_without_an_entry_have_the_default_of_their_class(custom):
    answer = custom.get("/nowhere")
    assert (answer.status, answer.body) == (404, b"RESOURCE_NOT_FOUND: Not Found")
    assert answer.fields["content-type"] == "text/plain"
    answer = custom.get("/down")
    assert (answer.status, answer.json()) == (599, {"message": "Bad Gateway"})


def test_api_adds_to_what_the_gateway_says(custom):
    assert custom.get("/b/nowhere").json() == {"b": True}
    assert custom.exchange("PUT", "/b/here").json() == {"b": True}


def test_unknown_type_is_refused_with_the_nearest(rig):
    with pytest.raises(AssertionError, match="did you mean 'THROTTLED'"):
        rig.gateway({"error_responses": {"THROTLED": {"status": 429}}, "apis": []})
