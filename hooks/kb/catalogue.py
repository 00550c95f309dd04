"""Which kinds of fault there are, and what each asks of a person."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault, as the problems page documents it."""

    code: str
    name: str
    meaning: str
    mend: str


_CATALOGUE = (
    Kind(
        "KB001",
        "unreadable file",
        "A file is missing, is not UTF-8, or is not well-formed JSON or YAML.",
        "Mend the syntax at the line shown. The rest of the file was not looked at.",
    ),
    Kind(
        "KB002",
        "wrong shape",
        "A data file or front matter does not fit its JSON Schema in data/schema/.",
        "Change the value, or add the missing key. The schema's description says what belongs there.",
    ),
    Kind(
        "KB003",
        "duplicate id",
        "Two entries carry the same id, or one mapping holds a key twice.",
        "Give one of them another id. Ids are addresses: keep the one that was published first.",
    ),
    Kind(
        "KB004",
        "unknown reference",
        "An entry names a source, question, answer or page that does not exist.",
        "Correct the id, or add what it names.",
    ),
    Kind(
        "KB005",
        "duplicate source",
        "Two sources have the same URL.",
        "Merge them and cite the one that remains.",
    ),
    Kind(
        "KB006",
        "broken decision tree",
        "A question can never be asked, or depends on one that is asked after it.",
        "Let asked_when name only earlier questions and answers that can be chosen together.",
    ),
    Kind(
        "KB007",
        "bad page",
        "A page lacks its title, has two, or skips a heading level.",
        "Start the page with one level-one heading and step down one level at a time.",
    ),
    Kind(
        "KB008",
        "unknown directive",
        "A `<!-- kb:… -->` comment names no view that the site can render.",
        "Use one of the views that docs/contributing.md lists.",
    ),
    Kind(
        "KB009",
        "address taken",
        "Two files would be served at the same address.",
        "Rename one of them.",
    ),
    Kind(
        "KB010",
        "uncited source",
        "A source is in the register, but no page and no answer rests on it.",
        "Cite it where it matters, or take it out.",
    ),
    Kind(
        "KB011",
        "duplicate heading",
        "A page has two headings with the same text, so the address of the second depends on their order.",
        "Reword one of them.",
    ),
    Kind(
        "KB012",
        "unclosed fence",
        "A code fence is opened and never closed; everything after it is code.",
        "Close it with the same characters it was opened with.",
    ),
    Kind(
        "KB013",
        "stale copy",
        "The outline of the decision tree in SKILL.md, or a table of the playbook, is not that of the data.",
        "Run `make outline` or `make tables`, which copies it into the page.",
    ),
    Kind(
        "KB014",
        "page without an address",
        "A Markdown file lies in resources/ or beside a template's page, and its name gives it no address on the site.",
        "Name it as docs/contributing.md says, or move it to docs/.",
    ),
    Kind(
        "KB015",
        "incomplete tree",
        "A question lacks its answer for what is not needed or for what does not fit; or a template is no complete selection.",
        "Say what to do then, in data/decision-tree.json; give a template one answer to each question that applies.",
    ),
    Kind(
        "KB016",
        "misnamed tool",
        "A file of data/tools/ is not called as its tool's id.",
        "Rename the file, or correct the id.",
    ),
    Kind(
        "KB201",
        "bad rule section",
        "A rule lacks a section, has one that no rule has, or has them in another order; or its heading is not its title.",
        "Use the sections that docs/contributing.md lists, in that order, and only for stacks that have samples.",
    ),
    Kind(
        "KB202",
        "bad sample",
        "A stack's section lacks its Avoid or its Prefer sample, or has two.",
        "Write one fence in the stack's language below a paragraph that begins with **Avoid**, one below **Prefer**.",
    ),
    Kind(
        "KB203",
        "bad rule id",
        "A rule's id is retired, was never given, or differs from that in its file's name; or a given id has lost its rule.",
        "Take the next free id with `kb new rule`; retire an id in data/rule-ids.json instead of removing its rule.",
    ),
    Kind(
        "KB204",
        "stray proof",
        "A folder in proofs/ is named after a rule that does not exist or has no samples for that stack.",
        "Rename the folder, or write the rule.",
    ),
    Kind(
        "KB205",
        "fence without a check",
        "A code fence is in a language that no check reaches, so nobody knows whether it is right.",
        "Correct the language; mark what is no whole module as `fragment`, and what is no code as `text`.",
    ),
    Kind(
        "KB206",
        "unverified sample",
        "A sample has changed since the last run, was never run, or data/verification.json speaks of one that is gone.",
        "Run `make prove RULE=…`, which writes what it finds.",
    ),
    Kind(
        "KB101",
        "dead link",
        "A link or a resource points to a page or file that does not exist.",
        "Correct the path. It is relative to the file that holds the link.",
    ),
    Kind(
        "KB102",
        "dead anchor",
        "The page exists, but has no heading or element with that id.",
        "Use the slug of a heading on the target page.",
    ),
    Kind(
        "KB103",
        "case differs",
        "The target exists with other upper- and lower-case letters; it works on some file systems only.",
        "Write the path exactly as the file is named.",
    ),
    Kind(
        "KB104",
        "out of the tree",
        "A relative link climbs above the repository root.",
        "Link to a file of the repository, or use a full URL.",
    ),
    Kind(
        "KB105",
        "bad scheme",
        "The link's scheme is unknown or misspelled (`htps:`, `http//`), or it carries none of the allowed ones.",
        "Use https, http, mailto or tel.",
    ),
    Kind(
        "KB106",
        "undefined reference",
        "`[text][label]` has no `[label]: …` definition, so the brackets are printed as they stand.",
        "Define the label on the same page, write an inline link, or put code such as `a[0][1]` into a code span.",
    ),
    Kind(
        "KB107",
        "duplicate element id",
        "Two elements of a page have the same id; a link reaches only the first.",
        "Give each its own id.",
    ),
    Kind(
        "KB108",
        "excluded target",
        "The target exists in docs/, but mkdocs.yml excludes it from the site.",
        "Include it, or link elsewhere.",
    ),
    Kind(
        "KB109",
        "orphan page",
        "A page is in no navigation, and no other page links to it.",
        "Add it to the navigation in mkdocs.yml, or link to it.",
    ),
    Kind(
        "KB110",
        "works on the site only",
        "The link resolves on the built site and is dead on the code host.",
        "Link to the file in the repository by a relative path; the site rewrites it.",
    ),
    Kind(
        "KB111",
        "works on the code host only",
        "The link resolves on the code host and is dead on the site.",
        "Use a path relative to this file, and a heading's slug as the anchor.",
    ),
    Kind(
        "KB112",
        "unlisted source",
        "A page links to an outside address that is not in data/sources.json.",
        "Add the source to the register after reading it, or link to one that is listed.",
    ),
    Kind(
        "KB301",
        "does not build",
        "A code fence, a sample or a proof does not compile, does not run, or breaks a linter's rule.",
        "Mend the line shown. An avoid sample may break a linter's rule that its rule names under `checks`.",
    ),
    Kind(
        "KB302",
        "proof fails",
        "A test of a proof fails: the avoid sample does no harm, the prefer sample does not hold, or nothing ran.",
        "Read the test's words below the line. `make prove RULE=… STACK=…` runs it alone.",
    ),
    Kind(
        "KB303",
        "proof asserts nothing",
        "A test passes with avoid and prefer swapped, a role has no test, or the two samples cannot be exchanged.",
        "Assert what only the right sample does, and let both export the same names with the same types.",
    ),
    Kind(
        "KB304",
        "idle check",
        "A linter's check that a rule names does not flag its avoid sample, or flags the prefer sample too.",
        "Name the check that tells them apart, or take it out of `checks`.",
    ),
    Kind(
        "KB305",
        "overclaim",
        "data/verification.json says more of a sample than this run shows.",
        "Run `make prove`, look at what it finds, and commit the file that it writes.",
    ),
    Kind(
        "KB306",
        "broken toolchain",
        "A stack's compiler or test runner is there and does not do its work, so nothing is known of its samples.",
        "Read its words; `docs/contributing.md` says what each stack needs.",
    ),
    Kind(
        "KB401",
        "stale key file",
        "A template's page shows a file of the project, and the file says something else or is gone.",
        "Run `make key-files`, which copies the files into the page; correct the title of the fence if the file moved.",
    ),
    Kind(
        "KB402",
        "bad place for a project",
        "A template's project was to be copied into a folder that holds something, or whose name cannot name a project.",
        "Name an empty or missing folder; of its name, letters and digits become the name of the project.",
    ),
    Kind(
        "KB403",
        "broken measurement",
        "data/benchmarks.json lacks a round or an operation, holds failures, or calls a rate sustained that was not.",
        "Run `make bench-templates` again. The file is never written by hand.",
    ),
)

KINDS = {kind.code: kind for kind in _CATALOGUE}
