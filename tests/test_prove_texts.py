"""Each language that no stack compiles: a good fence passes, a bad one is found at its line."""

from __future__ import annotations

import sys
from contextlib import suppress

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.problems import InvalidError
from kb.prove.texts import LANGUAGES, TextFence, Tools, check, messages, missing, notations
from kb.prove.texts.shell import typed
from kb.prove.toolchain import ToolchainError

pytestmark = pytest.mark.toolchains

TOOLS = Tools.of(ROOT)

OPENAPI = """\
openapi: 3.1.1
info:
  title: Orders
  version: "1"
paths:
  /orders:
    get:
      responses:
        "200":
          description: A page of orders.
"""
PRISMA = """\
datasource db {
  provider = "postgresql"
}

model Product {
  id    String @id @db.Uuid
  stock Int
}
"""
PROTO = """\
syntax = "proto3";
import "google/protobuf/timestamp.proto";
import "google/api/annotations.proto";
message A { google.protobuf.Timestamp at = 1; }
service B { rpc Get(A) returns (A) { option (google.api.http) = { get: "/a" }; } }
"""

CASES = {
    # language: (a good text, a bad one, the line of its fault, a word of the message)
    "bash": ("set -eu\ncd app || exit\nls", 'set -eu\nif [ "$1" ]; then\nls', 2, "'fi'"),
    "console": ("$ make test\n1 passed\n$ cat <<EOF\n> $HOME\n> EOF\n", "$ make test\nok $(\n$ rm $HOME", 3, "quote"),
    "css": (
        "a { color: red }\n@media print { a { color: black } }",
        "a { color: red }\nb { color red }",
        2,
        "name: value",
    ),
    "diff": ("@@ -1,2 +1,2 @@\n same\n-old\n+new\n", "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-old\n+new", 3, "counts"),
    "dockerfile": ('FROM alpine:3.22\nCMD ["ls"]\n', "FROM alpine:3.22\nCOPYY a b\n", 2, ""),
    "env": ("# local\nA=1\nexport B='two words' # why\nC=\n", "A=1\nB = 2\n", 2, "NAME=value"),
    "graphql": (
        "type Query { a(id: ID!): Int }\nquery Q { a(id: 1) }",
        "type Query { a: Int }\ntype B { c: D }",
        2,
        "D",
    ),
    "html": ("<p>one</p>\n<!-- kept -->", "<p>one</p>\n<div><em>two</div>", 2, ""),
    "http": (
        'POST /orders HTTP/1.1\nContent-Type: application/json\n\n{"a": 1}\n\nHTTP/1.1 201 Created\nLocation: /orders/1\n',
        'HTTP/1.1 409 Conflict\nContent-Type: application/problem+json\n\n{\n  "status" 409\n}\n',
        5,
        "JSON",
    ),
    "ini": (
        "a = 1\n[pgbouncer]\npool_mode = transaction\n",
        "[pgbouncer]\npool_mode = transaction\nnothing\n",
        3,
        "key",
    ),
    "javascript": ("import a from 'a';\nawait a();", "const a = 1;\nconst b = ;\n", 2, "Unexpected"),
    "json": ('{"a": [1]}', '{\n  "a": 1,\n  "a": 2\n}', 3, "twice"),
    "jsonc": ('{ // why\n  "a": "// text",\n}', '{ /* why\n */\n  "a" 1\n}', 3, "JSON"),
    "jsonl": ('{"a": 1}\n{"a": 2}\n', '{"a": 1}\n{"a": }\n', 2, "JSON"),
    "makefile": ("all: a.o ## build\n\tcc -o $@ $<\n", "all: a.o\n    cc -o $@ $<\n", 2, "separator"),
    "nginx": (
        "upstream app { server app:3000; }\nserver { listen 443 ssl; http2 on; location / { proxy_pass http://app; } }",
        "location / {\n  proxy_pas http://app;\n}",
        2,
        "proxy_pas",
    ),
    "prisma": (PRISMA, PRISMA.replace("Int", "Inte"), 7, "Inte"),
    "proto": (
        PROTO,
        'syntax = "proto3";\nmessage A {\n  string a = 1;\n  string b = 1;\n}',
        4,
        "already",
    ),
    "sh": ("set -eu\nls", "set -eu\necho {1..3}\nls", 2, "brace"),
    "systemd": ("[Service]\nEnvironment=A=1\nEnvironment=B=2\n", "[Service]\nRestart\n", 2, "key"),
    "toml": ("[a]\nb = 1\n", "[a]\nb = 1\nb = 2\n", 3, "TOML"),
    "yaml": ("a: !reset 1\n---\na: &x {b: 1}\nc: *x\n", "a: 1\n---\nb: 1\nb: 2\n", 4, "twice"),
    "text": ("anything { goes", None, 0, ""),
}
ALIASES = {"cjs", "docker", "dotenv", "js", "make", "mjs", "ndjson", "patch", "protobuf", "shell", "txt", "yml"}


