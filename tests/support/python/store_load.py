"""Concurrent load on a store that may be killed at any moment, and what must be true of its tables afterwards."""
import dataclasses
import http.client
import random
import threading
import time

from linearizability import Operation
from patience import PATIENCE, poll

TABLE = "load"
DEFINITION = {
    "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("owner", "id", "tag")],
    "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [{"IndexName": "by_tag", "Projection": {"ProjectionType": "ALL"},
                                "KeySchema": [{"AttributeName": "tag", "KeyType": "HASH"}, {"AttributeName": "owner", "KeyType": "RANGE"}]}]}
LOST = (OSError, http.client.HTTPException)
TAGS = 5


def string(text):
    return {"S": str(text)}


@dataclasses.dataclass
class Written:
    """What may be at one key: the last value that was acknowledged, or any that was attempted since. None: no item."""
    possible: list = dataclasses.field(default_factory=lambda: [None])

    def attempt(self, value):
        self.possible.append(value)

    def acknowledge(self):
        self.possible = self.possible[-1:]

    def refused(self):
        self.possible.pop()


class Writer(threading.Thread):
    """Writes items of its own keys until the server is gone or it is told to stop; every tenth request is a transaction or a batch."""

    KEYS = 40

    def __init__(self, store, name, seed):
        super().__init__(daemon=True)
        self.store = store
        self.owner = name
        self.rng = random.Random(seed)
        self.written = {}
        self.pairs = []  # keys that only transactions write, both or none
        self.added = [0, 0]  # to one counter: acknowledged, attempted
        self.acknowledged = 0
        self.number = 0
        self.failure = None
        self.ending = threading.Event()

    def run(self):
        try:
            with self.store.client(timeout=PATIENCE) as client:
                while not self.ending.is_set():
                    self.write(client)
        except LOST:
            pass  # the server was killed
        except Exception as failure:
            self.failure = failure

    def write(self, client):
        kind = self.rng.random()
        self.number += 1
        if kind < 0.1:
            self.transact(client)
        elif kind < 0.2:
            self.batch(client)
        elif kind < 0.3:
            self.add(client)
        else:
            self.single(client)

    def item(self, key, value):
        return {"owner": string(self.owner), "id": string(key), "value": string(value), "tag": string(self.rng.randrange(TAGS)),
                "padding": string("x" * self.rng.choice([10, 200, 5000]))}

    def key(self, key):
        return {"owner": string(self.owner), "id": string(key)}

    def value(self):
        return f"{self.owner}-{self.number}"

    def done(self, answer, *written):
        assert answer.status == 200, (answer.status, answer.body)
        for one in written:
            one.acknowledge()
        self.acknowledged += 1

    def state(self, key):
        return self.written.setdefault(key, Written())

    def single(self, client):
        key = f"k{self.rng.randrange(self.KEYS)}"
        state = self.state(key)
        kind = self.rng.random()
        if kind < 0.15:
            state.attempt(None)
            self.done(client.call("DeleteItem", {"TableName": TABLE, "Key": self.key(key)}), state)
        elif kind < 0.4:
            state.attempt(self.value())
            request = {"TableName": TABLE, "Key": self.key(key), "UpdateExpression": "SET #v = :v, tag = :t",
                       "ExpressionAttributeNames": {"#v": "value"},
                       "ExpressionAttributeValues": {":v": string(self.value()), ":t": string(self.rng.randrange(TAGS))}}
            self.done(client.call("UpdateItem", request), state)
        else:
            state.attempt(self.value())
            self.done(client.call("PutItem", {"TableName": TABLE, "Item": self.item(key, self.value())}), state)

    def batch(self, client):
        keys = [f"k{number}" for number in self.rng.sample(range(self.KEYS), 5)]
        for key in keys:
            self.state(key).attempt(self.value())
        parts = [{"PutRequest": {"Item": self.item(key, self.value())}} for key in keys]
        answer = client.call("BatchWriteItem", {"RequestItems": {TABLE: parts}})
        assert answer.status != 200 or not answer.json["UnprocessedItems"], answer.body
        self.done(answer, *map(self.state, keys))

    def transact(self, client):
        pair = (f"left{self.rng.randrange(5)}", f"right{self.rng.randrange(5)}")
        pair = (pair[0], "right" + pair[0][4:])
        for key in pair:
            self.state(key).attempt(self.value())
        puts = [{"Put": {"TableName": TABLE, "Item": self.item(key, self.value())}} for key in pair]
        self.done(client.call("TransactWriteItems", {"TransactItems": puts}), *map(self.state, pair))
        if pair not in self.pairs:
            self.pairs.append(pair)

    def add(self, client):
        self.added[1] += 1
        self.done(client.call("UpdateItem", {"TableName": TABLE, "Key": self.key("counter"), "UpdateExpression": "ADD n :n",
                                             "ExpressionAttributeValues": {":n": {"N": "1"}}}))
        self.added[0] += 1


