/** Entry of the page "Revise": reads what the page says, sends what was left behind, opens what is
 * held. */

import "./revise.css";

import { render } from "preact";

import { requiredOf } from "../../core/frontend/required";
import { uuid4 } from "../../core/frontend/uuid";
import { guardUnsent } from "../../proofreading/frontend/leaving";
import { notice } from "../../proofreading/frontend/notices";
import { choicesOfPage, settingsOfPage } from "../../proofreading/frontend/page_settings";
import { OverlayPreferences } from "../../proofreading/frontend/preferences";
import { keptOrForgotten, type KeptValues } from "../../proofreading/frontend/storage";
import { liveAs } from "../../proofreading/frontend/tabs";
import { HTTP } from "../../proofreading/frontend/transport";
import { ReviseController } from "./revise_controller";
import { BrowserSliceOutbox } from "./saving/kept_slices";
import { DISCARD_QUESTION, sendLeftSlices } from "./saving/left_slices";
import { ReviseView } from "./view/revise_view";

const HELP_SEEN = "revise-help";

function start(root: HTMLElement): void {
  const required = requiredOf(root);
  const tab = uuid4();
  liveAs(tab);
  const person = required("person");
  const outbox = new BrowserSliceOutbox();
  const storage = keptOrForgotten(() => window.localStorage);
  const wanted = Number(new URLSearchParams(window.location.search).get("revision"));
  const revise = new ReviseController(
    { lease: required("leaseUrl"), login: required("loginUrl") },
    HTTP,
    storage,
    { outbox, person, personName: required("personName"), tab },
    new OverlayPreferences(storage),
    Number.isInteger(wanted) && wanted > 0 ? wanted : null,
    () => window.history.replaceState(null, "", window.location.pathname),
  );
  const facts = {
    campaign: required("campaignName"),
    campaignUrl: required("campaignUrl"),
    missedUrl: required("missedUrl"),
    mineUrl: required("mineUrl"),
  };
  const settingsUrl = required("settingsUrl");
  const settings = settingsOfPage(revise.keys, settingsUrl, person, storage);
  guardUnsent({
    endDraft: () => revise.session.peek()?.board.release(),
    unsentCount: () => revise.unsentCount(),
    sendBeforeLeaving: async () => revise.session.peek()?.sendBeforeLeaving(),
  });
  window.addEventListener("online", () => revise.session.peek()?.resume());
  openHelpOnce(revise, choicesOfPage(settingsUrl, person, storage));
  root.replaceChildren();
  render(<ReviseView revise={revise} facts={facts} settings={settings} />, root);
  void begin(revise, outbox, person);
}

/** Who is here for the first time is told how it goes. */
function openHelpOnce(revise: ReviseController, kept: KeptValues): void {
  if (kept.getItem(HELP_SEEN) === null) {
    revise.windows.help.open();
    kept.setItem(HELP_SEEN, "seen");
  }
}

/** What an earlier page left behind is sent before the slices are asked for, which then show it. */
async function begin(
  revise: ReviseController,
  outbox: BrowserSliceOutbox,
  person: string,
): Promise<void> {
  const left = await sendLeftSlices(outbox, person, HTTP.postJson).catch((error: unknown) => {
    console.error(error); // whatever became of it, there is work to do
    return null;
  });
  await revise.open();
  if (left?.isGood === true) {
    revise.tellGood(left.sentence);
  } else if (left !== null && revise.notice.value === null) {
    const close = () => (revise.notice.value = null);
    const { discard, sentence } = left;
    const drop = () => {
      if (window.confirm(DISCARD_QUESTION)) {
        void discard?.().then(close);
      }
    };
    const title = discard === null ? "Close" : "Discard";
    revise.notice.value = notice(sentence, title, discard === null ? close : drop);
  }
}

const root = document.getElementById("revise");
if (root !== null) {
  start(root);
}