def found(language, text):
    return checked(TextFence(language, text))


def checked(*fences):
    if lacking := missing(TOOLS, {fence.language.lower() for fence in fences}):
        pytest.skip("; ".join(lacking))
    return check(fences, TOOLS)


def test_every_language_has_a_case():
    assert CASES.keys() | ALIASES == LANGUAGES


@pytest.mark.parametrize("language", CASES)
def test_a_good_fence_passes(language):
    assert found(language, CASES[language][0]) == []


@pytest.mark.parametrize("language", [language for language, case in CASES.items() if case[1]])
def test_a_bad_fence_is_found_at_its_line(language):
    _, text, line, word = CASES[language]
    findings = found(language, text)
    assert findings
    assert (findings[0].line, word in findings[0].message) == (line, True), findings


@pytest.mark.parametrize(
    ("language", "text", "line"),
    [
        ("json", '{"a": NaN}', 1),
        ("json", '{\n  "a": 1, // why\n}', 2),
        ("yaml", "a: 1\nb: [1\nc: 2", 3),
        ("yaml", "a:\n\tb: 1", 2),
        ("yaml", "a: 1\nb: {{ c }}", 2),
        ("toml", "[a]\nb =\n", 2),
        ("ini", "[a]\nb = 1\nb = 2\n", 3),
        ("env", "A=1\nA=2\n", 2),
        ("env", "A=1\nB='open\nC=1\n", 2),
        ("http", "GET /orders HTTP/1.1\nHost orders.example\n", 2),
        ("http", "GETT /orders HTTP/1.1\n", 1),
        ("http", "GET /orders HTTP/1.1\n\nHTTP/1.1 2000 OK\n", 3),
        ("http", "HTTP/1.1 299 Fine\n", 1),
        ("http", 'Retry-After: 5\n\n{"a": 1}', 1),
        ("http", 'HTTP/1.1 200 OK\n\n{"a": }', 3),
        ("diff", "-old\n+new\nsame\n", 3),
        ("diff", "@@ -1 +1 @@\n-old\n+new\n+more\n", 4),
        ("diff", "nothing", 1),
        ("css", "a {\n  color: red;\n", 2),
        ("css", "a { color: red }\n}\n", 2),
        ("graphql", "query Q($id: ID!) {\n  a(id: $other)\n}", 2),
        ("graphql", "type Query {\n  a: Int\n", 2),
        ("graphql", "type Mutation { a: Int }\nmutation { b }", 1),
        ("json", '{"info": {},\n "paths": {}, "openapi": "3.1.0"}', 1),
        ("graphql", "type Query { a: Int }\nquery { b }", 2),
        ("html", "<!doctype html>\n<title>a</title>\n<p></b>", 3),
        ("nginx", "http {\n  server { listen 80; }\n  listen 80;\n}", 3),
        ("bash", "cat <<EOF\nhello\n", 1),
        ("console", "make test\nok\n", 1),
        ("javascript", "if (a) {\n  b();\n", 2),
        ("javascript", "import a from 'a'\nawait a b\n", 2),
        ("makefile", "ifeq (a,b)\nall:\n", 2),
    ],
)
def test_these_faults_are_found_too(language, text, line):
    assert line in {finding.line for finding in found(language, text)}, found(language, text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("graphql", "query Q($id: ID!) {\n  order(id: $id) { ...Parts }\n}\nfragment Parts on Order { id }"),
        ("graphql", "type Order { id: ID! }"),
        ("graphql", "type Query { a: Int }\nextend type Query { b: Int }"),
        ("javascript", "with (a) { b }"),
        ("nginx", "proxy_set_header Host $host;\nproxy_read_timeout 5s;"),
        ("nginx", "worker_processes auto;\nevents { worker_connections 1024; }\nhttp { include mime.types; }"),
        ("html", '<!doctype html>\n<html lang="en"><head><title>a</title></head><body></body></html>'),
        ("diff", "-old\n+new\n same"),
        ("diff", "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-- old\n++ new\n+\n"),
        ("http", "HTTP/1.1 200 OK\nContent-Type: text/html\n\n<p>{"),
        ("http", "GET /orders?after=1\nAccept: application/json\n\nHTTP/2 204\n"),
        ("makefile", "-include .env\ninclude rules.mk\nNAME := $(shell exit 1)\nall: ; echo $(NAME)\n"),
        ("console", '$ cd app\n$ for x in a b; do\n> echo "$x"\n> done\na\nb\n$ ls \\\n    -l\nfile (1\n'),
        ("env", 'A="two\nlines"\nB=postgres://a:b@c/d?e=f#g\n'),
        ("yaml", "a: &a\n  - *a\non: [push]\n1: 2"),
        ("json", "[]"),
    ],
)
def test_these_fences_pass_too(language, text):
    assert found(language, text) == []


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        (OPENAPI, None, ""),
        (
            OPENAPI.replace("          description: A page of orders.\n", "          summery: A page\n"),
            9,
            "description",
        ),
        (OPENAPI.replace("  title: Orders\n", ""), 2, "title"),
        (OPENAPI.replace("3.1.1", "3.0.3"), 1, "3.1"),
        (
            OPENAPI.replace(
                "          description", '          $ref: "#/components/responses/Nowhere"\n          description'
            ),
            10,
            "",
        ),
    ],
)
def test_a_description_of_an_api_is_validated(text, line, word):
    findings = found("yaml", text)
    assert {finding.line for finding in findings} == ({line} if line else set())
    assert not line or word in findings[0].message


