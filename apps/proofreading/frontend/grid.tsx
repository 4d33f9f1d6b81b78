/** Entry of the proofreading page: reads what the page says and starts the grid. */

import "./grid.css";

import { render } from "preact";

import { GridController } from "./grid_controller";
import { OverlayPreferences } from "./preferences";
import { keptOrForgotten, noteFirstVisit } from "./storage";
import { HTTP } from "./transport";
import { GridView } from "./view/grid_view";

function start(root: HTMLElement): void {
  const { dataset } = root;
  const storage = keptOrForgotten(() => window.localStorage);
  const controller = new GridController(
    {
      lease: required(dataset, "leaseUrl"),
      login: required(dataset, "loginUrl"),
      campaigns: required(dataset, "campaignsUrl"),
    },
    HTTP,
    new OverlayPreferences(storage),
    (url) => window.location.assign(url),
  );
  guardUnsent(controller);
  const campaign = {
    name: required(dataset, "campaignName"),
    pageSize: Number(required(dataset, "pageSize")),
    instructions: dataset["instructions"] ?? "",
  };
  controller.helpOpen.value = noteFirstVisit(storage, required(dataset, "campaignId"));
  root.replaceChildren();
  render(<GridView controller={controller} campaign={campaign} />, root);
  void controller.openPage();
}

/** Labels that the server does not have yet are sent when the page is left, after a warning. */
function guardUnsent(controller: GridController): void {
  window.addEventListener("beforeunload", (event) => {
    if ((controller.session.value?.queue.unsent().length ?? 0) > 0) {
      event.preventDefault();
    }
  });
  window.addEventListener("pagehide", () => void controller.session.value?.sendBeforeLeaving());
}

function required(dataset: DOMStringMap, name: string): string {
  const value = dataset[name];
  if (value === undefined) {
    throw new Error(`The page lacks the attribute ${name} of #grid.`);
  }
  return value;
}

const root = document.getElementById("grid");
if (root !== null) {
  start(root);
}
