"""Writes sigv4_vectors.json: requests in the manner of the AWS SigV4 test suite (its keys, time, region and cases), signed by
botocore. Run with python3-botocore; the result is kept, so that tests need neither."""

import datetime
import json
import pathlib
import unittest.mock

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGd"
NOW = datetime.datetime(2015, 8, 30, 12, 36, 0)
HOST = "example.amazonaws.com"

# name, method, path, query, headers, body
CASES = [
    ("get-vanilla", "GET", "/", "", [], ""),
    ("get-vanilla-query", "GET", "/", "Param1=value1", [], ""),
    ("get-vanilla-query-order-key-case", "GET", "/", "Param2=value2&Param1=value1", [], ""),
    ("get-vanilla-query-order-value", "GET", "/", "Param1=value2&Param1=value1", [], ""),
    ("get-vanilla-query-order-prefix", "GET", "/", "a-b=1&a=2&a.b=3&a1=4&aB=5", [], ""),
    ("get-vanilla-empty-query-key", "GET", "/", "Param1=", [], ""),
    ("get-vanilla-query-unreserved", "GET", "/", "-._~0123456789AZaz=-._~0123456789AZaz", [], ""),
    ("get-vanilla-query-escaped", "GET", "/", "p%20a=%2Fx%3D%26y%2B%E1%88%B4", [], ""),
    ("get-unreserved", "GET", "/-._~0123456789ABCXYZabcxyz", "", [], ""),
    ("get-utf8", "GET", "/%E1%88%B4", "", [], ""),
    ("get-space", "GET", "/example%20space/", "", [], ""),
    ("get-slash", "GET", "//", "", [], ""),
    ("get-slashes", "GET", "//example//", "", [], ""),
    ("get-slash-dot-slash", "GET", "/./", "", [], ""),
    ("get-slash-pointless-dot", "GET", "/./example", "", [], ""),
    ("get-relative", "GET", "/example/..", "", [], ""),
    ("get-relative-relative", "GET", "/example1/example2/../..", "", [], ""),
    ("get-header-value-trim", "GET", "/", "", [("My-Header1", " value1"), ("My-Header2", ' "a   b   c" ')], ""),
    ("get-header-value-order", "GET", "/", "", [("My-Header1", "value4"), ("My-Header1", "value1"), ("My-Header1", "value3")], ""),
    ("get-header-key-duplicate", "GET", "/", "", [("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")], ""),
    ("post-header-key-case", "POST", "/", "", [("ZOO", "zoobar")], ""),
    ("post-header-key-sort", "POST", "/", "", [("My-Header1", "VALUE1"), ("a-header", "x")], ""),
    ("post-vanilla-query", "POST", "/", "Param1=value1", [], ""),
    ("post-x-www-form-urlencoded", "POST", "/", "", [("Content-Type", "application/x-www-form-urlencoded")], "Param1=value1"),
    ("dynamodb-get-item", "POST", "/", "",
     [("X-Amz-Target", "DynamoDB_20120810.GetItem"), ("Content-Type", "application/x-amz-json-1.0")],
     '{"TableName":"notes","Key":{"id":{"S":"1"}}}'),
    ("dynamodb-no-body", "POST", "/", "", [("X-Amz-Target", "DynamoDB_20120810.ListTables")], ""),
    ("long-body", "POST", "/", "", [], "0123456789abcdef" * 1000),
]


def sign(case, signer_class, token, service):
    _, method, path, query, headers, body = case
    made = AWSRequest(method=method, url=f"https://{HOST}{path}{'?' + query if query else ''}", data=body)
    made.headers["Host"] = HOST
    for name, value in headers:
        made.headers[name] = value
    signer_class(Credentials(ACCESS, SECRET, token), service, "us-east-1").add_auth(made)
    return made


def vectors():
    kinds = [("header", auth.SigV4Auth, "service"), ("presigned", auth.SigV4QueryAuth, "service"), ("s3", auth.S3SigV4Auth, "s3")]
    for kind, signer, service in kinds:
        for case in CASES:
            if kind == "presigned" and (case[5] or case[3].count("Param1=") > 1):
                continue  # botocore moves bodies into the query and keeps one of several equal names
            for token in (None, TOKEN) if case[0] in ("get-vanilla", "dynamodb-get-item") else (None,):
                made = sign(case, signer, token, service)
                path, _, query = made.url.removeprefix(f"https://{HOST}").partition("?")
                yield {
                    "name": f"{kind}/{case[0]}{'/token' if token else ''}", "kind": kind, "service": service,
                    "method": case[1], "path": path, "query": query, "body": case[5], "token": token or "",
                    "headers": [[name, str(value)] for name, value in made.headers.items()],
                }


with unittest.mock.patch("botocore.auth.get_current_datetime", lambda: NOW):
    target = pathlib.Path(__file__).with_name("sigv4_vectors.json")
    known = {"access_key": ACCESS, "secret_key": SECRET, "region": "us-east-1", "vectors": list(vectors())}
    target.write_text(json.dumps(known, indent=1) + "\n")
