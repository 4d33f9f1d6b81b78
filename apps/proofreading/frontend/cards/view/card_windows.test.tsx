/** A card is looked at in detail, and in Neuroglancer, as tiles are. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, expect, it, vi } from "vitest";

import { drawingIn } from "../../testing_view";
import { answerOf, cardOf, cardsOf, pageOf } from "../testing";
import { CardsView } from "./cards_view";

let root: HTMLElement;
let asked: string[];
drawingIn((element) => (root = element));

beforeEach(() => {
  asked = [];
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    return Response.json({ state: {}, address: "about:blank", problems: [] });
  });
});

async function opened() {
  const { cards } = cardsOf({ "/cards": () => answerOf([pageOf(1, [cardOf(1), cardOf(2)])]) });
  const facts = { campaign: "Pilot", workUrl: "/", allUrl: "/all", mineUrl: "/mine" };
  await act(() => render(<CardsView controller={cards} facts={facts} />, root));
  await act(() => cards.open());
  return cards;
}

const details = () => root.querySelector<HTMLDialogElement>(".details");
const press = (key: string) => {
  const from = details()?.open === true ? root.querySelector(".details__all") : document.body;
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  return act(() => void from?.dispatchEvent(event));
};

it("A card is judged in detail with the keys of the cards, and the next one after it", async () => {
  const cards = await opened();
  await press("d");
  expect(details()?.open).toBe(true);
  expect(root.querySelector("#details-title")?.textContent).toBe("Synapse 1 of 2");
  await press("2");
  await press("ArrowRight");
  await press("u");
  expect(root.querySelector("#details-title")?.textContent).toBe("Synapse 2 of 2");
  const said = cards.deck.all.map(({ tile }) => tile.said.value);
  expect(said.map(({ label }) => label)).toEqual(["incorrect", "unsure"]);
  expect(said[0]?.categories).toEqual(["badFit"]);
  expect(root.querySelector(".details__label[data-label=unsure]")?.getAttribute("title")).toBe(
    "Unsure (u)",
  );
  await press("f");
  expect(details()?.open).toBe(true); // what is about the row waits
  await press("d");
  expect(details()?.open).toBe(false);
  expect(cards.focused.value).toBe(1);
});

it("A card is opened in Neuroglancer with a key, or with the button on its picture", async () => {
  const cards = await opened();
  await press("n");
  await vi.waitFor(() => expect(asked).toEqual(["/neuroglancer?item=1"]));
  expect(root.querySelector<HTMLDialogElement>(".viewer")?.open).toBe(true);
  await press("u"); // for the window
  expect(cards.deck.all[0]?.tile.label.value).toBe("incorrect");
  await act(() => cards.windows.viewer.close());
  const button = '[aria-label="3D view of synapse 3, in Neuroglancer"]';
  await act(() => root.querySelector<HTMLButtonElement>(button)?.click());
  await vi.waitFor(() => expect(asked).toEqual(["/neuroglancer?item=1", "/neuroglancer?item=2"]));
  expect(cards.focused.value).toBe(1);
});
