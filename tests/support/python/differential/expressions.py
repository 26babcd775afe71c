"""Expressions of every kind with their names and values; most are valid, some are cut, swapped or garbled."""
import base64
import contextlib
import decimal

from .values import USUAL

EQUALITY = ["=", "<>"]
COMPARATORS = [*EQUALITY, "<", "<=", ">", ">="]
ORDERED = {"S", "N", "B"}
TYPES = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"]
TOKENS = ["AND", "OR", "NOT", "(", ")", ",", "=", "<>", "<", "BETWEEN", "IN", "#x", ":x", "a", "size", "5", "'s'", "[0]", ".b", "SET", "REMOVE", "+"]
RESERVED = ["name", "status", "size", "Count", "zone", "date"]


def by_value(value):
    """Orders values of one type: for the bounds of BETWEEN."""
    kind, inner = next(iter(value.items()), ("", ""))
    number, data = decimal.Decimal(0), b""
    if kind == "N":
        with contextlib.suppress(decimal.InvalidOperation):
            number = decimal.Decimal(inner)
    elif kind == "B":
        data = base64.b64decode(inner)
    elif kind == "S":
        data = inner.encode()
    return kind, number if number.is_finite() else decimal.Decimal(0), data


class Expressions:
    """Collects the names and values of one request while its expressions are made."""

    def __init__(self, values, keys=()):
        self.values = values
        self.rng = values.rng
        self.key_names = list(keys)
        self.names = {}
        self.bound = {}
        self.changed = set()

    # ---- Parts

    def name(self, attribute):
        """The attribute itself or a placeholder for it."""
        if "." in attribute or self.rng.random() < 0.25:
            placeholder = "#" + "".join(c for c in attribute if c.isalnum())
            self.names[placeholder] = attribute
            return placeholder
        return self.rng.choice(RESERVED) if self.values.odd(0.3) else attribute

    def path(self, root=None):
        rng = self.rng
        root = root or rng.choice([*USUAL, *USUAL, *self.key_names, "nothing"])
        steps = self.name(root)
        if root in ("m", "li", "nothing") or self.values.odd(2):
            for _ in range(rng.choice([0, 1, 1, 2])):
                steps += rng.choice([f"[{rng.randint(0, 4)}]", "." + self.name(rng.choice(["a", "b", "x", "y.z", "n"]))])
        return steps

    def value(self, value=None):
        value = value if value is not None else self.values.any()
        placeholder = f":v{len(self.bound)}"
        self.bound[placeholder] = value
        if self.values.odd(0.2):
            return f":undefined{len(self.bound)}"
        return placeholder

    def operand(self, attribute=None):
        kind = self.rng.random()
        if kind < 0.2:
            return self.path()
        if kind < 0.25:
            return f"size({self.path()})"
        return self.value(self.values.attribute(attribute or self.rng.choice(sorted(USUAL))))

    # ---- Conditions

    def condition(self, depth=0):
        rng = self.rng
        kind = rng.random()
        if depth < 3 and kind < 0.3:
            left, right = self.condition(depth + 1), self.condition(depth + 1)
            joined = f"{left} {rng.choice(['AND', 'OR', 'and', 'Or'])} {right}"
            return f"({joined})" if depth and rng.random() < 0.6 else joined
        if depth < 3 and kind < 0.38:
            return f"NOT {self.condition(depth + 1)}"
        if kind < 0.42:
            return f"({self.condition(depth + 1)})" if depth < 3 else self.comparison()
        return self.comparison()

    def comparison(self):
        rng = self.rng
        attribute = rng.choice([*sorted(USUAL), *self.key_names])
        path = self.path(attribute)
        ordered = USUAL.get(attribute) in ORDERED or self.values.odd()
        kind = rng.random()
        if kind < 0.4 or (kind < 0.5 and not ordered):
            if rng.random() < 0.15:
                return f"size({path}) {rng.choice(COMPARATORS)} {self.value({'N': str(rng.randint(0, 5))})}"
            return f"{path} {rng.choice(COMPARATORS if ordered else EQUALITY)} {self.operand(attribute)}"
        if kind < 0.5:
            low, high = sorted([self.values.of_type(USUAL.get(attribute, "N")) for _ in range(2)], key=by_value)
            if self.values.odd():
                low, high = high, low
            return f"{path} BETWEEN {self.value(low)} AND {self.value(high)}"
        if kind < 0.6:
            return f"{path} IN ({', '.join(self.operand(attribute) for _ in range(rng.randint(1, 4)))})"
        if kind < 0.75:
            return f"{rng.choice(['attribute_exists', 'attribute_not_exists'])}({path})"
        if kind < 0.83:
            return f"begins_with({path}, {self.value({'S': self.values.word()} if not self.values.odd(3) else None)})"
        if kind < 0.93:
            return f"contains({path}, {self.operand(attribute)})"
        return f"attribute_type({path}, {self.value({'S': rng.choice(TYPES)} if not self.values.odd(3) else None)})"

    # ---- Updates

    def update(self):
        rng = self.rng
        clauses = [getattr(self, clause)() for clause in self.clauses()]
        return " ".join(clauses)

    def clauses(self):
        if self.values.odd(0.3):
            return ["set_", "remove", "set_"]
        return self.rng.sample(["set_", "remove", "add", "delete"], self.rng.choice([1, 1, 2, 3]))

    def set_(self):
        return "SET " + ", ".join(f"{self.target()} = {self.new_value()}" for _ in range(self.rng.choice([1, 1, 2, 3])))

    def target(self, among=None):
        """A path to be changed: of another attribute than those before, unless they are to overlap."""
        free = [name for name in among or [*USUAL, "nothing"] if name not in self.changed] or ["another", "further"]
        root = self.rng.choice(self.key_names or free) if self.values.odd(0.5) else self.rng.choice(free)
        if not self.values.odd():
            self.changed.add(root)
        return self.path(root)

    def new_value(self):
        rng = self.rng
        kind = rng.random()
        number = lambda: self.value({"N": self.values.number()})
        if kind < 0.45:
            return self.value()
        if kind < 0.65:
            return f"{self.path(rng.choice(['n', 'k', 'n', 'a']))} {rng.choice('+-')} {number()}"
        if kind < 0.75:
            return f"if_not_exists({self.path()}, {self.value()})"
        if kind < 0.8:
            return f"if_not_exists({self.path(rng.choice(['n', 'nothing']))}, {number()}) + {number()}"
        if kind < 0.92:
            return f"list_append({self.path('li')}, {self.value(self.values.of_type('L'))})"
        return self.path()

    def remove(self):
        return "REMOVE " + ", ".join(self.target() for _ in range(self.rng.choice([1, 1, 2])))

    def add(self):
        attribute = self.rng.choice(["n", "k", "ss", "ns", "bs"] if not self.values.odd() else ["a", "li", "m", "z"])
        return f"ADD {self.target([attribute])} {self.value(self.values.attribute(attribute))}"

    def delete(self):
        attribute = self.rng.choice(["ss", "ns", "bs"] if not self.values.odd() else ["n", "a", "li"])
        return f"DELETE {self.target([attribute])} {self.value(self.values.attribute(attribute))}"

    # ---- The rest

    def projection(self):
        return ", ".join(self.target([*USUAL, *USUAL, "nothing"]) for _ in range(self.rng.randint(1, 4)))

    def garbled(self, text):
        """Most often as it is; else with a token less, more, or swapped."""
        if not self.values.odd(2):
            return text
        rng = self.rng
        parts = text.split(" ")
        where = rng.randrange(len(parts))
        what = rng.randrange(5)
        if what == 0:
            del parts[where]
        elif what == 1:
            parts.insert(where, rng.choice(TOKENS))
        elif what == 2:
            parts[where] = rng.choice(TOKENS)
        elif what == 3:
            return text[:rng.randrange(len(text) + 1)]
        else:
            return text.replace(" ", "  ").replace(",", " , ").replace("(", " ( ")
        return " ".join(parts)

    def parameters(self):
        """ExpressionAttributeNames and -Values as they are needed, now and then with one more or one less."""
        if self.values.odd():
            self.names["#unused"] = "a"
        if self.values.odd():
            self.bound[":unused"] = {"S": "x"}
        found = {}
        if self.names:
            found["ExpressionAttributeNames"] = self.names
        if self.bound:
            found["ExpressionAttributeValues"] = self.bound
        return found
