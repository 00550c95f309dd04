"""The document that is served says what openapi.yaml says."""

from __future__ import annotations

from harness.contract import document, resolved

PROSE = {"title", "description", "summary", "examples", "example", "deprecated", "contentMediaType"}
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def normal_schema(schema):
    """Return a schema in one of the ways in which the same can be said."""
    if not isinstance(schema, dict):
        return schema
    schema = {name: value for name, value in schema.items() if name not in PROSE and not name.startswith("x-")}
    for union in ("anyOf", "oneOf"):
        schema = _merged(schema, union)
    if len(schema.get("allOf", ())) == 1:
        schema = {**schema, **normal_schema(schema.pop("allOf")[0])}
    schema = _normal_type(schema)
    for name in {"required", "enum"} & schema.keys():
        schema[name] = sorted(schema[name], key=str)
    if "properties" in schema:
        schema["properties"] = {name: normal_schema(value) for name, value in schema["properties"].items()}
    if "items" in schema:
        schema["items"] = normal_schema(schema["items"])
    return schema


def _normal_type(schema):
    """Return a schema without the type that its values tell, and without the width of integers."""
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if "enum" in schema:
        schema.pop("type", None)
    if str(schema.get("format", "")).startswith("int"):
        schema.pop("format")
    kinds = schema.get("type")
    if isinstance(kinds, list):
        schema["type"] = kinds[0] if len(kinds) == 1 else sorted(kinds)
    return schema


def _merged(schema, union):
    """Return a schema whose union of a type and null is a list of types."""
    parts = [normal_schema(part) for part in schema.get(union, ())]
    real = [part for part in parts if part != {"type": "null"}]
    if len(parts) != len(real) + 1 or len(real) != 1:
        return schema
    rest = {name: value for name, value in schema.items() if name != union}
    return {**rest, **real[0], "type": [real[0]["type"], "null"]}


def normal_parameter(parameter):
    required = parameter.get("required", False)
    return parameter["in"], parameter["name"].lower(), required, normal_schema(parameter["schema"])


def normal_contents(part):
    contents = part.get("content", {}).items()
    return {media.partition(";")[0]: normal_schema(content.get("schema")) for media, content in contents}


def normal_response(response):
    headers = {name.lower(): normal_schema(header["schema"]) for name, header in response.get("headers", {}).items()}
    return {"headers": headers, "content": normal_contents(response)}


def flat(value, path=""):
    """Return a nested value as lines of path and leaf, which are easy to compare."""
    if isinstance(value, dict) and value:
        return {line for name, part in value.items() for line in flat(part, f"{path}/{name}")}
    return {f"{path} = {value!r}"}


def account(openapi):
    """Return what a document promises, as lines."""
    lines = set()
    for path, methods in openapi["paths"].items():
        for method in METHODS & methods.keys():
            operation = methods[method]
            parameters = [*methods.get("parameters", []), *operation.get("parameters", [])]
            body = operation.get("requestBody")
            promised = {
                "needs a token": bool(operation.get("security", openapi.get("security"))),
                "parameters": {
                    f"{p[0]} {p[1]}": {"required": p[2], "schema": p[3]} for p in map(normal_parameter, parameters)
                },
                "body": body and {"required": body.get("required", False), "content": normal_contents(body)},
                "responses": {str(code): normal_response(each) for code, each in operation["responses"].items()},
            }
            lines |= flat(promised, f"{method.upper()} {path}")
    return lines


def test_the_served_document_agrees_with_the_contract(http):
    answer = http.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    served = answer.json()
    assert served["openapi"].startswith("3.1.")
    wanted, found = account(document()), account(resolved(served, served))
    differences = [f"- {line}" for line in wanted - found] + [f"+ {line}" for line in found - wanted]
    shown = "\n".join(sorted(differences, key=lambda line: line[2:])[:80])
    assert not differences, f"{len(differences)} lines differ (-: the contract, +: served):\n{shown}"
