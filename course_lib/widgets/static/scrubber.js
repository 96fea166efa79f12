/* The scrubber's browser code: one file, two hosts.

   A scrubber is plain HTML written by Python (course_lib/widgets/_markup.py): a sprite for each
   panel, a live text, a play button and a native range input. `render` brings it to life.

   - Live (JupyterLab and friends): anywidget calls render({ model, el }), and the HTML comes from
     the model. Moving the slider sets the model's `index`, and the model's `index` moves the slider.
   - Published page: the HTML is there already. The last lines of this file call the same `render`
     with a stand-in model, so no kernel and no widget manager is needed.

   It is a classic script, because browsers refuse modules from file://. Python appends
   "export default { render }" before it hands the text to anywidget.

   Measuring: each move by key, pointer or play leaves a performance.measure named
   "course-lib.scrub" that spans the handler (performance.getEntriesByName("course-lib.scrub"),
   field `duration`, in milliseconds). */

var render = (function () {
  "use strict";

  const GUTTER = 1; // source pixels around each frame in the sprite, as in _sprites.py
  const RUN_MS = 6000; // a whole run by the play button lasts about this long
  const CALM_MS = 1000; // with "reduce motion": one frame a second ...
  const CALM_FRAMES = 10; // ... and at most about this many of them

  function clamp(value, low, high) {
    return Math.min(high, Math.max(low, value));
  }

  function reducedMotion() {
    return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  /* Each panel becomes a function that puts frame i in view by moving its sprite. */
  function panelMover(frame) {
    const image = frame.querySelector("img");
    const [columns, rows, width, height] = frame.dataset.sprite.split(" ").map(Number);
    const cellWidth = width + 2 * GUTTER;
    const cellHeight = height + 2 * GUTTER;
    return function (i) {
      const x = ((i % columns) * cellWidth + GUTTER) / (columns * cellWidth);
      const y = (Math.floor(i / columns) * cellHeight + GUTTER) / (rows * cellHeight);
      image.style.transform = `translate(${-100 * x}%, ${-100 * y}%)`;
    };
  }

  /* Where a key leads from frame i, or null for a key that is not ours. */
  function keyTarget(key, i, last) {
    const page = Math.max(1, Math.round((last + 1) / 10));
    switch (key) {
      case "ArrowRight":
      case "ArrowUp":
        return i + 1;
      case "ArrowLeft":
      case "ArrowDown":
        return i - 1;
      case "PageUp":
        return i + page;
      case "PageDown":
        return i - page;
      case "Home":
        return 0;
      case "End":
        return last;
      default:
        return null;
    }
  }

  function render({ model, el }) {
    const markup = model.get("_markup");
    if (markup) el.innerHTML = markup;
    const root = el.matches(".cl-scrub") ? el : el.querySelector(".cl-scrub");
    const slider = root.querySelector("input[type=range]");
    const button = root.querySelector("button");
    const live = root.querySelector(".cl-scrub-live");
    const movers = Array.from(root.querySelectorAll(".cl-scrub-frame"), panelMover);
    let texts = model.get("texts");
    let timer = null;
    let index = -1;
    const last = texts.length - 1;

    /* The slider's own moves are spoken through aria-valuetext; other moves through aria-live. */
    function show(wanted, speak) {
      index = clamp(wanted, 0, last);
      for (const move of movers) move(index);
      live.setAttribute("aria-live", speak ? "polite" : "off");
      live.textContent = texts[index];
      slider.value = index;
      slider.setAttribute("aria-valuetext", texts[index]);
      slider.style.setProperty("--cl-done", (100 * index) / last + "%");
    }

    function moveTo(wanted, start) {
      show(wanted, false);
      model.set("index", index);
      model.save_changes();
      performance.measure("course-lib.scrub", { start, end: performance.now() });
    }

    function pause() {
      if (timer === null) return;
      window.clearTimeout(timer);
      timer = null;
      root.classList.remove("cl-playing");
      button.setAttribute("aria-label", "Play " + button.dataset.name);
      live.setAttribute("aria-live", "polite");
    }

    function tick() {
      if (!root.isConnected || index >= last) return pause();
      const calm = reducedMotion();
      moveTo(index + (calm ? Math.ceil(last / CALM_FRAMES) : 1), performance.now());
      timer = window.setTimeout(tick, calm ? CALM_MS : clamp(RUN_MS / last, 80, 700));
    }

    function play() {
      root.classList.add("cl-playing");
      button.setAttribute("aria-label", "Pause " + button.dataset.name);
      if (index >= last) moveTo(0, performance.now());
      timer = window.setTimeout(tick, 200);
    }

    slider.addEventListener("keydown", function (event) {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const target = keyTarget(event.key, index, last);
      if (target === null) return;
      const start = performance.now();
      event.preventDefault(); // the same steps in every browser
      event.stopPropagation(); // and no page turn in the host
      pause();
      moveTo(target, start);
    });
    slider.addEventListener("input", function () {
      const start = performance.now();
      pause();
      moveTo(Number(slider.value), start);
    });
    button.addEventListener("click", function () {
      if (timer === null) play();
      else pause();
    });

    function onIndex() {
      if (model.get("index") !== index) show(model.get("index"), true);
    }
    function onTexts() {
      texts = model.get("texts");
      show(index, true);
    }
    model.on("change:index", onIndex);
    model.on("change:texts", onTexts);

    show(model.get("index"), false);
    root.classList.add("cl-ready");
    return function () {
      pause();
      model.off("change:index", onIndex);
      model.off("change:texts", onTexts);
    };
  }

  return render;
})();

/* Published pages: each scrubber's HTML holds its own state. */
(function () {
  "use strict";

  function pageModel(root) {
    const state = { texts: JSON.parse(root.dataset.texts), index: Number(root.dataset.start) };
    return {
      get: (name) => state[name],
      set: (name, value) => (state[name] = value),
      save_changes() {},
      on() {},
      off() {},
    };
  }

  function start() {
    for (const root of document.querySelectorAll(".cl-scrub[data-texts]:not(.cl-ready)")) {
      render({ model: pageModel(root), el: root });
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
