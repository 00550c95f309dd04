// What a keyboard or a screen reader would stumble over: tables that scroll sideways but cannot be focused, nameless landmarks
// in code blocks, and nameless boxes in checklists.

function nearestHeading(box) {
  const headings = [...document.querySelectorAll("article :is(h1, h2, h3, h4)")];
  const before = headings.filter((heading) => heading.compareDocumentPosition(box) & Node.DOCUMENT_POSITION_FOLLOWING);
  return before.at(-1)?.firstChild?.textContent.trim() ?? document.title;
}

function amend() {
  for (const [index, box] of document.querySelectorAll(".md-typeset__scrollwrap").entries()) {
    if (box.scrollWidth <= box.clientWidth) continue;
    box.tabIndex = 0;
    box.role = "region";
    box.ariaLabel = `Table ${index + 1}: ${nearestHeading(box)}`;
  }
  for (const [index, bar] of document.querySelectorAll(".md-code__nav").entries()) {
    bar.ariaLabel = `Code block ${index + 1}`;
  }
  for (const item of document.querySelectorAll(".task-list-item")) {
    item.querySelector("input").ariaLabel = item.textContent.trim();
  }
}

addEventListener("load", amend);
addEventListener("resize", amend);
