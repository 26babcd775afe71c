"""What a server answered, in a form in which two answers that mean the same are equal: without ids, dates and account numbers, sets in
order, the wording of the validation prefix left out. Everything that is left out is named here."""
import dataclasses
import decimal
import http.client
import json
import re

SETS = {"SS", "NS", "BS"}
# Ids, dates and figures that a service estimates now and then.
VOLATILE = {"TableId", "CreationDateTime", "CreationRequestDateTime", "LatestStreamLabel", "TableSizeBytes", "ItemCount", "IndexSizeBytes",
            "SizeEstimateRangeGB", "LastUpdateToPayPerRequestDateTime", "LastIncreaseDateTime", "LastDecreaseDateTime", "NextToken",
            "ApproximateCreationDateTime", "eventID", "SequenceNumber", "SizeBytes", "StreamLabel", "ShardIterator", "NextShardIterator",
            "ShardId", "LastUpdateDateTime", "StartingSequenceNumber", "EndingSequenceNumber", "awsRegion"}
NAMED = {"AttributeDefinitions": "AttributeName", "GlobalSecondaryIndexes": "IndexName", "LocalSecondaryIndexes": "IndexName", "Tags": "Key"}
ARN = re.compile(r"arn:aws:dynamodb:[\w-]*:\w*:")
STREAM_LABEL = re.compile(r"(/stream/)[\w:.-]+")
PREFIX = re.compile(r"\d+ validation errors? detected: ")
BRACED = re.compile(r"(\{|enum value set: \[|(?:does not project|filter attributes:) \[)([^{}\[\]]*)([}\]])")
CONSTRAINT = "failed to satisfy constraint"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """`type` is None for a success; `body` and `capacity` are JSON text with sorted keys."""
    status: int
    type: str | None
    message: str
    body: str
    capacity: str

    @property
    def ok(self):
        return self.status == 200

    @property
    def broken(self):
        """An internal error, or no answer at all: what no request may cause."""
        return self.status >= 500 or self.status == 0

    def text(self):
        return "ok" if self.ok else f"{self.type}: {self.message}"


def ask(client, operation, request):
    """One request; a server that hangs up has a broken outcome."""
    try:
        answer = client.call(operation, request)
    except (OSError, http.client.HTTPException) as failure:
        return Outcome(0, type(failure).__name__, "no answer", "", ""), {}
    try:
        value = json.loads(answer.body, parse_float=float, parse_int=int)
    except ValueError:
        return Outcome(answer.status, "NotJson", repr(answer.body[:100]), "", ""), {}
    return outcome_of(answer.status, value, request), value


def outcome_of(status, value, request):
    asked = isinstance(request, dict) and request.get("ReturnConsumedCapacity", "NONE") != "NONE"
    if status == 200:
        rest = {name: part for name, part in value.items() if name != "ConsumedCapacity"}
        capacity = value.get("ConsumedCapacity") if asked else None
        return Outcome(status, None, "", text(plain(rest)), text(plain(capacity)))
    kind = value.get("__type", "").rpartition("#")[2]
    message = value.get("message", value.get("Message")) or ""
    rest = {name: part for name, part in value.items() if name not in ("__type", "message", "Message")}
    return Outcome(status, kind, plain_message(message), text(plain(rest)), "")


def text(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def plain(value, name=""):
    """A copy without what differs between two equal answers."""
    if isinstance(value, dict):
        if name == "Responses":  # of BatchGetItem: in any order
            return {table: sorted(plain(items), key=text) for table, items in value.items()}
        kept = {key: plain(part, key) for key, part in value.items() if key not in VOLATILE}
        if len(kept) == 1 and (only := next(iter(kept))) in SETS and isinstance(kept[only], list):
            return {only: sorted(kept[only])}
        return kept
    if isinstance(value, list):
        parts = [plain(part) for part in value]
        if name in NAMED and all(isinstance(part, dict) for part in parts):
            return sorted(parts, key=lambda part: part.get(NAMED[name], ""))
        return sorted(parts, key=text) if name in ("Projection", "NonKeyAttributes") else parts
    if isinstance(value, str):
        return plain_message(value) if name == "Message" else STREAM_LABEL.sub(r"\1*", ARN.sub("arn:*:", value))
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def in_full(value):
    """A copy with every number as the service writes it, plain and without superfluous zeros; DynamoDB Local leaves nested ones as sent."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("N"), str):
            return {"N": number_in_full(value["N"])}
        if len(value) == 1 and isinstance(value.get("NS"), list):
            return {"NS": sorted(map(number_in_full, value["NS"]))}
        return {name: in_full(part) for name, part in value.items()}
    return [in_full(part) for part in value] if isinstance(value, list) else value


def number_in_full(text_of_number):
    number = decimal.Decimal(text_of_number)
    whole = format(number, "f")
    whole = whole.rstrip("0").rstrip(".") if "." in whole else whole
    return whole if number else "0"


def sorted_inside(match):
    parts = re.split(r",\s*", match[2])
    return match[1] + ", ".join(sorted(parts)) + match[3]


def plain_message(message):
    """The number of errors goes, and for a message that is no list of broken constraints the whole prefix: since 2022 the service puts it
    before more and more messages, and the references are of different ages. Lists are put in order."""
    message = BRACED.sub(sorted_inside, ARN.sub("arn:*:", message))
    body = PREFIX.sub("", message)
    if CONSTRAINT in body:
        body = "; ".join(sorted(body.split("; ")))
    return body.rstrip(". ")


def place(mine, theirs, path=""):
    """Where two JSON values differ first, as a path with the names of attributes left out below the second level."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for name in sorted(set(mine) | set(theirs)):
            if mine.get(name) != theirs.get(name):
                if name not in mine or name not in theirs:
                    return f"{path}.{name} {'missing' if name not in theirs else 'surplus'}"
                return place(mine[name], theirs[name], f"{path}.{name}")
    if isinstance(mine, list) and isinstance(theirs, list):
        if len(mine) != len(theirs):
            return f"{path}[] {len(theirs) - len(mine):+d}"
        for one, other in zip(mine, theirs):
            if one != other:
                return place(one, other, f"{path}[]")
    return f"{path} {shape(mine)} {shape(theirs)}"


def shape(value):
    return re.sub(r"\d+", "N", json.dumps(value))[:60]
