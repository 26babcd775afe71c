"""Batches and transactions."""
from .items import Items


class Many(Items):
    def choose(self):
        return self.rng.choices([self.batch_get, self.batch_write, self.transact_write, self.transact_get], [2, 3, 6, 2])[0]()

    def distinct(self, count):
        """That many (table, key), each once, unless it is to be refused."""
        found = {}
        for _ in range(count):
            table = self.keys.table()
            key = self.keys.maybe_bad(table)
            found[table["TableName"] + str(sorted(key.items()))] = table, key
        pairs = list(found.values())
        return pairs + pairs[:1] if self.values.odd() else pairs

    def batch_get(self):
        request = {}
        for table, key in self.distinct(self.rng.randint(1, 8)):
            request.setdefault(table["TableName"], {"Keys": []})["Keys"].append(key)
        for part in request.values():
            if self.rng.random() < 0.4:
                part["AttributesToGet" if self.rng.random() < 0.3 else "ProjectionExpression"] = "a, n"
            if "AttributesToGet" in part:
                part["AttributesToGet"] = ["a", "n"]
        return "BatchGetItem", {"RequestItems": request, **self.some({"ReturnConsumedCapacity": ["TOTAL", "INDEXES"]})}

    def batch_write(self):
        request = {}
        for table, key in self.distinct(self.rng.randint(1, 8)):
            if self.rng.random() < 0.7:
                part = {"PutRequest": {"Item": self.values.item(key, self.keys.index_attributes(table))}}
            else:
                part = {"DeleteRequest": {"Key": key}}
            request.setdefault(table["TableName"], []).append(part)
        return "BatchWriteItem", {"RequestItems": request}

    def transact_write(self):
        items = [self.action(table, key) for table, key in self.distinct(self.rng.randint(1, 5))]
        return "TransactWriteItems", {"TransactItems": items}

    def action(self, table, key):
        rng = self.rng
        expressions = self.expressions(table)
        kind = rng.choices(["Put", "Delete", "Update", "ConditionCheck"], [4, 2, 4, 2])[0]
        request = {"TableName": table["TableName"]}
        if kind == "Put":
            request["Item"] = self.values.item(key, self.keys.index_attributes(table))
        else:
            request["Key"] = key
        if kind == "Update":
            request["UpdateExpression"] = expressions.garbled(expressions.update())
        if kind == "ConditionCheck" or rng.random() < 0.2:
            simple = f"{rng.choice(['attribute_exists', 'attribute_not_exists'])}({expressions.name('p')})"
            request["ConditionExpression"] = expressions.garbled(simple if rng.random() < 0.6 else expressions.condition())
            request.update(self.some({"ReturnValuesOnConditionCheckFailure": ["ALL_OLD", "NONE"]}))
        return {kind: request | expressions.parameters()}

    def transact_get(self):
        items = []
        for table, key in self.distinct(self.rng.randint(1, 5)):
            expressions = self.expressions(table)
            get = {"TableName": table["TableName"], "Key": key}
            if self.rng.random() < 0.4:
                get["ProjectionExpression"] = expressions.garbled(expressions.projection())
            items.append({"Get": get | expressions.parameters()})
        return "TransactGetItems", {"TransactItems": items}
