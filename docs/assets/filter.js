// Adds a filter to each table inside [data-kb-filter]. Without this script the whole table stands there.
// The choice lives in the URL, so that a filtered table can be linked to; nothing from the URL is written as HTML.

const CHOICES = ["Level", "Area", "Kind", "Stacks", "Topics", "Verdict"];

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function words(cell) {
  return cell.textContent.split(",").map((word) => word.trim());
}

function columns(table) {
  const titles = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  return CHOICES.map((title) => ({ title, index: titles.indexOf(title) })).filter(({ index }) => index >= 0);
}

function select({ title, index }, rows) {
  const values = [...new Set(rows.flatMap((row) => words(row.cells[index])))].sort();
  const options = ["", ...values].map((value) => element("option", { value, textContent: value || "any" }));
  const control = element("select", { name: title.toLowerCase() }, ...options);
  return { control, index };
}

function enhance(container) {
  const table = container.querySelector("table");
  const rows = [...table.tBodies[0].rows];
  const text = element("input", { type: "search", name: "text", autocomplete: "off" });
  const selects = columns(table).map((column) => select(column, rows));
  const controls = [text, ...selects.map(({ control }) => control)];
  const status = element("p", { className: "kb-filter__status", role: "status" });
  const reset = element("button", { type: "reset", className: "md-button", textContent: "Clear" });
  const labels = controls.map((control) =>
    element("label", {}, element("span", { textContent: control.name }), control),
  );
  const form = element("form", { className: "kb-filter__form", ariaLabel: "Filter the table" }, ...labels, reset);

  function apply() {
    const wanted = text.value.trim().toLowerCase();
    for (const row of rows) {
      const fits = selects.every(({ control, index }) => {
        const values = words(row.cells[index]);
        return (
          !control.value || values.includes(control.value) || (control.name === "stacks" && values.includes("all"))
        );
      });
      row.hidden = !fits || !row.textContent.toLowerCase().includes(wanted);
    }
    const shown = rows.filter((row) => !row.hidden).length;
    status.textContent = shown === rows.length ? `All ${rows.length} shown` : `${shown} of ${rows.length} shown`;
  }

  function remember() {
    const query = new URLSearchParams(controls.filter(({ value }) => value).map(({ name, value }) => [name, value]));
    history.replaceState(null, "", `${location.pathname}${query.toString() && `?${query}`}${location.hash}`);
  }

  const asked = new URLSearchParams(location.search);
  for (const control of controls) {
    control.value = asked.get(control.name)?.slice(0, 100) ?? "";
    if (control.selectedIndex === -1) control.value = "";
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    apply();
    remember();
  });
  form.addEventListener("reset", () =>
    setTimeout(() => {
      apply();
      remember();
    }),
  );
  container.prepend(form, status);
  apply();
}

for (const container of document.querySelectorAll("[data-kb-filter]")) enhance(container);
