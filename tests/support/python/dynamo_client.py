"""A small client of the DynamoDB protocol: what is sent is what the caller gives, valid or not, signed with Signature Version 4.
One connection; not for several threads at once."""
import dataclasses
import datetime
import functools
import hashlib
import hmac
import http.client
import json

ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "us-east-1"
CONTENT_TYPE = "application/x-amz-json-1.0"
TARGET = "DynamoDB_20120810."
STREAMS_TARGET = "DynamoDBStreams_20120810."
STREAMS_OPERATIONS = {"ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"}


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @functools.cached_property
    def json(self):
        """Numbers stay text where the document has them bare: nothing is lost by a double."""
        return json.loads(self.body, parse_float=str)

    @property
    def type(self):
        """The error's name without its namespace; None for a success."""
        return None if self.status == 200 else self.json.get("__type", "").rpartition("#")[2]

    @property
    def message(self):
        return self.json.get("message", self.json.get("Message", ""))


def target_of(operation):
    return (STREAMS_TARGET if operation in STREAMS_OPERATIONS else TARGET) + operation


@functools.lru_cache(maxsize=64)
def signing_key(secret, date, region, service):
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signed_headers(host, target, body, access_key=ACCESS_KEY, secret=SECRET_KEY, region=REGION, now=None):
    """The headers of a POST / that carries `body`."""
    stamp = (now or datetime.datetime.now(datetime.timezone.utc)).strftime("%Y%m%dT%H%M%SZ")
    names = "content-type;host;x-amz-date;x-amz-target"
    digest = hashlib.sha256(body).hexdigest()
    canonical = (f"POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\nx-amz-date:{stamp}\nx-amz-target:{target}\n\n{names}\n{digest}")
    scope = f"{stamp[:8]}/{region}/dynamodb/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(signing_key(secret, stamp[:8], region, "dynamodb"), text.encode(), "sha256").hexdigest()
    return {"Host": host, "Content-Type": CONTENT_TYPE, "X-Amz-Date": stamp, "X-Amz-Target": target,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}"}


class DynamoClient:
    def __init__(self, host, port, timeout=60, **keys):
        self.authority = f"{host}:{port}"
        self.keys = keys
        self.connection = http.client.HTTPConnection(host, port, timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.connection.close()

    def call(self, operation, request):
        """`request`: a value, or the bytes of a body."""
        body = request if isinstance(request, bytes) else json.dumps(request, ensure_ascii=False).encode("utf-8", "surrogatepass")
        headers = signed_headers(self.authority, target_of(operation), body, **self.keys)
        try:
            self.connection.request("POST", "/", body, headers)
            answer = self.connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException):
            self.connection.close()  # the next call opens a new one
            raise

    def expect(self, operation, request):
        """A call that must succeed: its answer's value."""
        answer = self.call(operation, request)
        assert answer.status == 200, f"{operation} {request}: {answer.status} {answer.body[:2000]!r}"
        return answer.json
