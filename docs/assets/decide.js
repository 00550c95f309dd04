// Follows what is chosen in the decision form: into the URL and back, against its conflicts, and out as text.
// Nothing from the URL is ever written as HTML; without this script the form and every page behind it can be read.

const LONGEST = 500;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

class Tree {
  constructor({ questions, templates, retired }) {
    Object.assign(this, { questions, templates, retired });
    this.answers = new Map(
      questions.flatMap((question) => question.answers.map((answer) => [answer.id, { ...answer, question }])),
    );
  }

  // Keeps of what is wanted, question by question, what applies after what was kept before.
  settle(wanted) {
    const kept = {};
    for (const question of this.questions) {
      const answer = question.answers.find(({ id }) => id === wanted[question.id]);
      if (answer && this.asks(question, kept) && this.offers(answer, kept)) kept[question.id] = answer.id;
    }
    return kept;
  }

  offers(answer, { language }) {
    return !language || !answer.languages.length || answer.languages.includes(language);
  }

  asks({ asked_when }, selection) {
    return Object.entries(asked_when).every(([earlier, those]) => those.includes(selection[earlier]));
  }

  parse(query) {
    const wanted = {};
    const pairs = [...new URLSearchParams(query.slice(0, LONGEST))];
    let renamed = false;
    for (const [key, value] of pairs) {
      const now = [key, value].map((id) => (Object.hasOwn(this.retired, id) ? this.retired[id] : id));
      renamed ||= now[0] !== key || now[1] !== value;
      if (!Object.hasOwn(wanted, now[0])) wanted[now[0]] = now[1];
    }
    const selection = this.settle(wanted);
    const ignored = pairs.length - Object.keys(selection).length + (query.length > LONGEST);
    return { selection, ignored, renamed };
  }

  format(selection) {
    return new URLSearchParams(Object.entries(selection).sort()).toString();
  }

  conflicts(selection) {
    const chosen = new Set(Object.values(selection));
    return [...chosen].flatMap((id) => {
      const { conflicts, requires, label } = this.answers.get(id);
      const beside = conflicts.filter(({ answer }) => chosen.has(answer));
      const without = requires.filter(
        ({ answers }) =>
          answers.some((each) => this.answers.get(each).question.id in selection) &&
          !answers.some((each) => chosen.has(each)),
      );
      return [
        ...beside.map(({ answer, why }) => ({ ids: [id, answer], text: `${label} and ${this.label(answer)}`, why })),
        ...without.map(({ answers, why }) => ({
          ids: [id, ...answers],
          text: `${label} needs ${answers.map((each) => this.label(each)).join(" or ")}`,
          why,
        })),
      ];
    });
  }

  // The selections without a conflict that differ in one answer, of those that stand in a conflict now.
  repairs(selection, conflicts) {
    const involved = new Set(conflicts.flatMap(({ ids }) => ids.map((id) => this.answers.get(id).question)));
    return [...involved].flatMap((question) =>
      question.answers
        .filter(({ id, kind }) => kind !== "none-fits" && id !== selection[question.id])
        .map((answer) => ({ answer, selection: this.settle({ ...selection, [question.id]: answer.id }) }))
        .filter((way) => way.selection[question.id] && !this.conflicts(way.selection).length),
    );
  }

  nearest(selection) {
    const differences = ({ answers }) =>
      answers.filter((id) => (selection[this.answers.get(id).question.id] ?? id) !== id);
    return this.templates
      .map((template) => ({ ...template, differences: differences(template) }))
      .sort((a, b) => a.differences.length - b.differences.length)
      .find(({ stack }) => stack === selection.language);
  }

  label(id) {
    return this.answers.get(id).label;
  }
}

class Page {
  constructor(root, tree) {
    Object.assign(this, { root, tree });
    this.radios = [...root.querySelectorAll("input[type=radio]")];
    this.part = (name) => root.querySelector(`[data-part=${name}]`);
    root.addEventListener("change", () => this.choose());
    root.addEventListener("click", (event) => this.act(event.target.closest("[data-do]")?.dataset.do));
    root.addEventListener("keydown", (event) => this.walk(event));
    this.read();
    root.querySelector(".kb-panel").hidden = false;
  }

