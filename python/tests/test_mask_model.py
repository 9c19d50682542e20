"""Masks against a model of them, written from their definition in nothing but Python.

``KAIFANG_MODEL_VALUES=1000000`` runs it on as many values.
"""

import datetime
import os
import random
import re
import unicodedata

import kaifang

VALUES = int(os.environ.get("KAIFANG_MODEL_VALUES", "20000"))
REDACTED = "[redacted]"
PROVINCES = {
    *("11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65".split()),
    *("71 81 82 83".split()),
}


def folded(value):
    return re.sub(r"[\s\u200b'\"`-]", "", unicodedata.normalize("NFKC", value)).upper()


def mobile(value):
    text = re.sub(r"^\+*(00)?86(?=\d{11}$)", "", folded(value))
    return text if re.fullmatch(r"1[3-9]\d{9}", text) else None


def check(digits):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(digits, weights)) % 11]


def resident_id(value):
    text = folded(value)
    if re.fullmatch(r"\d{15}", text):
        century = "18" if text[-3:] in ("996", "997", "998", "999") else "19"
        text = text[:6] + century + text[6:]
        text += check(text)
    if not re.fullmatch(r"\d{17}[\dX]", text) or check(text[:17]) != text[17] or text[:2] not in PROVINCES:
        return None
    try:
        born = datetime.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return None
    return text if 1850 <= born.year <= 2100 else None


def bank_card(value):
    text = folded(value)
    if not re.fullmatch(r"[34569]\d{14,18}", text):
        return None
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(text)))
    return text if sum(number - 9 * (number > 9) for number in doubled) % 10 == 0 else None


def window(value, prefix, suffix):
    """Hides what is between; nothing is hidden where that shows nothing."""
    end = len(value) - suffix
    hidden = value[prefix:end] if end > prefix else ""
    if not any(unicodedata.normalize("NFKC", letter).strip() and letter != "\u200b" for letter in hidden):
        return None
    return value[:prefix] + "*" * len(hidden) + value[end:]


def of_kind(form, prefix, suffix):
    return lambda value: (lambda text: text and window(text, prefix, suffix))(form(value))


MODELS = [
    ({"do": "mask", "kind": "mobile"}, of_kind(mobile, 3, 4)),
    ({"do": "mask", "kind": "resident_id"}, of_kind(resident_id, 6, 0)),
    ({"do": "mask", "kind": "resident_id", "keep_prefix": 6, "keep_suffix": 4}, of_kind(resident_id, 6, 4)),
    ({"do": "mask", "kind": "bank_card"}, of_kind(bank_card, 0, 4)),
    ({"do": "mask", "keep_prefix": 3, "keep_suffix": 4}, lambda value: window(value, 3, 4)),
    ({"do": "mask", "keep_suffix": 1}, lambda value: window(value, 0, 1)),
    ({"do": "mask", "keep_prefix": 2}, lambda value: window(value, 2, 0)),
]


def luhn(digits):
    return next(digits + str(last) for last in range(10) if bank_card(digits + str(last)) or last == 9)


def invented(draw):
    """A value of some kind, whole or damaged, in some spelling."""
    digits = lambda count: "".join(draw.choices("0123456789", k=count))
    born = f"{draw.randint(1840, 2110)}{draw.randint(0, 13):02}{draw.randint(0, 32):02}"
    head = draw.choice([*PROVINCES, "99"]) + digits(4) + born + digits(3)
    value = draw.choice(
        [
            lambda: "1" + digits(10),
            lambda: head + draw.choice([check(head), digits(1)]),
            lambda: head[:6] + head[8:17],
            lambda: luhn(draw.choice("3456") + digits(draw.randint(13, 17))),
            lambda: digits(draw.randint(0, 12)),
            lambda: "".join(draw.choices("陕A𠮷é 1", k=draw.randint(0, 9))),
        ]
    )()
    for damage, change in (
        (0.1, lambda text: text.lower()),
        (0.1, lambda text: text[:3] + draw.choice([" ", "-", "\u200b"]) + text[3:]),
        (0.05, lambda text: unicodedata.normalize("NFKC", text).translate({48 + n: 0xFF10 + n for n in range(10)})),
        (0.05, lambda text: "+86" + text),
        (0.05, lambda text: text + draw.choice(["  ", "*", "x"])),
    ):
        if draw.random() < damage:
            value = change(value)
    return value


def test_masks_are_those_of_the_model():
    draw = random.Random(37964)
    each = -(-VALUES // len(MODELS))
    for column, model in MODELS:
        values = [invented(draw) for _ in range(each)]
        answer = kaifang.treat_values(values, column, dataset="model")
        expected = [model(value) for value in values]
        wrong = [row for row, pair in enumerate(zip(answer["values"], expected)) if pair[0] != (pair[1] or REDACTED)]
        assert not wrong, (column, values[wrong[0]], answer["values"][wrong[0]], expected[wrong[0]])
        assert answer["invalid"] == expected.count(None), column
        assert each < 100 or 0 < answer["invalid"] < each, "values of both kinds were tried"
