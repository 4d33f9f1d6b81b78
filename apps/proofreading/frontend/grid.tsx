/** Entry of the proofreading page: reads what the page says and starts the grid. */

import "./grid.css";

import { render } from "preact";

import { requiredOf } from "../../core/frontend/required";
import { uuid4 } from "../../core/frontend/uuid";
import { GridController } from "./grid_controller";
import type { Keeping } from "./kept_labels";
import { guardUnsent } from "./leaving";
import { GridLook } from "./look";
import { BrowserMarkOutbox } from "./neuron/mark_outbox";
import { followNeurons, sendAllLeft } from "./neuron/start";
import { BrowserOutbox } from "./outbox";
import { choicesOfPage, settingsOfPage } from "./page_settings";
import { OverlayPreferences } from "./preferences";
import { keptOrForgotten, noteFirstVisit } from "./storage";
import { liveAs, othersWorkIn, workIn } from "./tabs";
import { HTTP } from "./transport";
import { GridView } from "./view/grid_view";

function start(root: HTMLElement): void {
  const { dataset } = root;
  const required = requiredOf(root);
  const storage = keptOrForgotten(() => window.localStorage);
  const tab = uuid4();
  liveAs(tab);
  const person = required("person");
  const marks = new BrowserMarkOutbox();
  const keeping = { outbox: new BrowserOutbox(), marks, person, tab };
  const page = dataset["pageUrl"] ?? "";
  const campaignId = required("campaignId");
  const openPagesCap = Number(required("openPagesCap"));
  workIn(campaignId, tab);
  const others = { areAtWork: () => othersWorkIn(campaignId, tab) };
  const controller = new GridController(
    {
      lease: required("leaseUrl"),
      login: required("loginUrl"),
      campaigns: required("campaignsUrl"),
      mine: required("apiMineUrl"),
      another: dataset["another"] === "yes",
      ...(page === "" ? {} : { page }),
    },
    HTTP,
    new OverlayPreferences(storage),
    (url) => window.location.assign(url),
    keeping,
    rememberPage,
    openPagesCap > 1 ? others : null,
    new GridLook(storage),
  );
  guardUnsent({
    endDraft: () => controller.judging.endDraft(),
    unsentCount: () => controller.session.value?.unsentCount ?? 0,
    sendBeforeLeaving: async () => controller.session.value?.sendBeforeLeaving(),
  });
  const campaign = {
    name: required("campaignName"),
    pageSize: Number(required("pageSize")),
    instructions: dataset["instructions"] ?? "",
    mineUrl: required("mineUrl"),
    errorsUrl: required("errorsUrl"),
    openPagesCap,
  };
  if (noteFirstVisit(storage, campaignId)) {
    controller.windows.help.open();
  }
  const settingsUrl = required("settingsUrl");
  const settings = settingsOfPage(controller.keys, settingsUrl, person, storage);
  const choices = choicesOfPage(settingsUrl, person, storage);
  followNeurons(controller, dataset["neuronsUrl"] ?? "", storage, choices);
  root.replaceChildren();
  render(<GridView controller={controller} campaign={campaign} settings={settings} />, root);
  void begin(controller, keeping);
}

/** Labels that an earlier page left behind are sent before a page is asked for, which then shows
    them; what became of them is told. */
async function begin(controller: GridController, keeping: Keeping): Promise<void> {
  try {
    controller.leftBehind.value = await sendAllLeft(keeping, HTTP);
  } finally {
    await controller.openPage(); // whatever became of them, there is work to do
  }
}

/** Loading the window again opens the same page, also where several are held. */
function rememberPage(token: string | null): void {
  const query = token === null ? "" : `?page=${token}`;
  window.history.replaceState(null, "", window.location.pathname + query);
}

const root = document.getElementById("grid");
if (root !== null) {
  start(root);
}
