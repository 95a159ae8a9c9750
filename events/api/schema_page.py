"""The description of the API for people: OpenAPI's tree flattened into what the page at /api/ shows."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from events.pages.absolute_urls import absolute

type Tree = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """A field of an answer, or a parameter: `kind` in words, `choices` where only some values are possible."""

    name: str
    kind: str
    about: str
    choices: list[str]
    where: str = ""
    is_required: bool = False


@dataclass(frozen=True)
class Operation:
    """One address that can be read. `answer`: the name of its kind of data, `command`: how to try it."""

    key: str
    path: str
    summary: str
    about: str
    parameters: list[Field]
    answer: str
    command: str


@dataclass(frozen=True)
class Group:
    name: str
    operations: list[Operation]


@dataclass(frozen=True)
class Kind:
    """A kind of data with its fields."""

    name: str
    about: str
    fields: list[Field]


def groups(description: Tree) -> list[Group]:
    """All operations of a description, by their tags, in the order in which they stand there."""
    found: dict[str, list[Operation]] = {}
    for path, methods in description["paths"].items():
        operation = methods["get"]  # there is no other
        found.setdefault(operation["tags"][0], []).append(_operation(path, operation))
    return [Group(name, operations) for name, operations in found.items()]


def _operation(path: str, operation: Tree) -> Operation:
    media = operation["responses"]["200"]["content"]["application/json"]
    return Operation(
        key=operation["operationId"],
        path=path,
        summary=operation["summary"],
        about=operation["description"],
        parameters=[_parameter(found) for found in operation.get("parameters", [])],
        answer=_name(media["schema"].get("$ref", "")),
        command=f"curl '{address(path, tried=operation['x-try'])}'",
    )


def address(path: str, *, tried: str | Mapping[str, str]) -> str:
    """The address of an operation to try: with a query, or with the parts of its path filled in."""
    if isinstance(tried, str):
        return absolute(path + tried)
    for name, value in tried.items():
        path = path.replace(f"{{{name}}}", value)
    return absolute(path)


def _parameter(found: Tree) -> Field:
    schema = found["schema"]
    return Field(
        name=found["name"],
        kind=kind(schema),
        about=found.get("description", ""),
        choices=[str(choice) for choice in choices(schema)],
        where=found["in"],
        is_required=found.get("required", False),
    )


def kinds(description: Tree) -> list[Kind]:
    """All kinds of data with fields, by name; lists in pages only once, as what they have in common."""
    components = description["components"]["schemas"]
    return [
        Kind(name=name, about=schema.get("description", ""), fields=list(_fields(schema, components)))
        for name, schema in components.items()
        if "properties" in schema and not is_page(name)
    ]


def is_page(name: str) -> bool:
    return name.startswith("Paginated")


def _fields(schema: Tree, components: Tree) -> Iterator[Field]:
    for name, found in schema["properties"].items():
        target = _target(found, components)
        yield Field(
            name=name,
            kind=kind(found, components),
            about=found.get("description", ""),
            choices=[str(choice) for choice in choices(target)],
            is_required=name in schema.get("required", []),
        )


def _name(reference: str) -> str:
    """The kind of data that an answer holds; for a list in pages that of its rows."""
    name = reference.rpartition("/")[2]
    return name.removeprefix("Paginated").removesuffix("List") if is_page(name) else name


def _reference(schema: Tree) -> str:
    """The name of the kind that a schema points to, directly or as the one of `allOf`; empty for none."""
    for part in (schema, *schema.get("allOf", [])):
        if "$ref" in part:
            return str(part["$ref"]).rpartition("/")[2]
    return ""


def _target(schema: Tree, components: Tree) -> Tree:
    """What a schema points to, for lists what their rows point to."""
    inner = schema.get("items", schema)
    target: Tree = components.get(_reference(inner), inner)
    return target


def choices(schema: Tree) -> Iterable[object]:
    """The values that are possible, where they are counted."""
    found: Iterable[object] = schema.get("enum") or schema.get("items", {}).get("enum", [])
    return found


def kind(schema: Tree, components: Tree | None = None) -> str:
    """What a value is, in a few words: “integer, 1 to 200”, “list of Text”, “string (date-time)”."""
    if "items" in schema:
        return f"list of {kind(schema['items'], components)}"
    reference = _reference(schema)
    if reference:
        target = (components or {}).get(reference, {})
        words = kind(target) if "enum" in target else reference
    else:
        words = str(schema.get("type", "object"))
        words += f" ({schema['format']})" if "format" in schema else ""
    if "minimum" in schema and "maximum" in schema:
        words += f", {schema['minimum']} to {schema['maximum']}"
    if "maxLength" in schema:
        words += f", {schema['maxLength']} characters at most"
    if "default" in schema:
        words += f", {json.dumps(schema['default'])} by itself"
    return words + (" or null" if schema.get("nullable") else "")
