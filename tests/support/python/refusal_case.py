"""Refusals in both error styles: what is asked, and the exact answer. A text of an answer may be a compiled pattern where it tells the time."""
import dataclasses
import json
import re
import typing

# On every answer; whether they are right is other tests' business.
ALWAYS = {"content-type", "content-length", "date", "x-request-id", "connection"}
AWS_ALWAYS = {"x-amzn-requestid", "apigw-requestid"}
MESSAGES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 408: "Request Timeout", 413: "Payload Too Large",
            429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Endpoint request timed out"}
SIGNATURE = ("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. "
             "Consult the service documentation for details.")
# Status, message and exception of Amazon's gateway responses.
AMAZON = {
    "ACCESS_DENIED": (403, "Forbidden", "AccessDeniedException"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "Internal Server Error", "AuthorizerConfigurationException"),
    "AUTHORIZER_FAILURE": (500, "Internal Server Error", "AuthorizerFailureException"),
    "INTEGRATION": (503, "Service Unavailable", "InternalServerErrorException"),
    "INVALID_API_KEY": (403, "Forbidden", "ForbiddenException"),
    "INVALID_SIGNATURE": (403, SIGNATURE, "InvalidSignatureException"),
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token", "MissingAuthenticationTokenException"),
    "QUOTA_EXCEEDED": (429, "Limit Exceeded", "LimitExceededException"),
    "REQUEST_TOO_LARGE": (413, "Request Entity Too Large", "RequestTooLargeException"),
    "UNAUTHORIZED": (401, "Unauthorized", "UnauthorizedException"),
}


@dataclasses.dataclass
class Case:
    name: str
    ask: tuple          # method, target
    helpful: tuple      # status, body, fields
    aws: tuple          # status, message, error type, fields
    fields: list = dataclasses.field(default_factory=list)
    body: bytes | None = None
    first: int = 0      # as often as this before
    reason: str = ""    # in the access log
    send: typing.Callable | None = None  # gateway -> answer, instead of `ask`


def message(text, **more):
    return {"message": text, **more}


def refusal(reason, status, amazon, detail=None, ask=("GET", "/"), text=None, told=None, told_by_amazon=None, **how):
    """The case of a reason. `amazon`: one of AMAZON, or those three themselves, or none: the default of its status. `told`: the fields of
    the answer, by name."""
    text = text or MESSAGES[status]
    body = message(text) if detail is None else message(text, reason=reason, detail=detail)
    default = (status, text, "BadRequestException" if status < 500 else "InternalServerErrorException")
    return Case(how.pop("name", reason), ask, (status, body, told or {}), (*(AMAZON.get(amazon, amazon) if amazon else default), told_by_amazon or {}),
                reason=reason, **how)


def same(found, expected):
    if isinstance(expected, re.Pattern):
        return isinstance(found, str) and expected.fullmatch(found) is not None
    if isinstance(expected, dict):
        return isinstance(found, dict) and found.keys() == expected.keys() and all(same(found[key], expected[key]) for key in expected)
    return found == expected


def ask(gateway, case):
    if case.send is not None:
        return case.send(gateway)
    for _ in range(case.first):
        gateway.exchange(*case.ask, fields=case.fields, body=case.body)
    return gateway.exchange(*case.ask, fields=case.fields, body=case.body)


def check_fields(answer, expected):
    """All fields but those of every answer, with their values where those are told."""
    found = {name.lower(): value for name, value in answer.fields.pairs if name.lower() not in ALWAYS}
    assert sorted(found) == sorted(expected)
    assert {name: value for name, value in found.items() if expected[name] is not None} == {
        name: value for name, value in expected.items() if value is not None}


def check_helpful(gateway, case):
    answer = ask(gateway, case)
    status, body, fields = case.helpful
    assert answer.status == status
    assert same(answer.json(), body), f"{answer.json()} instead of {body}"
    assert answer.fields["content-type"] == "application/json"
    check_fields(answer, fields)
    assert gateway.wait_access(request_id=answer.fields["x-request-id"])["reason"] == case.reason


def check_aws(gateway, case):
    answer = ask(gateway, case)
    status, text, exception, fields = case.aws
    assert answer.status == status
    assert same(answer.json(), {"message": text}), f"{answer.json()} instead of {text}"
    assert answer.body == json.dumps(answer.json(), separators=(",", ":")).encode()
    assert answer.fields["content-type"] == "application/json"
    check_fields(answer, {**dict.fromkeys(AWS_ALWAYS, answer.fields["x-request-id"]), "x-amzn-errortype": exception, **fields})
    assert gateway.wait_access(request_id=answer.fields["x-request-id"])["reason"] == case.reason  # the log says more than the client hears
