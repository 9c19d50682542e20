"""A file of vectors against a model: checked, or with ``--write`` written anew. Cases that are errors are not the model's."""

import json
import pathlib
import sys

VECTORS = pathlib.Path(__file__).parents[2] / "vectors"
REDACTED = "[redacted]"


def run(name: str, answer) -> int:
    path = VECTORS / name
    document = json.loads(path.read_text("utf-8"))
    wrong = 0
    for case in document["cases"]:
        if "error" in case:
            continue
        expected = answer(case["input"])
        if "--write" in sys.argv:
            case["output"] = expected
        elif case["output"] != expected:
            wrong += 1
            print(f"differs: {case['name']}")
    if "--write" in sys.argv:
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 1 if wrong else 0
