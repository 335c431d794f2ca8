# SPDX-License-Identifier: GPL-2.0-or-later
"""The schemas of docs/json, stricter than they are shipped: a key that a schema
does not name is an error here, so that every key that is printed is described.
"""
import json
import pathlib
import re

import jsonschema

HERE = pathlib.Path(__file__).resolve().parents[3] / "docs/json"


def strict(schema):
    """The same schema, in which no object has further keys."""
    if isinstance(schema, dict):
        schema = {key: strict(value) for key, value in schema.items()}
        # what has properties as a keyword, not as the name of one
        if isinstance(schema.get("properties"), dict):
            schema["additionalProperties"] = False
    elif isinstance(schema, list):
        schema = [strict(value) for value in schema]
    return schema


def load(name):
    return strict(json.loads((HERE / name).read_text()))


STORE = {path.name: load(path.name) for path in HERE.glob("*.json")}
VALIDATORS = {
    name: jsonschema.Draft202012Validator(
        schema, resolver=jsonschema.RefResolver(name, schema, store=STORE))
    for name, schema in STORE.items()}
COMMANDS = {re.fullmatch(r"pfructl-(.*)\.json", name)[1] for name in STORE}


def wants_json(arguments):
    """Was JSON asked for, on standard output?"""
    words = [str(a) for a in arguments]
    if "-o" in words or any(w.startswith("--output") for w in words):
        return False
    return "--json" in words or any(re.match("-[qhVn]*j", w) for w in words)


def name_of(arguments, document):
    """The schema for a document that a run with these arguments printed."""
    words = [str(a) for a in arguments]
    for key, name in ("commands", "help"), ("features", "version"):
        if key in document:
            return name
    # a failure of the command line can come before the command is known
    if document.get("error", {}).get("reason") == "usage":
        return "failure"
    command = next((w for w in words if w in COMMANDS), "failure")
    if command == "telemetry" and {"--delta", "--follow"} & set(words):
        return "telemetry-line"
    return command


def check(arguments, text):
    """Raise an error unless all that was printed is as its schema says."""
    try:
        documents = [json.loads(text)]
    except json.JSONDecodeError:
        documents = [json.loads(line) for line in text.splitlines()]
    for document in documents:
        name = name_of(arguments, document)
        VALIDATORS[f"pfructl-{name}.json"].validate(document)
