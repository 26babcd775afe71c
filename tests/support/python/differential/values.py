"""Attribute values, keys and items: seeded, from a small vocabulary so that requests meet each other's items. Now and then invalid."""
import base64

# The vocabulary: a and b strings, n and k numbers, m a map, l a list, the sets by their type, bin binary, f a boolean, z null.
USUAL = {"a": "S", "b": "S", "n": "N", "k": "N", "m": "M", "li": "L", "ss": "SS", "ns": "NS", "bs": "BS", "bin": "B", "f": "BOOL", "z": "NULL"}
WORDS = ["", "a", "ab", "abc", "b", "v1", "x y", "é", "日本", "\U0001f600", "A", "a\u0000b", "\"quoted\\", "\n\t", "10", "9"]
NUMBERS = ["0", "1", "-1", "2", "3", "5", "10", "9", "1.5", "-0.5", "100", "0.001", "12345678901234567890", "1e20", "1E-7"]
EDGES = ["9.9999999999999999999999999999999999999E+125", "-9.9999999999999999999999999999999999999E+125", "1E-130", "-1E-130", "1e125",
         "0.00000000000000000000000000000000000001", "12345678901234567890123456789012345678", "1" + "0" * 60, "0." + "0" * 60 + "1",
         "-0", "0.0", "1.10", "00012", "+5", "5.", ".5", "1e+5", "1e-5", "99999999999999999999999999999999999999", "0e5", "-0.0e3",
         "1.0000000000000000000000000000000000000"]
BAD_NUMBERS = ["", "x", "1e126", "-1e126", "1e-131", "123456789012345678901234567890123456789", "1.2.3", "--1", "NaN", "Infinity", "0x10", "1_000",
               " 1", "1 ", "1,5", "e5", "1e", "-", "1e1000"]
BINARIES = [b"", b"\x00", b"abc", b"\xff\xfe", b"a" * 40, bytes(range(16))]
BAD_VALUES = [{}, {"S": "a", "N": "1"}, {"NULL": False}, {"SS": []}, {"NS": []}, {"BS": []}, {"SS": ["a", "a"]}, {"NS": ["1", "1.0"]},
              {"BS": ["YQ==", "YQ=="]}, {"X": "a"}]


def base64_of(data):
    return base64.b64encode(data).decode()


class Values:
    """`wild`: how often something is invalid or of an unusual type. At most one thing of a request: which of several faults a server
    names is its own affair."""

    def __init__(self, rng, wild=0.06):
        self.rng = rng
        self.wild = wild
        self.allowed = False

    def begin_request(self):
        self.allowed = self.rng.random() < 0.6

    def odd(self, factor=1.0):
        found = self.allowed and self.rng.random() < self.wild * factor
        self.allowed = self.allowed and not found
        return found

    def word(self):
        return self.rng.choice(WORDS)

    def number(self):
        if self.odd():
            return self.rng.choice(BAD_NUMBERS)
        kind = self.rng.random()
        if kind < 0.7:
            return self.rng.choice(NUMBERS)
        if kind < 0.85:
            return self.rng.choice(EDGES)
        digits = "".join(self.rng.choices("0123456789", k=self.rng.randint(1, 38)))
        point = self.rng.randint(0, len(digits))
        exponent = self.rng.choice(["", "", f"e{self.rng.randint(-120, 80)}"])
        return self.rng.choice(["", "-"]) + digits[:point] + "." * (point < len(digits)) + digits[point:] + exponent

    def of_type(self, kind, depth=0):
        rng = self.rng
        if kind == "S":
            return {"S": self.word()}
        if kind == "N":
            return {"N": self.number()}
        if kind == "B":
            return {"B": base64_of(rng.choice(BINARIES))}
        if kind == "BOOL":
            return {"BOOL": rng.random() < 0.5}
        if kind == "NULL":
            return {"NULL": True}
        if kind == "SS":
            return {"SS": rng.sample(WORDS, rng.randint(1, 3))}
        if kind == "NS":
            return {"NS": rng.sample(NUMBERS, rng.randint(1, 3))}
        if kind == "BS":
            return {"BS": [base64_of(data) for data in rng.sample(BINARIES, rng.randint(1, 3))]}
        if kind == "L":
            return {"L": [self.any(depth + 1) for _ in range(rng.randint(0, 3))]}
        names = rng.sample(["a", "b", "x", "y.z", "n"], rng.randint(0, 3))
        return {"M": {name: self.any(depth + 1) for name in names}}

    def any(self, depth=0):
        if self.odd(0.2):
            return self.rng.choice(BAD_VALUES)
        kinds = ["S", "N", "N", "B", "BOOL", "NULL", "SS", "NS", "BS"] + (["L", "M", "L", "M"] if depth < 3 else [])
        return self.of_type(self.rng.choice(kinds), depth)

    def attribute(self, name):
        """A value for this attribute, most often of its usual type."""
        if name in USUAL and not self.odd(1.5):
            return self.of_type(USUAL[name])
        return self.any()

    def item(self, key, extra=()):
        """Further attributes beside the key; `extra` are names of index keys with a value or None."""
        names = self.rng.sample(sorted(USUAL), self.rng.randint(0, 6))
        return {**{name: self.attribute(name) for name in names}, **dict(extra), **key}