def test_json_describes_apis_too():
    findings = found("json", '{\n  "openapi": "3.1.0",\n  "paths": {},\n  "info": {"title": "a"}\n}')
    assert [(finding.line, finding.check) for finding in findings] == [(4, "openapi")]


def test_no_description_of_an_api_passes_unread():
    assert [finding.line for finding in found("yaml", f"{OPENAPI}---\na: 1\n")] == [1]


@pytest.mark.parametrize(
    ("language", "said"),
    [("ymal", "did you mean yaml?"), ("tyepscript", "did you mean typescript?"), ("", "names no language")],
)
def test_an_unknown_language_is_told_with_the_nearest_known_one(language, said):
    (finding,) = check([TextFence("text", ""), TextFence(language, "a")], TOOLS, compiled={"typescript"})
    assert (finding.fence, finding.line, finding.check) == (1, 1, "language")
    assert said in finding.message


def test_findings_carry_the_index_of_their_fence():
    findings = checked(
        *(TextFence(*pair) for pair in [("toml", "a = 1"), ("json", "{"), ("toml", "a ="), ("JSON", "[")])
    )
    assert [finding.fence for finding in findings] == [1, 2, 3]


def test_a_missing_tool_is_named_with_how_to_get_it(tmp_path):
    nowhere = Tools(tmp_path / "texts", tmp_path / "node_modules")
    assert missing(nowhere, {"toml", "text"}) == []
    (lacking,) = missing(nowhere, {"docker"})
    assert lacking.startswith("hadolint: `make prove` installs")
    with pytest.raises(ToolchainError, match=r"^hadolint: "):
        check([TextFence("toml", "a = 1"), TextFence("dockerfile", "FROM a:1")], nowhere)


def test_a_broken_tool_is_told_apart_from_a_good_fence(tmp_path):
    broken = Tools(tmp_path / "texts", TOOLS.node_modules)
    broken.installed("x").parent.mkdir(parents=True)
    broken.installed("python").symlink_to(sys.executable)
    with pytest.raises(ToolchainError, match=r"worker\.py did not do its work"):
        check([TextFence("css", "a {}")], broken)


def test_only_what_was_typed_of_a_transcript_is_shell():
    transcript = "$ cat <<'EOF' > a\n> it's\n> EOF\n$ make \\\n    all\nit's done\n> app@1 build\n"
    assert typed(transcript).splitlines() == ["cat <<'EOF' > a", "it's", "EOF", "make \\", "    all", ""]


@pytest.mark.parametrize(
    "faults",
    [
        *(messages.diff_faults, messages.http_faults, notations.ini_faults, notations.json_fence_faults),
        *(notations.jsonc_faults, notations.toml_faults, notations.variable_faults, notations.yaml_faults),
    ],
)
@given(text=st.text(st.sampled_from("ab1 \n\t\\\"'{}[]()<>:=,.#@+-$&*!|/\u2028"), max_size=40))
@settings(max_examples=300, deadline=None)
def test_no_text_upsets_a_parser(faults, text):
    with suppress(InvalidError):
        assert all(line >= 1 for line, _ in faults(text))
