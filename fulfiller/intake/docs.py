"""The documentation page: the OpenAPI document as plain HTML, without a script or a CDN."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fulfiller.intake.problem import KINDS, TYPE_PREFIX

Tree = Mapping[str, Any]
MARK = "problem-"
"""How the places of problems on the page begin."""
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}"
    "code{font-family:ui-monospace,monospace}h2{margin-top:2.5rem;border-top:1px solid #ccc;"
    "padding-top:1rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;"
    "vertical-align:top;padding:.2rem .8rem .2rem 0}@media(prefers-color-scheme:dark){"
    "body{background:#111;color:#ddd}a{color:#8cf}}"
)


def page(document: Tree) -> bytes:
    """Return the page that describes an OpenAPI document."""
    title = escape(document["info"]["title"])
    about = escape(document["info"]["description"])
    parts = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>',
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>',
        f"<h1>{title}</h1><p>{about}</p>",
        '<p><a href="/openapi.json">openapi.json</a>, <a href="#problems">problems</a></p>',
        *_operations(document),
        '<h2 id="problems">Problems</h2>',
        "<p>Whatever is no success is told with one of these codes, and what to do about it.</p>",
        f"<table>{''.join(_problems())}</table>",
        "<h2>Headers of answers</h2>",
        f"<table>{''.join(_headers(document['components']['headers']))}</table>",
        "<h2>Shapes</h2>",
        *_shapes(document["components"]["schemas"]),
    )
    return "\n".join(parts).encode()


def _operations(document: Tree) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
            yield f"<p>{escape(operation['summary'])}.</p>"
            yield f"<p>{' '.join(_needs(operation))}</p>"
            yield f"<table>{''.join(_parameters(operation))}</table>"
            yield f"<table>{''.join(_answers(operation['responses']))}</table>"


def _needs(operation: Tree) -> Iterator[str]:
    for wanted in operation.get("security", ()):
        yield f"Scope <code>{' '.join(wanted['api_key'])}</code>."
    for body in operation.get("requestBody", {}).get("content", {}).values():
        yield f"Body {_link(body['schema'])}."


def _parameters(operation: Tree) -> Iterator[str]:
    for parameter in operation["parameters"]:
        where = f"{parameter['in']}{', required' if parameter['required'] else ''}"
        name, about = escape(parameter["name"]), _prose(parameter["description"])
        yield f"<tr><th><code>{name}</code><td>{where}<td>{about}"


def _answers(responses: Tree) -> Iterator[str]:
    for status, response in responses.items():
        (content,) = response["content"].values()
        codes = [f'<a href="#{MARK}{code}">{code}</a>' for code in content.get("examples", ())]
        about = ", ".join(codes) or _prose(response["description"])
        carried = ", ".join(response["headers"])
        yield f"<tr><th>{status}<td>{about}<br>{carried}<td>{_kind(content['schema'])}"


def _problems() -> Iterator[str]:
    for code, kind in KINDS.items():
        page = f'<a href="{TYPE_PREFIX}{code}"><code>{code}</code></a>'
        yield f'<tr id="{MARK}{code}"><th>{page}<td>{kind.status}<td>{escape(kind.title)}'
        yield f"<td>{_prose(kind.remedy)}"


def _headers(told: Tree) -> Iterator[str]:
    for name, header in told.items():
        yield f"<tr><th><code>{name}</code><td>{_prose(header['description'])}"


def _shapes(schemas: Tree) -> Iterator[str]:
    for name, schema in schemas.items():
        fields = (
            f"<tr><th><code>{escape(field)}</code><td>"
            f"{'required' if field in schema.get('required', ()) else ''}<td>{_kind(kind)}"
            f"<td>{_prose(kind.get('description', ''))}"
            for field, kind in schema.get("properties", {}).items()
        )
        about = _prose(schema.get("description", ""))
        yield f'<h3 id="{name}">{name}</h3><p>{about}</p><table>{"".join(fields)}</table>'


def _kind(kind: Tree) -> str:
    if "$ref" in kind:
        return _link(kind)
    if "anyOf" in kind:
        return " or ".join(map(_kind, kind["anyOf"]))
    if "enum" in kind:
        return escape(" | ".join(map(str, kind["enum"])))
    return escape(" ".join(str(kind[part]) for part in ("type", "format") if part in kind))


def _prose(text: str) -> str:
    """Return a sentence as HTML; what stands in backquotes is code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{p}</code>" if n % 2 else p for n, p in enumerate(parts))


def _link(schema: Tree) -> str:
    name = schema["$ref"].rpartition("/")[2]
    return f'<a href="#{name}">{name}</a>'
