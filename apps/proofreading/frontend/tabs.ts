/** What the tabs of a browser know of each other, by Web Locks; nothing where there are none (plain
 * http). */

const LIVES = "synanno-tab-";
const AT_WORK = "synanno-work-";

function webLocks(): LockManager | null {
  return (navigator as { readonly locks?: LockManager | null }).locks ?? null;
}

/** Runs one thing at a time for all tabs; without Web Locks tabs take no turns. */
export async function alone<Value>(name: string, run: () => Promise<Value>): Promise<Value> {
  const locks = webLocks();
  return locks === null ? run() : locks.request(name, run);
}

/** Says that this tab lives, until it is closed or crashes. */
export function liveAs(tab: string): void {
  holdForLife(LIVES + tab);
}

/** The tabs that live and see to their labels themselves. */
export async function livingTabs(): Promise<ReadonlySet<string>> {
  return new Set((await heldUnder(LIVES)) ?? []);
}

/** Says that this tab is at work in a campaign, until it is closed or crashes. */
export function workIn(campaign: string, tab: string): void {
  holdForLife(`${AT_WORK}${campaign} ${tab}`);
}

/** Whether another tab is at work in a campaign; null where nobody knows. */
export async function othersWorkIn(campaign: string, tab: string): Promise<boolean | null> {
  const tabs = await heldUnder(`${AT_WORK}${campaign} `);
  return tabs === null ? null : tabs.some((other) => other !== tab);
}

function holdForLife(name: string): void {
  void webLocks()?.request(name, () => new Promise<never>(() => undefined));
}

/** What follows a beginning in the names of the locks that are held. */
async function heldUnder(beginning: string): Promise<readonly string[] | null> {
  const held = (await webLocks()?.query())?.held ?? null;
  const names = held?.map((lock) => lock.name ?? "") ?? null;
  return names?.filter((name) => name.startsWith(beginning)).map((name) => name.slice(beginning.length)) ?? null;
}
