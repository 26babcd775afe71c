"""Sends each request to the reference, to further voices and to the subject, and gathers what differs."""
import base64
import dataclasses
import json
import re

from dynamo_client import DynamoClient
from patience import poll

from .outcome import Outcome, ask, in_full, place, plain, text

PAGES = 200  # more than any paged read of a test needs


@dataclasses.dataclass(frozen=True)
class Difference:
    """`reference` and `gateway` are what each said, in short; `request` is the first one that showed it."""
    operation: str
    reference: str
    gateway: str
    request: str = dataclasses.field(compare=False, default="")

    @property
    def signature(self):
        return self.operation, general(self.reference), general(self.gateway)


def general(said):
    """Without the values of one request, for grouping."""
    said = re.sub(r'token: ".*?", near: ".*"', 'token: "…", near: "…"', said)
    said = re.sub(r"'[^']*'", "'…'", said)
    return re.sub(r"\d+", "N", said)[:300]


class Server:
    """`patience` in seconds is short for a server that some requests hang."""

    def __init__(self, name, start, patience=30):
        self.name = name
        self.start = start
        self.patience = patience
        self.process = None
        self.client = None
        self.open()

    def open(self):
        self.process = self.start()
        self.client = DynamoClient("127.0.0.1", self.process.port, timeout=self.patience)

    def reopen(self):
        self.stop()
        self.open()

    def stop(self):
        self.client.close()
        self.process.stop()


class Panel:
    """`oracle` decides what is right; a voice that says the gateway's very message vouches for that. The witness is a voice that is asked
    only about messages that nobody else knows: its items are not kept like the oracle's, and some requests end or hang it."""

    def __init__(self, oracle, voices, witness, subject, tables):
        self.oracle = oracle
        self.voices = voices
        self.witness = witness
        self.subject = subject
        self.tables = tables
        self.differences = {}
        self.counts = {}
        self.requests = 0
        for server in [*self.servers, *self.witnesses]:
            self.create_tables(server)

    @property
    def witnesses(self):
        return [self.witness] if self.witness else []

    @property
    def servers(self):
        return [self.oracle, *self.voices, self.subject]

    def create_tables(self, server):
        for table in self.tables:
            self.create_table(server, table)

    @staticmethod
    def create_table(server, table):
        name = {"TableName": table["TableName"]}
        server.client.expect("CreateTable", table)
        poll(lambda: server.client.expect("DescribeTable", name)["Table"]["TableStatus"] == "ACTIVE", f"{name} of {server.name}")

    # ---- One request

    def send(self, operation, request):
        """To all; keeps what differs. Returns the oracle's outcome."""
        self.requests += 1
        outcomes = [ask(server.client, operation, request)[0] for server in self.servers]
        differ = self.judge(operation, request, outcomes)
        writes = not operation.startswith(("Get", "Query", "Scan", "BatchGet", "TransactGet", "Describe", "List"))
        if operation == "UpdateTimeToLive" and all(outcome.ok for outcome in outcomes):
            self.settle_time_to_live(request["TableName"])
        if writes and (differ or len({outcome.ok for outcome in outcomes}) > 1 or only_removes(request)):
            self.resync(request)
        return outcomes[0]

    def settle_time_to_live(self, table):
        """It is switched in the background, and how long that takes nobody promises."""
        def settled(server):
            status = server.client.expect("DescribeTimeToLive", {"TableName": table})["TimeToLiveDescription"]["TimeToLiveStatus"]
            return not status.endswith("ING")
        for server in self.servers:
            poll(lambda: settled(server), f"time to live of {table} of {server.name}")

    def judge(self, operation, request, outcomes):
        *others, mine = outcomes
        said = differs(others, mine)
        if said and not mine.ok and not mine.broken and not others[0].ok:
            said = differs([*others, *self.testify(operation, request)], mine)
        if said:
            self.keep(Difference(operation, *said, request=show(request)))
        return said is not None

    def testify(self, operation, request):
        for server in self.witnesses:
            outcome = ask(server.client, operation, request)[0]
            if outcome.status == 0:
                server.reopen()
                self.create_tables(server)
            yield outcome

    def keep(self, difference):
        self.differences.setdefault(difference.signature, difference)
        self.counts[difference.signature] = self.counts.get(difference.signature, 0) + 1

    # ---- Reads to the last page

    def send_paged(self, operation, request):
        """The same read page by page, to its end, at each server; the items count, not how they fell on pages or, but for a
        table's Query, their order."""
        self.requests += 1
        answers = [read_to_end(server.client, operation, request) for server in self.servers]
        if isinstance(answers[0], Outcome) or isinstance(answers[-1], Outcome):
            self.judge(operation, request, [answer if isinstance(answer, Outcome) else Outcome(200, None, "", "", "") for answer in answers])
            return
        theirs, mine = answers[0], answers[-1]
        if theirs != mine and "IndexName" in request:  # DynamoDB Local loses items with equal keys between pages of an index
            theirs = read_to_end(self.oracle.client, operation, {name: part for name, part in request.items() if name != "Limit"})
        if theirs != mine and in_order(in_full(theirs), request) != in_order(mine, request):
            self.keep(Difference(operation, "ok, all pages", f"ok, all pages, {place(theirs, mine)}", request=show(request)))

    # ---- State

    def resync(self, request):
        """After a write that only some servers took: the subject's items become the oracle's, so that one difference is one."""
        text_of_request = show(request)
        for table in self.tables:
            if f'"{table["TableName"]}"' in text_of_request or table["TableName"] in text_of_request:
                self.check_state(table, keep=False)

    def check_state(self, table, keep=True):
        """Compares all items of a table, tells of what differs, and makes it equal."""
        name = table["TableName"]
        keys = [part["AttributeName"] for part in table["KeySchema"]]
        wanted = scan(self.oracle.client, name, keys)
        for server in self.servers[1:]:
            has = scan(server.client, name, keys)
            if has == wanted or in_full(wanted) == has:
                continue
            broken = any(":null" in key for key in has)  # an item without its key, as dynoxide may have
            if (keep or broken) and server is self.subject:
                self.keep(Difference("state", f"items of {name}", place(wanted, has)))
            if broken:
                self.rebuild(server, table)
                has = {}
            for key in {*wanted, *has}:
                if wanted.get(key) != has.get(key):
                    self.repair(server, name, keys, wanted.get(key), has.get(key))
        lax = scan(self.subject.client, name, keys)
        for key in wanted:
            if key not in lax:  # the subject refuses what the reference took: it goes there too
                for server in self.servers[:-1]:
                    server.client.call("DeleteItem", {"TableName": name, "Key": {part: wanted[key][part] for part in keys}})

    def rebuild(self, server, table):
        server.client.expect("DeleteTable", {"TableName": table["TableName"]})
        self.create_table(server, table)

    @staticmethod
    def repair(server, name, keys, wanted, has):
        if wanted is not None and server.client.call("PutItem", {"TableName": name, "Item": wanted}).status == 200:
            return
        key = {part: (wanted or has)[part] for part in keys}
        server.client.call("DeleteItem", {"TableName": name, "Key": key})

    def check_all_state(self):
        for table in self.tables:
            self.check_state(table)

    def stop(self):
        for server in [*self.servers, *self.witnesses]:
            server.stop()


