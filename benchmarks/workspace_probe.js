// Put into the page before its own scripts: notes when keys come, and when what they ask for is
// seen. All times are milliseconds of `performance.now()`.
(() => {
  const turns = [];
  const steps = [];
  let longTasks = 0;
  let turning = null; // the page that is being left
  let noting = 0; // turns that are painted and not noted yet
  let stepping = null; // the step that is not drawn yet
  let lastDraw = 0;

  new PerformanceObserver((list) => (longTasks += list.getEntries().length)).observe({
    type: "longtask",
  });

  // Whatever a canvas shows of a slice is drawn by this one call.
  const { drawImage } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.drawImage = function (...words) {
    drawImage.apply(this, words);
    lastDraw = performance.now();
  };

  const isSearch = () => document.querySelector(".search__bar") !== null;
  /** Tells pages apart: by their first item, or by their section where one looks for others. */
  const firstItem = () =>
    document.querySelector(".tile[data-item]")?.dataset.item ??
    document.querySelector(".search__task")?.textContent ??
    null;
  const isDrawn = () => {
    if (isSearch()) {
      return true; // Neuroglancer comes after: it is another program
    }
    const tiles = document.querySelectorAll(".tile");
    const drawn = document.querySelectorAll(".tile[data-status=ready] .tile__slice");
    return tiles.length > 0 && drawn.length === tiles.length;
  };

  /** Calls back when the frame of which this is a part has been laid out and painted. */
  const afterFrame = (then) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(performance.now());
    channel.port2.postMessage(null);
  };

  /** When each request since the key began, had its first and its last byte. */
  const requestsSince = (began) => {
    const found = {};
    for (const entry of performance.getEntriesByType("resource")) {
      const name = /\/(submit|lease)$/.exec(new URL(entry.name).pathname)?.[1];
      if (name !== undefined && entry.startTime >= began) {
        found[name] ??= [entry.startTime, entry.responseStart, entry.responseEnd];
      }
    }
    return found;
  };

  /** Its requests are known a moment after their last byte. */
  const noteTurn = (began, painted) => {
    const requests = requestsSince(began);
    if (requests.submit === undefined) {
      setTimeout(() => noteTurn(began, painted), 5);
      return;
    }
    noting -= 1;
    turns.push({ began, painted, search: isSearch(), ...requests });
  };

  const frame = () => {
    const item = turning === null ? null : firstItem();
    if (item !== null && item !== turning.item && isDrawn()) {
      const { began } = turning;
      turning = null;
      noting += 1;
      afterFrame((painted) => noteTurn(began, painted));
    }
    if (stepping !== null) {
      stepping.frames += 1;
      const { began, frames } = stepping;
      if (lastDraw > began) {
        const drawn = lastDraw - began;
        const framed = performance.now();
        stepping = null;
        // Between the drawing and the frame the page waits for the screen: that is not its work.
        afterFrame((painted) => steps.push({ work: drawn + painted - framed, frames }));
      }
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);

  const noteKey = (event) => {
    if (event.key === "s") {
      performance.clearResourceTimings(); // those of the page that is left
      turning = { began: event.timeStamp, item: firstItem() };
    } else if (event.key === "." || event.key === ",") {
      stepping = { began: performance.now(), frames: 0 };
    }
  };
  const noteWheel = () => (stepping = { began: performance.now(), frames: 0 });
  window.addEventListener("keydown", noteKey, { capture: true });
  window.addEventListener("wheel", noteWheel, { capture: true, passive: true });

  window.probe = {
    turns,
    steps,
    isDrawn,
    isIdle: () => turning === null && stepping === null && noting === 0,
    longTasks: () => longTasks,
  };
})();
