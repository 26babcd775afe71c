"""Numbers and what Python's decimal module says of them, one case a line, for number_oracle_test.cpp.

N text outcome             a text and its canonical form, or why there is none
A a b sum difference       two canonical numbers and the outcomes of adding and subtracting them
S canonical                all different canonical numbers in ascending order
"""

import random
import re
import sys
from decimal import Context, Decimal, setcontext

GRAMMAR = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

setcontext(Context(prec=700, Emax=999999, Emin=-999999))


def outcome(number):
    if number == 0:
        return "0"
    exponent = number.adjusted()
    if exponent > 125:
        return "overflow"
    if exponent < -130:
        return "underflow"
    number = number.normalize()
    if len(number.as_tuple().digits) > 38:
        return "precise"
    return format(number, "f")


def canonical(text):
    match = GRAMMAR.fullmatch(text)
    # Exponents have at most 32 bits.
    if not match or abs(int((match[2] or "e0")[1:])) > 0x7FFFFFFF:
        return "malformed"
    return outcome(Decimal(text))


def digits(random_, count):
    kind = random_.randrange(4)
    if kind == 0:
        return "9" * count
    if kind == 1:
        return "1" + "0" * (count - 1)
    if kind == 2:
        return "".join(random_.choice("0123456789") for _ in range(count))
    return "".join(random_.choice("05") for _ in range(count))


def text_of(random_):
    whole = digits(random_, random_.choice([0, 1, 1, 2, 3, 5, 10, 19, 20, 37, 38, 39, 60]))
    fraction = digits(random_, random_.choice([0, 0, 1, 2, 5, 18, 38, 130]))
    text = random_.choice(["", "", "-", "-", "+"]) + random_.choice(["", "", "0", "000"]) + whole
    if fraction or random_.random() < 0.05:
        text += "." + fraction + random_.choice(["", "0", "00000"])
    if random_.random() < 0.5:
        power = random_.choice([0, 1, 5, 37, 38, 125, 126, 129, 130, 131, 167, 168, 300])
        power += random_.choice([-1, 0, 0, 1])
        text += random_.choice("eE") + random_.choice(["", "+", "-", "-0", "00"]) + str(abs(power))
    if random_.random() < 0.02:
        at = random_.randrange(len(text) + 1)
        text = text[:at] + random_.choice(["-", "+", "e", ".", " ", "x", "_", "NaN", "Infinity"]) + text[at:]
    return text


def main():
    random_ = random.Random(int(sys.argv[1]))
    known = set()
    lines = []
    for _ in range(int(sys.argv[2])):
        text = text_of(random_)
        form = canonical(text)
        lines.append(f"N\t{text}\t{form}")
        if form[-1].isdigit():
            known.add(form)
    numbers = sorted(known, key=Decimal)
    for at, number in enumerate(numbers):
        other = numbers[min(at + 1, len(numbers) - 1)] if random_.random() < 0.5 else random_.choice(numbers)
        a, b = Decimal(number), Decimal(other)
        lines.append(f"A\t{number}\t{other}\t{outcome(a + b)}\t{outcome(a - b)}")
    lines.extend(f"S\t{number}" for number in numbers)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
