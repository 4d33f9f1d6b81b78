/**
 * Entry of the Neuroglancer page. It shows the state behind the `#!` of its address, and keeps that
 * state, so that one can always come back to where one began.
 */

import "./client.css";
import "neuroglancer";

import { setupDefaultViewer } from "neuroglancer/unstable/ui/default_viewer_setup.js";

import { Bar, dismissErrors } from "./bar";
import { failedChunks, type QueueLike } from "./failed_chunks";
import { KeptView, stateOf, type ViewerLike } from "./kept_view";

declare global {
  interface Window {
    /** For tests and for whoever embeds the page. */
    keptView?: KeptView;
  }
}

function start(): void {
  const bar = new Bar(document);
  const state = stateOf(window.location.hash);
  let viewer: ViewerLike & { readonly chunkQueueManager: QueueLike };
  try {
    viewer = setupDefaultViewer({ showLayerDialog: false, resetStateWhenEmpty: false });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    bar.tell([`Neuroglancer cannot start in this browser, which must have WebGL 2: ${why}`]);
    return;
  }
  const view = new KeptView(
    viewer,
    state,
    (troubles) => bar.tell(troubles),
    () => dismissErrors(document),
    () => failedChunks(viewer.chunkQueueManager),
  );
  window.keptView = view;
  bar.offer({
    reset: () => view.reset(),
    link: () => view.link(window.location),
  });
  view.watch();
}

start();
