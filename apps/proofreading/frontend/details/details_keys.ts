/** What keys do while a synapse is open in detail. */

import type { KeyAction } from "../commands";
import type { Desk } from "./desk";

/** Goes to the synapse after or before the one that is open; the outline goes with it. */
export function goBeside(desk: Desk, by: 1 | -1): void {
  const opened = desk.opened();
  const next = opened === null ? undefined : desk.tiles()[opened.index + by];
  if (opened !== null && next !== undefined) {
    desk.focused.value = opened.index + by;
    desk.windows.details.open(next);
  }
}

/** Does what a key asks for; whether that is anything here. */
export function performInDetails(action: KeyAction, desk: Desk): boolean {
  const { details } = desk.windows;
  if (desk.perform(action)) {
    return true;
  }
  if (action.do === "move" && action.direction === "left") {
    goBeside(desk, -1);
  } else if (action.do === "move" && action.direction === "right") {
    goBeside(desk, 1);
  } else if (action.do === "all-slices") {
    details.isSingle.value = !details.isSingle.value;
  } else if (action.do === "details") {
    details.close();
  } else {
    return false;
  }
  return true;
}
