// The theme wraps each table in a box that scrolls sideways. A keyboard must be able to reach the box.

function nearestHeading(box) {
  const headings = [...document.querySelectorAll("article :is(h1, h2, h3, h4)")];
  const before = headings.filter((heading) => heading.compareDocumentPosition(box) & Node.DOCUMENT_POSITION_FOLLOWING);
  return before.at(-1)?.firstChild?.textContent.trim() ?? document.title;
}

function openToKeyboard() {
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap")) {
    if (box.scrollWidth <= box.clientWidth) continue;
    box.tabIndex = 0;
    box.role = "region";
    box.ariaLabel = `Table: ${nearestHeading(box)}`;
  }
}

addEventListener("load", openToKeyboard);
addEventListener("resize", openToKeyboard);
