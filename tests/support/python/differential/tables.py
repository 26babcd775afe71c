"""The tables that the requests are about, and keys in them."""
from .values import base64_of


def definition(name, attributes, schema, **more):
    return {"TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": attribute, "AttributeType": kind} for attribute, kind in attributes.items()],
            "KeySchema": key_schema(schema), **more}


def key_schema(names):
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"))]


def index(name, schema, projection="ALL", attributes=None):
    shape = {"ProjectionType": projection, **({"NonKeyAttributes": attributes} if attributes else {})}
    return {"IndexName": name, "KeySchema": key_schema(schema), "Projection": shape}


FACTS = definition("facts", {"p": "S", "s": "N", "g": "S", "l": "S"}, ["p", "s"],
                   GlobalSecondaryIndexes=[index("gix", ["g", "s"]), index("gko", ["g"], "KEYS_ONLY")],
                   LocalSecondaryIndexes=[index("lix", ["p", "l"], "INCLUDE", ["a"])])
PLAIN = definition("plain", {"p": "B"}, ["p"])
NUMERIC = definition("numeric", {"p": "N", "s": "B", "k": "N"}, ["p", "s"], GlobalSecondaryIndexes=[index("by_k", ["k", "p"], "INCLUDE", ["a", "m"])])
ALL = [FACTS, PLAIN, NUMERIC]

PARTITIONS = ["a", "b", "é", "long" * 20]
SORTS = ["1", "2", "3", "10", "-1", "0", "1.5", "-1e-20", "12345678901234567890123456789012345678", "1e100"]
GROUPS = ["G", "H", "I"]
BYTES = [b"\x00", b"\x01\x00", b"a", b"b\xff", b"\xff\xff"]


class Keys:
    def __init__(self, values):
        self.values = values
        self.rng = values.rng

    def table(self):
        return self.rng.choices(ALL, [8, 1, 2])[0]

    def of(self, table):
        rng = self.rng
        if table is FACTS:
            return {"p": {"S": rng.choice(PARTITIONS)}, "s": {"N": rng.choice(SORTS)}}
        if table is PLAIN:
            return {"p": {"B": base64_of(rng.choice(BYTES))}}
        return {"p": {"N": rng.choice(SORTS)}, "s": {"B": base64_of(rng.choice(BYTES))}}

    def maybe_bad(self, table):
        """A key, now and then one that does not fit."""
        key = self.of(table)
        if not self.values.odd():
            return key
        name = self.rng.choice(sorted(key))
        what = self.rng.randrange(5)
        if what == 0:
            del key[name]
        elif what == 1:
            key[name] = self.values.any()
        elif what == 2:
            key["extra"] = {"S": "x"}
        elif what == 3:
            key[name] = {next(iter(key[name])): ""}
        else:
            key[name] = {"S": "k" * self.rng.choice([1024, 1025, 2048, 2049])}
        return key

    def index_attributes(self, table):
        """Keys of indexes for a new item: there or not, now and then of a wrong type."""
        rng, extra = self.rng, {}
        if table is FACTS:
            if rng.random() < 0.6:
                extra["g"] = {"S": rng.choice(GROUPS)}
            if rng.random() < 0.6:
                extra["l"] = {"S": rng.choice(["l1", "l2", "l3", "m"])}
        elif table is NUMERIC and rng.random() < 0.7:
            extra["k"] = {"N": rng.choice(SORTS)}
        if extra and self.values.odd():
            extra[rng.choice(sorted(extra))] = rng.choice([{"S": ""}, {"N": "1"}, {"NULL": True}, {"SS": ["a"]}, {"S": "x" * 2000}])
        return extra
