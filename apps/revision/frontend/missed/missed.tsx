/** Entry of the page "Missed synapses": reads what the page says, and shows what was left behind. */

import "./missed.css";

import { render } from "preact";

import { requiredOf } from "../../../core/frontend/required";
import { settingsOfPage } from "../../../proofreading/frontend/page_settings";
import { keptOrForgotten } from "../../../proofreading/frontend/storage";
import { HTTP } from "../../../proofreading/frontend/transport";
import { triple } from "./contract";
import { DraftStore } from "./draft";
import { MissedController } from "./missed_controller";
import { parseExtents } from "./places";
import { MissedView } from "./view/missed_view";

function start(root: HTMLElement): void {
  const required = requiredOf(root);
  const person = required("person");
  const storage = keptOrForgotten(() => window.localStorage);
  const additions = required("additionsUrl");
  const missed = new MissedController(
    { additions, login: required("loginUrl") },
    HTTP,
    new DraftStore(storage, `synanno.missed.${person}.${required("campaign")}`),
    triple(required("voxelNm").split(",").map(Number), "voxelNm"),
    parseExtents(JSON.parse(document.getElementById("extents")?.textContent ?? ""), "extents"),
  );
  const facts = {
    campaign: required("campaignName"),
    campaignUrl: required("campaignUrl"),
    reviseUrl: required("reviseUrl"),
    viewUrl: `${additions}/neuroglancer${placeIn(window.location.search)}`,
  };
  const settings = settingsOfPage(missed.keys, required("settingsUrl"), person, storage);
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

const root = document.getElementById("missed");
if (root !== null) {
  start(root);
}
