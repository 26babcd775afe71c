"""Requests about single items, with expressions and with the legacy parameters."""
from .expressions import Expressions
from .values import USUAL

LEGACY = ["EQ", "NE", "LT", "LE", "GT", "GE", "NULL", "NOT_NULL", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH", "IN", "BETWEEN"]
OPERANDS = {"NULL": (0, 0), "NOT_NULL": (0, 0), "BETWEEN": (2, 2), "IN": (1, 3)}


class Items:
    def __init__(self, keys):
        self.keys = keys
        self.values = keys.values
        self.rng = keys.rng

    def make(self):
        self.values.begin_request()
        return self.choose()

    def choose(self):
        return self.rng.choices([self.put, self.get, self.update, self.delete, self.legacy_put, self.legacy_update, self.legacy_get],
                                [5, 4, 8, 1, 2, 3, 1])[0]()

    def some(self, names, chance=0.2):
        """{parameter: value}, sometimes with a value that is not allowed."""
        found = {}
        for name, allowed in names.items():
            if self.rng.random() < chance:
                found[name] = "SOMETHING" if self.values.odd() else self.rng.choice(allowed)
        return found

    def expressions(self, table):
        return Expressions(self.values, [part["AttributeName"] for part in table["KeySchema"]])

    def conditioned(self, table, request, expressions):
        if self.rng.random() < 0.5:
            request["ConditionExpression"] = expressions.garbled(expressions.condition())
            request.update(self.some({"ReturnValuesOnConditionCheckFailure": ["ALL_OLD", "NONE"]}, 0.4))
        return request | expressions.parameters()

    def put(self):
        table = self.keys.table()
        item = self.values.item(self.keys.maybe_bad(table), self.keys.index_attributes(table))
        request = {"TableName": table["TableName"], "Item": item, **self.some({"ReturnValues": ["ALL_OLD", "NONE", "ALL_NEW"]})}
        return "PutItem", self.conditioned(table, request, self.expressions(table))

    def delete(self):
        table = self.keys.table()
        request = {"TableName": table["TableName"], "Key": self.keys.maybe_bad(table), **self.some({"ReturnValues": ["ALL_OLD", "NONE"]})}
        return "DeleteItem", self.conditioned(table, request, self.expressions(table))

    def update(self):
        table = self.keys.table()
        expressions = self.expressions(table)
        request = {"TableName": table["TableName"], "Key": self.keys.maybe_bad(table),
                   "ReturnValues": self.rng.choice(["ALL_NEW", "ALL_NEW", "UPDATED_NEW", "UPDATED_OLD", "ALL_OLD", "NONE"]),
                   "UpdateExpression": expressions.garbled(expressions.update())}
        return "UpdateItem", self.conditioned(table, request, expressions)

    def get(self):
        table = self.keys.table()
        expressions = self.expressions(table)
        request = {"TableName": table["TableName"], "Key": self.keys.maybe_bad(table), **self.some({"ConsistentRead": [True, False]})}
        request |= self.some({"ReturnConsumedCapacity": ["TOTAL", "INDEXES", "NONE"]})
        if self.rng.random() < 0.6:
            request["ProjectionExpression"] = expressions.garbled(expressions.projection())
        return "GetItem", request | expressions.parameters()

    # ---- Legacy parameters

    def legacy_condition(self, attribute):
        operator = self.rng.choice(LEGACY)
        fewest, most = OPERANDS.get(operator, (1, 1))
        count = self.rng.randint(fewest, most) + (self.values.odd() and self.rng.choice([-1, 1]))
        values = [self.values.attribute(attribute) for _ in range(max(0, count))]
        return {"ComparisonOperator": operator, **({"AttributeValueList": values} if values or self.values.odd() else {})}

    def conditions(self):
        """{attribute: condition}, as QueryFilter, ScanFilter and Expected have it."""
        return {name: self.legacy_condition(name) for name in self.rng.sample(sorted(USUAL), self.rng.choice([1, 1, 2, 3]))}

    def expected(self):
        found = self.conditions()
        for name in found:
            if self.rng.random() < 0.4:
                found[name] = self.rng.choice([{"Value": self.values.attribute(name)}, {"Exists": False},
                                               {"Exists": True, "Value": self.values.attribute(name)}])
        request = {"Expected": found}
        if len(found) > 1 and self.rng.random() < 0.4:
            request["ConditionalOperator"] = self.rng.choice(["AND", "OR"])
        return request

    def legacy_put(self):
        table = self.keys.table()
        item = self.values.item(self.keys.of(table), self.keys.index_attributes(table))
        return "PutItem", {"TableName": table["TableName"], "Item": item, **self.expected()}

    def legacy_update(self):
        table = self.keys.table()
        updates = {}
        for name in self.rng.sample(sorted(USUAL), self.rng.choice([1, 1, 2])):
            action = self.rng.choice(["PUT", "PUT", "ADD", "DELETE"])
            updates[name] = {"Action": action, "Value": self.values.attribute(name)}
            if action == "DELETE" and self.rng.random() < 0.6:
                del updates[name]["Value"]
        request = {"TableName": table["TableName"], "Key": self.keys.of(table), "AttributeUpdates": updates, "ReturnValues": "ALL_NEW"}
        return "UpdateItem", request | (self.expected() if self.rng.random() < 0.3 else {})

    def legacy_get(self):
        table = self.keys.table()
        names = [self.rng.choice(sorted(USUAL)) for _ in range(self.rng.randint(1, 3))]
        return "GetItem", {"TableName": table["TableName"], "Key": self.keys.of(table), "AttributesToGet": names}
