"""Query and Scan: of tables and indexes, with filters, projections and limits; page by page where an order is not promised."""
from .expressions import Expressions, by_value
from .items import Items
from .tables import FACTS, GROUPS, NUMERIC, PARTITIONS, PLAIN, SORTS
from .values import base64_of

# table, index, its partition key and sort key
SOURCES = [(FACTS, None, "p", "s"), (FACTS, None, "p", "s"), (FACTS, "gix", "g", "s"), (FACTS, "gko", "g", None), (FACTS, "lix", "p", "l"),
           (NUMERIC, None, "p", "s"), (NUMERIC, "by_k", "k", "p"), (PLAIN, None, "p", None)]
PAGED = "paged "


class Reads(Items):
    """An operation that begins with "paged " is read to its end."""

    def choose(self):
        return self.rng.choices([self.query, self.legacy_query, self.scan, self.legacy_scan], [8, 2, 3, 1])[0]()

    def value_for(self, table, name):
        rng = self.rng
        if self.values.odd():
            return self.values.any()
        if table is FACTS:
            choices = {"p": ("S", PARTITIONS), "s": ("N", SORTS), "g": ("S", GROUPS), "l": ("S", ["l", "l1", "l2", "m"])}
        elif table is NUMERIC:
            choices = {"p": ("N", SORTS), "k": ("N", SORTS), "s": ("B", [base64_of(b"a"), base64_of(b"\x00"), base64_of(b"\xff")])}
        else:
            choices = {"p": ("B", [base64_of(b"a"), base64_of(b"\x00")])}
        kind, values = choices[name]
        return {kind: rng.choice(values)}

    def shared(self, table, index, expressions, request):
        """What Query and Scan have in common."""
        rng = self.rng
        if index:
            request["IndexName"] = index
        if rng.random() < 0.5:
            request["FilterExpression"] = expressions.garbled(expressions.condition())
        if rng.random() < 0.3:
            request["ProjectionExpression"] = expressions.garbled(expressions.projection())
        elif rng.random() < 0.3:
            fitting = ["COUNT", "ALL_PROJECTED_ATTRIBUTES"] if index else ["COUNT", "ALL_ATTRIBUTES"]
            request["Select"] = rng.choice(["SPECIFIC_ATTRIBUTES", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"] if self.values.odd() else fitting)
        if rng.random() < 0.5:
            request["Limit"] = rng.choice([1, 2, 3, 5, 100]) if not self.values.odd() else 0
        if self.values.odd():
            request["ConsistentRead"] = True
        request.update(expressions.parameters())

    def query(self):
        rng = self.rng
        table, index, partition, sort = rng.choice(SOURCES)
        expressions = Expressions(self.values)
        condition = f"{expressions.name(partition)} = {expressions.value(self.value_for(table, partition))}"
        if sort and rng.random() < 0.6:
            name = expressions.name(sort)
            value = lambda: expressions.value(self.value_for(table, sort))
            kind = rng.random()
            if kind < 0.6:
                second = f"{name} {rng.choice(['=', '<', '<=', '>', '>='])} {value()}"
            elif kind < 0.8:
                low, high = sorted([self.value_for(table, sort) for _ in range(2)], key=by_value)
                second = f"{name} BETWEEN {expressions.value(low)} AND {expressions.value(high)}"
            elif sort == "l" or table is NUMERIC and sort == "s" or self.values.odd():
                second = f"begins_with({name}, {value()})"
            else:
                second = f"{name} >= {value()}"
            condition = f"{condition} AND {second}" if rng.random() < 0.8 else f"{second} AND {condition}"
        request = {"TableName": table["TableName"], "KeyConditionExpression": expressions.garbled(condition)}
        if rng.random() < 0.3:
            request["ScanIndexForward"] = rng.random() < 0.5
        self.shared(table, index, expressions, request)
        if index or rng.random() < 0.5:
            return PAGED + "Query", request
        return "Query", request

    def legacy_query(self):
        rng = self.rng
        table, index, partition, sort = rng.choice(SOURCES)
        conditions = {partition: {"ComparisonOperator": "EQ", "AttributeValueList": [self.value_for(table, partition)]}}
        if sort and rng.random() < 0.6:
            operator = rng.choice(["EQ", "LT", "LE", "GT", "GE", "BETWEEN", "BEGINS_WITH"] + ["NE"] * self.values.odd(3))
            count = 2 if operator == "BETWEEN" else 1
            if operator == "BEGINS_WITH" and next(iter(self.value_for(table, sort))) == "N":
                operator = "GE"
            values = sorted([self.value_for(table, sort) for _ in range(count)], key=by_value)
            conditions[sort] = {"ComparisonOperator": operator, "AttributeValueList": values}
        request = {"TableName": table["TableName"], "KeyConditions": conditions}
        if index:
            request["IndexName"] = index
        if rng.random() < 0.5:
            request["QueryFilter"] = self.conditions()
            if rng.random() < 0.3:
                request["ConditionalOperator"] = rng.choice(["AND", "OR"])
        return PAGED + "Query", request

    def scan(self):
        table, index, _, _ = self.rng.choice(SOURCES)
        request = {"TableName": table["TableName"]}
        self.shared(table, index, Expressions(self.values), request)
        return PAGED + "Scan", request

    def legacy_scan(self):
        table, index, _, _ = self.rng.choice(SOURCES)
        request = {"TableName": table["TableName"], "ScanFilter": self.conditions(), **({"IndexName": index} if index else {})}
        if self.rng.random() < 0.3:
            request["ConditionalOperator"] = self.rng.choice(["AND", "OR"])
        return PAGED + "Scan", request
