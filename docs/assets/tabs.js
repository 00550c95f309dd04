// Opens the tab that holds what a link points to. The theme does so for a tab's own id only, and not for what is in it.

function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const block = target?.closest(".tabbed-block");
  if (!block) return;
  const place = [...block.parentElement.children].indexOf(block);
  const tab = block.closest(".tabbed-set").querySelectorAll(":scope > input")[place];
  if (tab.checked) return;
  tab.click();
  target.scrollIntoView();
}

addEventListener("hashchange", open);
open();
