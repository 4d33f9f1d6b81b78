/** The row of cards: scrolled sideways by keys, wheel and touch; only what is in sight is drawn. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { useWheelSteps } from "../../view/use_wheel_steps";
import type { CardsController } from "../cards_controller";
import { cardWidth, drawn, GAP_PX, scrollTo } from "../strip";
import { CardView } from "./card_view";

/** Further than so many cards nobody follows with the eye. */
const FOLLOWED = 3;
/** After this a movement has come to its end also where the browser does not say so. */
const LONGEST_MOVE_MS = 700;

interface Place {
  readonly scrollPx: number;
  readonly rowPx: number;
}

interface StripProps {
  readonly controller: CardsController;
  /** What stands behind the last card. */
  readonly children: ComponentChildren;
}

export function Strip({ controller, children }: StripProps) {
  const row = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<Place>({ scrollPx: 0, rowPx: 0 });
  const cards = controller.deck.shown.value;
  const widthPx = cardWidth(place.rowPx);
  const stridePx = widthPx + GAP_PX;
  const range = drawn(place.scrollPx, place.rowPx, stridePx, cards.length);
  const inSight = cards.slice(range.from, range.to);
  const isMoving = useMoves(row, controller, stridePx);
  useEffect(() => controller.pictures.show(inSight), [cards, range.from, range.to]);
  useMeasure(row, setPlace);
  useWheel(row, stridePx);
  useEffect(() => {
    if (!isMoving() && place.rowPx > 0) {
      followSight(controller, place, stridePx);
    }
  }, [place.scrollPx]);
  const style = {
    "--card": `${widthPx}px`,
    width: `${cards.length * stridePx}px`,
    paddingLeft: `${range.from * stridePx}px`,
  };
  return (
    <div
      ref={row}
      class="strip"
      tabIndex={-1}
      onScroll={(event) => {
        const { scrollLeft, clientWidth } = event.currentTarget;
        setPlace({ scrollPx: scrollLeft, rowPx: clientWidth });
      }}
    >
      <div class="strip__cards" role="list" aria-label="Cards" style={style}>
        {inSight.map((card, index) => (
          <CardView
            key={card.tile.item}
            controller={controller}
            card={card}
            index={range.from + index}
          />
        ))}
      </div>
      <div class="strip__end" style={{ "--card": `${widthPx}px` }}>
        {children}
      </div>
    </div>
  );
}

/** Scrolls to the card that keys have chosen; tells whether that is still going on. */
function useMoves(
  row: { readonly current: HTMLDivElement | null },
  controller: CardsController,
  stridePx: number,
): () => boolean {
  const until = useRef(0);
  const moved = controller.moved.value;
  useLayoutEffect(() => {
    const element = row.current;
    if (element === null || stridePx <= GAP_PX) {
      return;
    }
    const left = scrollTo(controller.focused.peek(), element.clientWidth, stridePx);
    const isNear = Math.abs(left - element.scrollLeft) <= FOLLOWED * stridePx;
    const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    until.current = performance.now() + LONGEST_MOVE_MS;
    element.scrollTo({ left, behavior: isNear && !isCalm ? "smooth" : "instant" });
  }, [moved, stridePx]);
  useEffect(() => {
    const end = () => (until.current = 0);
    row.current?.addEventListener("scrollend", end);
    return () => row.current?.removeEventListener("scrollend", end);
  }, []);
  return () => performance.now() < until.current;
}

/** Keys are about a card that one sees: where the row was scrolled away from theirs, they get the
 * one in the middle. */
function followSight(controller: CardsController, place: Place, stridePx: number): void {
  const { scrollPx, rowPx } = place;
  const left = GAP_PX + controller.focused.peek() * stridePx;
  if (left >= scrollPx && left + stridePx - GAP_PX <= scrollPx + rowPx) {
    return;
  }
  const middle = Math.floor((scrollPx + rowPx / 2 - GAP_PX) / stridePx);
  const last = controller.deck.shown.peek().length - 1;
  controller.endDraft();
  controller.focused.value = Math.max(0, Math.min(middle, last));
}

function useMeasure(
  row: { readonly current: HTMLDivElement | null },
  setPlace: (place: Place) => void,
): void {
  useLayoutEffect(() => {
    const element = row.current;
    if (element === null) {
      return undefined;
    }
    const measure = () =>
      setPlace({ scrollPx: element.scrollLeft, rowPx: element.clientWidth });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
}

/** A notch of the wheel beside the pictures goes a card on; sideways strokes scroll by themselves. */
function useWheel(row: { readonly current: HTMLDivElement | null }, stridePx: number): void {
  useWheelSteps(
    row,
    stridePx,
    (steps, element) => element.scrollBy({ left: steps * stridePx, behavior: "smooth" }),
    (event, element) => {
      const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      const isHigh = element.scrollHeight > element.clientHeight; // the wheel shows the rest of it
      return event.ctrlKey || event.shiftKey || isSideways || isHigh || event.defaultPrevented;
    },
  );
}