def differs(others, mine):
    """None, or what the first of `others` (that is not broken itself) said and what `mine` is instead."""
    if mine.broken:
        return others[0].text(), mine.text()
    opinions = [other for other in others if not other.broken and other.type != "UnknownOperationException"]
    if not opinions:
        return None
    oracle = opinions[0]
    if oracle.ok != mine.ok:
        return oracle.text(), mine.text()
    if mine.ok:
        # plain() again: it puts lists in order by their text, which in_full() changes.
        if oracle.body != mine.body and text(plain(in_full(json.loads(oracle.body)))) != mine.body:
            return "ok", "ok, but " + place(json.loads(oracle.body), json.loads(mine.body))
        if mine.capacity not in [other.capacity for other in opinions]:
            return "ok", f"ok, but capacity {mine.capacity} for {oracle.capacity}"
        return None
    said = [other for other in opinions if (other.type, other.message) == (mine.type, mine.message)]
    if not said:
        return oracle.text(), mine.text()
    if all(other.body != mine.body for other in said):
        return oracle.text(), mine.text() + ", but " + place(json.loads(said[0].body), json.loads(mine.body))
    return None


def only_removes(request):
    """Whether an update only takes away: of an item that is not there the references make an empty one, the service and we do not."""
    if not isinstance(request, dict):
        return False
    if "TransactItems" in request:
        return any(only_removes(item.get("Update", {})) for item in request["TransactItems"] or [])
    expression = request.get("UpdateExpression")
    if isinstance(expression, str):
        return not re.search(r"\b(set|add)\b", expression, re.IGNORECASE)
    updates = request.get("AttributeUpdates")
    return bool(updates) and all(update.get("Action") == "DELETE" for update in updates.values())


def read_to_end(client, operation, request):
    """{what: all pages together}, or the outcome of a page that failed."""
    items, count, scanned, start = [], 0, 0, None
    for _ in range(PAGES):
        page = request | ({"ExclusiveStartKey": start} if start else {})
        outcome, value = ask(client, operation, page)
        if not outcome.ok:
            return outcome
        items += plain(value.get("Items", []))
        count += value["Count"]
        scanned += value["ScannedCount"]
        start = value.get("LastEvaluatedKey")
        if not start:
            break
    return in_order({"Count": count, "ScannedCount": scanned, "Items": items, "Ended": start is None}, request)


def in_order(pages, request):
    """Only a Query of a table promises an order."""
    ordered = "IndexName" not in request and ("KeyConditions" in request or "KeyConditionExpression" in request)
    return pages if ordered else pages | {"Items": sorted(pages["Items"], key=text)}


def scan(client, table, keys):
    """Every item by its key; values as they came, sets in order."""
    items, start = {}, None
    while True:
        page = client.expect("Scan", {"TableName": table, **({"ExclusiveStartKey": start} if start else {})})
        for item in page["Items"]:
            items[text({key: item.get(key) for key in keys})] = plain(item)
        start = page.get("LastEvaluatedKey")
        if not start:
            return items


def show(request):
    if isinstance(request, bytes):
        return repr(request[:2000])
    return json.dumps(request, ensure_ascii=False)[:2000]


def corpus_line(line):
    """(operation, request) of a line of corpus/*.jsonl; None for a headline. "@@x*400@@" stands for 400 times x."""
    found = json.loads(line)
    if isinstance(found, dict):
        return None
    operation, request = found
    if "@raw" in request:
        return operation, base64.b64decode(request["@raw"])
    return operation, expand(request)


def expand(value):
    if isinstance(value, str):
        return re.sub(r"\A@@(.)\*(\d+)@@\Z", lambda found: found[1] * int(found[2]), value, flags=re.DOTALL)
    if isinstance(value, list):
        return [expand(part) for part in value]
    if isinstance(value, dict):
        return {expand(name): expand(part) for name, part in value.items()}
    return value
