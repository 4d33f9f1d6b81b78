import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, it, vi } from "vitest";

import { frameOf } from "../../../../core/frontend/testing";
import { itemsIn, slicesHeader, unreadableFrame } from "../../testing";
import { drawingIn } from "../../testing_view";
import { answerOf, cardOf, cardsOf, pageOf } from "../testing";
import { CardView } from "./card_view";

const NO_MASK = "There is no mask: the cleft volume has no label here.";
let root: HTMLElement;
drawingIn((element) => (root = element));

/** A card of a synapse whose pictures are as the frames say. */
async function shown(tiles: (item: number) => ReturnType<typeof frameOf>) {
  const { cards, transport } = cardsOf({
    "/cards": () => answerOf([pageOf(1, [cardOf(1)])]),
    "/tiles": (url) => itemsIn(url).map(tiles),
    "/stacks": () => [],
  });
  await cards.open();
  const card = cards.deck.all[0]!;
  await act(() => render(<CardView controller={cards} card={card} index={0} />, root));
  await act(() => cards.pictures.show([card]));
  return { cards, card, transport };
}

const place = () => root.querySelector(".card-error");

it("A card says what is not as usual in its picture, as tiles do", async () => {
  const remarks = [{ kind: "no mask", sentence: NO_MASK }];
  const header = { ...slicesHeader("middle", 1), remarks };
  const { cards } = await shown(() => frameOf(header, "JPGPN"));
  await vi.waitFor(() => {
    expect(place()?.querySelector(".tile__remark")?.textContent).toContain("No mask here");
    expect(place()?.getAttribute("aria-label")).toContain(NO_MASK);
    expect(place()?.querySelector(".tile__slice")?.textContent).toBe("Slice 3/4");
  });
  cards.pictures.stop();
});

it("A card whose picture does not come asks again for it, and names what another tab said", async () => {
  const { cards, card, transport } = await shown((item) => unreadableFrame(item, 1000));
  await vi.waitFor(() => expect(place()?.textContent).toContain("The image volume does not answer."));
  const asked = transport.askedOf("/tiles").length;
  const press = (words: string) => {
    const buttons = [...root.querySelectorAll<HTMLButtonElement>(".button")];
    return act(() => buttons.find(({ textContent }) => textContent === words)?.click());
  };
  await press("Retry");
  await vi.waitFor(() => expect(transport.askedOf("/tiles").length).toBe(asked + 1));
  const mine = { label: "unsure", categories: ["badFit"], note: "" } as const;
  await act(() => void (card.tile.refused.value = mine));
  await press("Set unsure (Mask does not fit)");
  expect(card.tile.said.value).toEqual(mine);
  expect(card.tile.refused.value).toBeNull();
  cards.pictures.stop();
});
