"""The description of the API for people: OpenAPI's tree flattened into what the page at /api/ shows."""

import json
from collections.abc import Mapping
from typing import Any

from events.shared.pages.absolute_urls import absolute

type Tree = Mapping[str, Any]


def groups(description: Tree) -> dict[str, list[Tree]]:
    """All operations of a description, by their tags, in the order in which they stand there: with `path`, `answer` (the
    name of its kind of data), `command` (how to try it), and each parameter in words."""
    found: dict[str, list[Tree]] = {}
    for path, methods in description["paths"].items():
        operation = methods["get"]  # there is no other
        media = operation["responses"]["200"]["content"]["application/json"]
        shown = {
            "path": path,
            "answer": _name(media["schema"].get("$ref", "")),
            "command": f"curl '{address(path, tried=operation['x-try'])}'",
            "parameters": [
                one | {"kind": kind(one["schema"]), "choices": choices(one["schema"])}
                for one in operation.get("parameters", [])
            ],
        }
        found.setdefault(operation["tags"][0], []).append(operation | shown)
    return found


def address(path: str, *, tried: str | Mapping[str, str]) -> str:
    """The address of an operation to try: with a query, or with the parts of its path filled in."""
    if isinstance(tried, str):
        return absolute(path + tried)
    for name, value in tried.items():
        path = path.replace(f"{{{name}}}", value)
    return absolute(path)


def kinds(description: Tree) -> dict[str, Tree]:
    """All kinds of data with their fields in words, by name; lists in pages only once, as what they have in common."""
    components = description["components"]["schemas"]
    return {
        name: schema | {"fields": [_field(key, found, components) for key, found in schema["properties"].items()]}
        for name, schema in components.items()
        if "properties" in schema and not is_page(name)
    }


def is_page(name: str) -> bool:
    return name.startswith("Paginated")


def _field(name: str, schema: Tree, components: Tree) -> Tree:
    inner = schema.get("items", schema)
    target = components.get(_reference(inner), inner)
    return schema | {"name": name, "kind": kind(schema, components), "choices": choices(target)}  # type: ignore[operator]


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


def choices(schema: Tree) -> list[object]:
    """The values that are possible, where they are counted."""
    return schema.get("enum") or schema.get("items", {}).get("enum", [])


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
