/** Entry of the page "What is wrong?": reads what the page says and shows the cards. */

import "./cards.css";

import { render } from "preact";

import { requiredOf } from "../../../core/frontend/required";
import { uuid4 } from "../../../core/frontend/uuid";
import { guardUnsent } from "../leaving";
import { DISCARD_QUESTION, sendLeftovers } from "../leftovers";
import { notice } from "../notices";
import { BrowserOutbox } from "../outbox";
import { settingsOfPage } from "../page_settings";
import { OverlayPreferences } from "../preferences";
import { keptOrForgotten } from "../storage";
import { liveAs } from "../tabs";
import { HTTP } from "../transport";
import { CardsController } from "./cards_controller";
import { CardsView } from "./view/cards_view";

function start(root: HTMLElement): void {
  const required = requiredOf(root);
  const tab = uuid4();
  liveAs(tab);
  const person = required("person");
  const keeping = { outbox: new BrowserOutbox(), person, tab };
  const urls = {
    cards: required("cardsUrl"),
    discard: required("discardUrl"),
    undo: required("undoUrl"),
    login: required("loginUrl"),
  };
  const storage = keptOrForgotten(() => window.localStorage);
  const overlay = new OverlayPreferences(storage);
  const page = required("page");
  const controller = new CardsController(urls, HTTP, overlay, page, keeping);
  const facts = {
    campaign: required("campaignName"),
    workUrl: required("workUrl"),
    allUrl: required("allUrl"),
    mineUrl: required("mineUrl"),
  };
  const settingsUrl = required("settingsUrl");
  const settings = settingsOfPage(controller.keys, settingsUrl, person, storage);
  guardUnsent({
    endDraft: () => controller.endDraft(),
    unsentCount: () => controller.sessions.unsentCount(),
    sendBeforeLeaving: () => controller.sessions.sendBeforeLeaving(),
  });
  root.replaceChildren();
  render(<CardsView controller={controller} facts={facts} settings={settings} />, root);
  void begin(controller, keeping);
}

/** What an earlier page left behind is sent before the cards are asked for, which then show it;
 * what became of it is told. */
async function begin(
  controller: CardsController,
  { outbox, person }: { readonly outbox: BrowserOutbox; readonly person: string },
): Promise<void> {
  const left = await sendLeftovers(outbox, person, HTTP).catch((error: unknown) => {
    console.error(error); // whatever became of it, there is work to do
    return null;
  });
  await controller.open();
  if (left !== null && controller.notice.value === null) {
    const close = () => (controller.notice.value = null);
    const { discard } = left;
    const drop = () => {
      if (window.confirm(DISCARD_QUESTION)) {
        void discard?.().then(close);
      }
    };
    controller.notice.value = notice(
      left.sentence,
      discard === null ? "Close" : "Discard",
      discard === null ? close : drop,
    );
  }
}

const root = document.getElementById("cards");
if (root !== null) {
  start(root);
}
