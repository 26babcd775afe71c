"""Statements of PartiQL."""
import json

from .items import Items
from .tables import FACTS, PARTITIONS, SORTS


class Partiql(Items):
    def choose(self):
        statement, parameters = self.rng.choices([self.select, self.insert, self.update, self.delete], [4, 3, 3, 1])[0]()
        if self.values.odd(2):
            words = statement.split(" ")
            del words[self.rng.randrange(len(words))]
            statement = " ".join(words)
        return "ExecuteStatement", {"Statement": statement, **({"Parameters": parameters} if parameters else {})}

    def literal(self, value, parameters):
        """As text, or as a parameter."""
        kind, inner = next(iter(value.items()))
        if kind in ("S", "N", "BOOL") and self.rng.random() < 0.5:
            return {"S": lambda: "'" + inner.replace("'", "''") + "'", "N": lambda: inner, "BOOL": lambda: json.dumps(inner)}[kind]()
        parameters.append(value)
        return "?"

    def key(self, parameters):
        p = self.literal({"S": self.rng.choice(PARTITIONS)}, parameters)
        s = self.literal({"N": self.rng.choice(SORTS[:6])}, parameters)
        return f"p = {p} AND s = {s}"

    def simple(self):
        kind = self.rng.choice("SN")
        return {"S": self.rng.choice(["a", "v1", "it''s"])} if kind == "S" else {"N": self.rng.choice(["1", "2.5", "-3"])}

    def select(self):
        parameters = []
        fields = self.rng.choice(["*", "a", "a, n", "p, s, m.a", "li[0]"])
        where = self.key(parameters)
        if self.rng.random() < 0.4:
            extra = self.rng.choice(["a = {}", "n > {}", "a <> {}", "begins_with(a, {})", "contains(a, {})", "n BETWEEN {} AND 9", "a IN [{}, 'x']"])
            where += " AND " + extra.format(self.literal(self.simple(), parameters))
        elif self.rng.random() < 0.2:
            where += self.rng.choice([" AND a IS MISSING", " AND a IS NOT MISSING", " AND attribute_type(n, 'N')", " AND size(a) > 0"])
        return f"SELECT {fields} FROM {self.table()} WHERE {where}", parameters

    def table(self):
        return self.rng.choice(["facts", '"facts"'])

    def insert(self):
        parameters = []
        key = self.keys.of(FACTS)
        fields = [f"'p': {self.literal(key['p'], parameters)}", f"'s': {self.literal(key['s'], parameters)}"]
        fields += [f"'{name}': {self.literal(self.simple(), parameters)}" for name in self.rng.sample(["a", "n", "b"], 2)]
        return f"INSERT INTO {self.table()} VALUE {{{', '.join(fields)}}}", parameters

    def update(self):
        parameters = []
        change = self.rng.choice(["SET a = {}", "SET b = {}", "SET n = n + 1 SET a = {}", "SET m.a = {}", "SET b = {} REMOVE a"])
        change = change.format(self.literal(self.simple(), parameters))
        returning = self.rng.choice(["", "", " RETURNING ALL NEW *", " RETURNING ALL OLD *", " RETURNING MODIFIED NEW *"])
        return f"UPDATE {self.table()} {change} WHERE {self.key(parameters)}{returning}", parameters

    def delete(self):
        parameters = []
        returning = self.rng.choice(["", " RETURNING ALL OLD *"])
        return f"DELETE FROM {self.table()} WHERE {self.key(parameters)}{returning}", parameters
