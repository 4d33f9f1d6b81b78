/** Helpers of tests: an instance that is held, with the server that a test puts behind it. */

import { OverlayPreferences } from "../../proofreading/frontend/preferences";
import type { Transport } from "../../proofreading/frontend/transport";
import { EaselSession } from "./easel_session";
import { Pictures } from "./pictures";
import { easelOf, ORIGINAL_RUNS, proposalOf, revisedOf } from "./testing";

/** A session with a proposal that is ready; `told`: the sentences that reached the person. */
export function sessionOf(server: Pick<Transport, "getJson" | "postJson">) {
  const told: string[] = [];
  const storage = { getItem: () => null, setItem: () => undefined };
  const getFrames = async function* () {};
  const outbox = { put: async () => {}, remove: async () => {}, of: async () => [] };
  const original = { part: "original", runs: ORIGINAL_RUNS, remarks: [] } as const;
  const session = new EaselSession(
    revisedOf(),
    easelOf({ proposals: [proposalOf()] }),
    original,
    new Pictures("/picture", getFrames, () => undefined),
    {
      transport: { ...server, getFrames, postFrames: getFrames },
      storage,
      keeping: { outbox, person: "1", tab: "a" },
      overlay: new OverlayPreferences(storage),
      showsOutline: { value: true },
      onTrouble: (error) => told.push((error as Error).message),
      onLost: (sentence) => told.push(sentence),
    },
  );
  return { session, told };
}