  get selection() {
    return Object.fromEntries(this.radios.filter(({ checked }) => checked).map(({ name, value }) => [name, value]));
  }

  get address() {
    return `${location.origin}${location.pathname}?${this.tree.format(this.selection)}`;
  }

  // The URL is what counts: a reload, Back and a link show the same.
  read() {
    const asked = new URLSearchParams(location.search);
    this.other = asked.get("a");
    const query = this.other === null ? location.search.slice(1) : (asked.get("b") ?? "");
    const { selection, ignored, renamed } = this.tree.parse(query);
    this.show(selection);
    this.tell(renamed && "renamed", ignored && "ignored");
  }

  choose() {
    const chosen = this.selection;
    this.go(this.tree.settle(chosen));
    this.tell(Object.keys(chosen).length > Object.keys(this.selection).length && "dropped");
  }

  go(selection) {
    const b = this.tree.format(selection);
    history.pushState(null, "", `?${this.other === null ? b : new URLSearchParams({ a: this.other, b })}`);
    this.show(selection);
  }

  tell(...names) {
    const notice = this.part("notice");
    notice.textContent = names
      .filter(Boolean)
      .map((name) => notice.dataset[name])
      .join(" ");
  }

  show(selection) {
    for (const radio of this.radios) radio.checked = selection[radio.name] === radio.value;
    const asked = this.tree.questions.filter((question) => this.tree.asks(question, selection));
    for (const { id, answers } of this.tree.questions) {
      const box = this.root.querySelector(`[data-question="${id}"]`);
      box.disabled = !asked.some((question) => question.id === id);
      for (const answer of answers) {
        const radio = this.radios.find(({ value }) => value === answer.id);
        radio.parentElement.hidden = !this.tree.offers(answer, selection);
      }
    }
    const done = Object.keys(selection).length;
    const conflicts = this.tree.conflicts(selection);
    const told = conflicts.length ? `, ${conflicts.length} conflict${conflicts.length > 1 ? "s" : ""}` : "";
    this.part("status").textContent = `${done} of ${asked.length} decided${told}`;
    this.part("path").textContent = Object.values(selection)
      .map((id) => this.tree.label(id))
      .join(" · ");
    this.contest(conflicts, selection);
    this.start(selection);
    this.draw(selection);
    this.compare(selection);
  }

  contest(conflicts, selection) {
    const items = conflicts.map(({ text, why }) =>
      element("li", {}, element("strong", { textContent: text }), `: ${why}`),
    );
    const ways = conflicts.length ? this.tree.repairs(selection, conflicts) : [];
    const offers = ways.map((way) => {
      const link = element("a", { href: `?${this.tree.format(way.selection)}`, textContent: way.answer.label });
      return element("li", {}, "Take ", link, " instead");
    });
    this.part("conflicts").replaceChildren(...items);
    this.part("ways").replaceChildren(...offers);
  }

  start(selection) {
    const nearest = this.tree.nearest(selection);
    const place = this.part("template");
    place.replaceChildren();
    if (!nearest) return;
    const link = element("a", { href: `${place.dataset.base}${nearest.stack}/`, textContent: "the template" });
    const differs = nearest.differences.map((id) => this.tree.label(id));
    const words = differs.length ? ` has other answers in: ${differs.join(", ")}.` : " is just this.";
    place.append("Of these, ", link, words);
  }

  draw(selection) {
    const chosen = Object.values(selection);
    for (const part of this.root.querySelectorAll("svg [data-answer]"))
      part.classList.toggle("kb-tree__chosen", chosen.includes(part.dataset.answer));
    this.links = [...this.root.querySelectorAll("svg a")];
    this.stop(this.links.find(({ dataset }) => chosen.includes(dataset.answer)) ?? this.links[0]);
  }

