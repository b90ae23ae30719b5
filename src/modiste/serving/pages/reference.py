"""The API's reference, rendered from its OpenAPI document on the server: it needs no network and no script."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from modiste.serving.pages.site import Site

__all__ = ["reference_pages"]

METHODS = ("get", "post")


@dataclass(frozen=True)
class _Operation:
    """A route, as the page shows it."""

    method: str
    path: str
    summary: str
    description: str
    parameters: list[Mapping[str, Any]]
    command: str
    answers: list[tuple[str, str, str | None]]
    example: str | None


def reference_pages(site: Site, document: Callable[[], Mapping[str, Any]]) -> APIRouter:
    """Returns the route; it is open to everybody, as the document is.

    Args:
        site: Makes pages.
        document: Returns the OpenAPI document.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def reference(request: Request) -> Response:
        described = document()
        schemas = described["components"]["schemas"]
        return site.page(
            request,
            site.visitor(request),
            "reference.html",
            about=described["info"]["description"],
            operations=_operations(described, str(request.base_url).rstrip("/"), locked=site.access.has_key),
            schemas=[(name, schema, _fields(schema)) for name, schema in schemas.items()],
        )

    return router


def _operations(document: Mapping[str, Any], base: str, *, locked: bool) -> list[_Operation]:
    schemas = document["components"]["schemas"]
    return [
        _operation(method, path, routes[method], schemas, base, locked=locked)
        for path, routes in document["paths"].items()
        for method in METHODS
        if method in routes
    ]


def _operation(
    method: str, path: str, route: Mapping[str, Any], schemas: Mapping[str, Any], base: str, *, locked: bool
) -> _Operation:
    answers = []
    for status, answer in route["responses"].items():
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        answers.append((status, answer["description"], _name_of(schema) or None))
    schema = route["responses"]["200"].get("content", {}).get("application/json", {}).get("schema")
    return _Operation(
        method=method.upper(),
        path=path,
        summary=route.get("summary", ""),
        description=route.get("description", ""),
        parameters=[
            {**each, "type": _type_of(each["schema"]), "default": each["schema"].get("default")}
            for each in route.get("parameters", [])
        ],
        command=_command(base + path, form="requestBody" in route, key=locked and "security" in route),
        answers=answers,
        example=None if schema is None else json.dumps(_example(schema, schemas), indent=2),
    )


def _command(url: str, *, form: bool, key: bool) -> str:
    header = ' -H "Authorization: Bearer $MODISTE_API_KEY"' if key else ""
    return f"curl{header}{' -F photos=@shirt.jpg -F photos=@shoe.png' if form else ''} {url}"


def _fields(schema: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Returns a schema's properties: name, type, description."""
    properties = schema.get("properties", {})
    return [(name, _type_of(each), each.get("description", "")) for name, each in properties.items()]


def _name_of(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _type_of(schema: Mapping[str, Any]) -> str:
    """Returns a schema's type in words."""
    if name := _name_of(schema):
        return name
    if "enum" in schema:
        return " or ".join(map(repr, schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(_type_of(each) for each in schema["anyOf"])
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"list of {_type_of(schema.get('items', {}))}"
    if isinstance(rest := schema.get("additionalProperties"), Mapping):
        return f"object of {_type_of(rest)}"
    return kind


def _example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """Returns a value that fits a schema, made of the examples in it."""
    if name := _name_of(schema):
        return _example(schemas[name], schemas)
    if "examples" in schema:
        return schema["examples"][0]
    if "anyOf" in schema:
        # The last is null; an example shows that, for the other case is an example of its own elsewhere.
        return None if schema["anyOf"][-1].get("type") == "null" else _example(schema["anyOf"][0], schemas)
    if "enum" in schema:
        return schema["enum"][0]
    return _plain_example(schema, schemas)


def _plain_example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "object":
        if isinstance(rest := schema.get("additionalProperties"), Mapping):
            return {"Class": _example(rest, schemas)}
        return {name: _example(each, schemas) for name, each in schema.get("properties", {}).items()}
    if kind == "array":
        return [_example(schema.get("items", {}), schemas)]
    return {"boolean": True, "integer": 1, "number": 0.5}.get(str(kind), "…")
