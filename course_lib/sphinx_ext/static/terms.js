/* Glossary terms: show a term's definition on hover, on keyboard focus and on a first touch.

   The definitions are in the page already, hidden, and each link names its own with
   aria-describedby; so a screen reader needs nothing from here. Escape dismisses the box, and the
   pointer may move onto it. A classic script: browsers refuse modules from file://. */

(function () {
  "use strict";

  const MARGIN = 8; // pixels between the box and the edges of the window
  const OPEN_MS = 120;
  const CLOSE_MS = 200; // time for the pointer to cross from the link to the box
  let box = null;
  let open = null; // the link whose definition is shown
  let timer = null;

  function definition(link) {
    return document.getElementById(link.getAttribute("aria-describedby"));
  }

  function makeBox() {
    box = document.createElement("div");
    box.className = "cl-tip";
    box.setAttribute("role", "tooltip");
    box.setAttribute("aria-hidden", "true"); // the link's description says the same
    box.hidden = true;
    box.addEventListener("pointerenter", () => window.clearTimeout(timer));
    box.addEventListener("pointerleave", later(hide, CLOSE_MS));
    document.body.append(box);
  }

  function later(action, ms) {
    return function () {
      window.clearTimeout(timer);
      timer = window.setTimeout(action, ms);
    };
  }

  function place(link) {
    const line = link.getClientRects()[0]; // a link may break over two lines
    const width = document.documentElement.clientWidth;
    const left = Math.min(line.left, width - box.offsetWidth - MARGIN);
    const above = line.top - box.offsetHeight - MARGIN;
    const below = line.bottom + MARGIN;
    const fits = below + box.offsetHeight + MARGIN <= window.innerHeight || above < MARGIN;
    box.style.left = Math.max(MARGIN, left) + "px";
    box.style.top = (fits ? below : above) + "px";
  }

  function show(link) {
    window.clearTimeout(timer);
    const text = definition(link);
    if (!text) return;
    if (!box) makeBox();
    box.replaceChildren(...Array.from(text.childNodes, (node) => node.cloneNode(true)));
    box.hidden = false;
    open = link;
    place(link);
  }

  function hide() {
    window.clearTimeout(timer);
    if (box) box.hidden = true;
    open = null;
  }

  function start(link) {
    let touched = false; // this press is a touch, and the definition was not open before it
    link.addEventListener("pointerdown", function (event) {
      touched = event.pointerType === "touch" && open !== link;
    });
    link.addEventListener("click", function (event) {
      if (!touched) return;
      event.preventDefault(); // the first touch shows, the second follows the link
      touched = false;
      show(link);
    });
    link.addEventListener("pointerenter", function (event) {
      if (event.pointerType !== "touch") later(() => show(link), OPEN_MS)();
    });
    link.addEventListener("pointerleave", function (event) {
      if (event.pointerType !== "touch") later(hide, CLOSE_MS)();
    });
    link.addEventListener("focus", function () {
      if (link.matches(":focus-visible") && !touched) show(link);
    });
    link.addEventListener("blur", hide);
  }

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") hide();
  });
  document.addEventListener("pointerdown", function (event) {
    if (open && !open.contains(event.target) && !box.contains(event.target)) hide();
  });
  window.addEventListener("scroll", () => open && place(open), { passive: true });

  function ready() {
    document.querySelectorAll("a.cl-term").forEach(start);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();