  // One stop of the Tab key; arrows lead from answer to answer.
  stop(link) {
    for (const each of this.links) each.tabIndex = each === link ? 0 : -1;
  }

  walk(event) {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const next = this.links[this.links.indexOf(event.target) + step];
    if (!next || !this.links.includes(event.target)) return;
    event.preventDefault();
    this.stop(next);
    next.focus();
  }

  // What is chosen beside what was kept: the questions that they answer differently.
  compare(b) {
    const place = this.part("compare");
    place.hidden = this.other === null;
    if (place.hidden) return;
    const a = this.tree.parse(this.other).selection;
    const rows = this.tree.questions
      .filter(({ id }) => a[id] !== b[id])
      .map(({ id, title }) => {
        const cells = [a, b].map((side) => element("td", { textContent: side[id] ? this.tree.label(side[id]) : "–" }));
        return element("tr", {}, element("th", { scope: "row", textContent: title }), ...cells);
      });
    place.querySelector("caption").textContent = place.dataset[rows.length ? "differ" : "same"];
    place.querySelector("tbody").replaceChildren(...rows);
  }

  review() {
    const names = Object.values(this.selection).map((id) => this.tree.label(id));
    return `**Stack**: ${names.join(" · ")} ([decide](${this.address}))`;
  }

  record() {
    const selection = this.selection;
    const link = (id) => new URL(`${id}/`, this.address).href.split("?")[0];
    const taken = this.tree.questions.filter(({ id }) => selection[id]);
    const path = taken.map(({ id, title }) => `- ${title} **${this.tree.label(selection[id])}**`);
    const options = taken.flatMap(({ id, title, answers }) => [
      `- ${title}`,
      ...answers.filter((answer) => this.tree.offers(answer, selection)).map(({ label }) => `  - ${label}`),
    ]);
    const conflicts = this.tree.conflicts(selection).map(({ text, why }) => `- Bad, because ${text}: ${why}`);
    const sources = taken.flatMap(({ id }) => {
      const answer = this.tree.answers.get(selection[id]);
      return [`- ${answer.label}: ${link(answer.id)}`, ...answer.sources.map((url) => `  - ${url}`)];
    });
    const parts = {
      date: new Date().toISOString().slice(0, 10),
      title: taken.map(({ id }) => this.tree.label(selection[id])).join(", "),
      options: options.join("\n"),
      path: path.join("\n"),
      conflicts: conflicts.join("\n") || "- Good, because no answer conflicts with another.",
      address: this.address,
      version: this.root.dataset.version,
      sources: sources.join("\n"),
    };
    return this.part("record").textContent.replace(/{(\w+)}/g, (_, name) => parts[name]);
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.tell("copied");
    } catch {
      this.part("text").value = text;
      this.part("text").hidden = false;
      this.part("text").select();
      this.tell("denied");
    }
  }

  act(what) {
    if (what === "link") this.copy(location.href);
    if (what === "review") this.copy(this.review());
    if (what === "mermaid") this.copy(this.part("mermaid").textContent);
    if (what === "compare") {
      this.other = this.tree.format(this.selection);
      this.go(this.selection);
    }
    if (what === "clear") {
      history.pushState(null, "", location.pathname);
      this.read();
    }
    if (what === "record") {
      const url = URL.createObjectURL(new Blob([this.record()], { type: "text/markdown" }));
      element("a", { href: url, download: "0001-choose-a-stack.md" }).click();
      setTimeout(() => URL.revokeObjectURL(url));
    }
  }
}

function begin() {
  const root = document.querySelector("[data-kb-decide]");
  if (!root || root.page) return;
  root.page = new Page(root, new Tree(JSON.parse(root.querySelector("[data-part=tree]").textContent)));
}

addEventListener("popstate", () => document.querySelector("[data-kb-decide]")?.page?.read());
// With instant loading the theme replaces the page and runs no script anew, but tells of it.
if (globalThis.document$) document$.subscribe(begin);
else begin();