class Writers:
    """Several writers, for as many rounds of kill and restart as one likes: what they know goes on."""

    def __init__(self, store, count, seed):
        self.store = store
        self.count = count
        self.rng = random.Random(seed)
        self.known = {}
        self.start()

    def start(self):
        self.writers = []
        for number in range(self.count):
            writer = Writer(self.store, f"w{number}", self.rng.random())
            if before := self.known.get(writer.owner):
                writer.written, writer.pairs, writer.added, writer.number = before.written, before.pairs, before.added, before.number
            self.known[writer.owner] = writer
            self.writers.append(writer)
            writer.start()

    def wait_acknowledged(self, count):
        poll(lambda: sum(writer.acknowledged for writer in self.writers) >= count or not any(writer.is_alive() for writer in self.writers),
             f"{count} acknowledged writes", patience=PATIENCE * 3)
        self.check_failures()

    def end(self):
        for writer in self.writers:
            writer.ending.set()
        for writer in self.writers:
            writer.join(PATIENCE)
            assert not writer.is_alive()
        self.check_failures()

    def check_failures(self):
        for writer in self.writers:
            if writer.failure:
                raise writer.failure

    def acknowledged(self):
        return sum(writer.acknowledged for writer in self.writers)

    # ---- What must be true

    def check(self):
        """Reads everything back. Every key has a value it may have, no item is invented, transactions are whole, the index says the same.
        What was found is what there is from now on."""
        with self.store.client() as client:
            items = read_all(client, {"TableName": TABLE, "ConsistentRead": True})
            by_key = {(item["owner"]["S"], item["id"]["S"]): item for item in items}
            assert len(by_key) == len(items), "a key came twice"
            for writer in self.writers:
                self.check_writer(writer, by_key)
            known = {(writer.owner, key) for writer in self.writers for key in [*writer.written, "counter"]}
            invented = set(by_key) - known
            assert not invented, f"items that nobody wrote: {sorted(invented)[:10]}"
            check_index(client, items)

    @staticmethod
    def check_writer(writer, by_key):
        found = {}
        for key, state in writer.written.items():
            item = by_key.get((writer.owner, key))
            found[key] = item["value"]["S"] if item else None
            assert found[key] in state.possible, f"{writer.owner}/{key} is {found[key]}, but may be one of {state.possible[-20:]}"
            state.possible = [found[key]]
        for left, right in writer.pairs:
            assert found[left] == found[right], f"half a transaction: {found[left]} and {found[right]}"
        counter = by_key.get((writer.owner, "counter"))
        total = int(counter["n"]["N"]) if counter else 0
        assert writer.added[0] <= total <= writer.added[1], f"counter {total}, acknowledged and attempted {writer.added}"
        writer.added = [total, total]


def read_all(client, request, operation="Scan"):
    items, start = [], None
    while True:
        page = client.expect(operation, request | ({"ExclusiveStartKey": start} if start else {}))
        items += page["Items"]
        start = page.get("LastEvaluatedKey")
        if not start:
            return items


def check_index(client, items):
    for tag in map(str, range(TAGS)):
        wanted = sorted((item["owner"]["S"], item["id"]["S"], item.get("value", {}).get("S")) for item in items if item.get("tag") == {"S": tag})
        request = {"TableName": TABLE, "IndexName": "by_tag", "KeyConditionExpression": "tag = :t",
                   "ExpressionAttributeValues": {":t": {"S": tag}}}
        found = sorted((item["owner"]["S"], item["id"]["S"], item.get("value", {}).get("S")) for item in read_all(client, request, "Query"))
        assert found == wanted, f"the index and the table differ for the tag {tag}"


# ---- Histories for the linearizability checker


class Recorder(threading.Thread):
    """One client of a few registers: puts, deletes, conditional puts and consistent gets, each with its times and answer."""

    def __init__(self, store, name, registers, seed, count):
        super().__init__(daemon=True)
        self.store = store
        self.label = name
        self.registers = registers
        self.rng = random.Random(seed)
        self.count = count
        self.history = []  # (register, Operation)
        self.last = {}  # what it saw last, so that conditions hold now and then
        self.failure = None

    def run(self):
        try:
            with self.store.client(timeout=PATIENCE) as client:
                for number in range(self.count):
                    self.one(client, self.rng.choice(self.registers), f"{self.label}-{number}")
        except LOST:
            pass  # killed: the last operation stays without an answer
        except Exception as failure:
            self.failure = failure

    def one(self, client, register, value):
        kind = self.rng.choices(["get", "put", "swap", "delete"], [4, 2, 4, 1])[0]
        argument = {"put": value, "swap": (self.last.get(register), value)}.get(kind)
        operation = Operation(kind, time.monotonic(), argument=argument)
        self.history.append((register, operation))
        getattr(self, kind)(client, {"owner": string("register"), "id": string(register)}, operation)
        operation.returned = time.monotonic()
        if kind == "get":
            self.last[register] = operation.result
        elif kind == "put" or (kind == "swap" and operation.result):
            self.last[register] = value

    def get(self, client, key, operation):
        item = client.expect("GetItem", {"TableName": TABLE, "Key": key, "ConsistentRead": True}).get("Item")
        operation.result = item["value"]["S"] if item else None

    def put(self, client, key, operation):
        client.expect("PutItem", {"TableName": TABLE, "Item": {**key, "value": string(operation.argument)}})

    def delete(self, client, key, operation):
        client.expect("DeleteItem", {"TableName": TABLE, "Key": key})

    def swap(self, client, key, operation):
        expected, value = operation.argument
        request = {"TableName": TABLE, "Item": {**key, "value": string(value)}, "ConditionExpression": "attribute_not_exists(id)"}
        if expected is not None:
            request |= {"ConditionExpression": "#v = :v", "ExpressionAttributeNames": {"#v": "value"},
                        "ExpressionAttributeValues": {":v": string(expected)}}
        answer = client.call("PutItem", request)
        assert answer.status == 200 or answer.type == "ConditionalCheckFailedException", (answer.status, answer.body)
        operation.result = answer.status == 200


def record(store, recorders, until=None):
    """Runs them; `until` is called meanwhile. Returns {register: history}."""
    for recorder in recorders:
        recorder.start()
    if until:
        until()
    histories = {}
    for recorder in recorders:
        recorder.join(PATIENCE * 3)
        assert not recorder.is_alive()
        if recorder.failure:
            raise recorder.failure
        for register, operation in recorder.history:
            histories.setdefault(register, []).append(operation)
    return histories
