/** Entry of the page "Missed synapses": reads what the page says, and shows what was left behind. */

import "./missed.css";

import { render } from "preact";

import { settingsOfPage } from "../../../proofreading/frontend/page_settings";
import { keptOrForgotten } from "../../../proofreading/frontend/storage";
import { HTTP } from "../../../proofreading/frontend/transport";
import { triple } from "./contract";
import { DraftStore } from "./draft";
import { MissedController } from "./missed_controller";
import { MissedView } from "./view/missed_view";

function start(root: HTMLElement): void {
  const { dataset } = root;
  const person = required(dataset, "person");
  const storage = keptOrForgotten(() => window.localStorage);
  const additions = required(dataset, "additionsUrl");
  const missed = new MissedController(
    { additions, login: required(dataset, "loginUrl") },
    HTTP,
    new DraftStore(storage, `synanno.missed.${person}.${required(dataset, "campaign")}`),
    triple(required(dataset, "voxelNm").split(",").map(Number), "voxelNm"),
  );
  const facts = {
    campaign: required(dataset, "campaignName"),
    campaignUrl: required(dataset, "campaignUrl"),
    reviseUrl: required(dataset, "reviseUrl"),
    viewUrl: `${additions}/neuroglancer${placeIn(window.location.search)}`,
  };
  const settings = settingsOfPage(missed.keys, required(dataset, "settingsUrl"), person, storage);
  window.addEventListener("online", () => missed.resume());
  root.replaceChildren();
  render(<MissedView missed={missed} facts={facts} settings={settings} />, root);
  missed.open();
}

/** The place that the address names, for the view; empty where it names none. */
function placeIn(search: string): string {
  const given = new URLSearchParams(search);
  const named = ["x", "y", "z"].map((axis) => [axis, given.get(axis) ?? ""] as const);
  const isWhole = named.every(([, at]) => /^-?\d{1,9}$/.test(at));
  return isWhole ? `?${new URLSearchParams(named.map(([axis, at]) => [axis, at]))}` : "";
}

function required(dataset: DOMStringMap, name: string): string {
  const value = dataset[name];
  if (value === undefined) {
    throw new Error(`The page lacks the attribute ${name} of #missed.`);
  }
  return value;
}

const root = document.getElementById("missed");
if (root !== null) {
  start(root);
}
