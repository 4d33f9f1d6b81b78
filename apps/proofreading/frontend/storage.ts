/** What a browser keeps from day to day, and what to do where it keeps nothing. */

export type KeptValues = Pick<Storage, "getItem" | "setItem"> & Partial<Pick<Storage, "removeItem">>;

/**
 * The storage that `open` gives. Where the browser refuses it (private windows, blocked site data,
 * no room left), values last as long as the page: they are conveniences, not the person's work.
 */
export function keptOrForgotten(open: () => KeptValues): KeptValues {
  const remembered = new Map<string, string>();
  return {
    getItem: (key) =>
      unlessRefused(() => open().getItem(key)) ?? remembered.get(key) ?? null,
    setItem: (key, value) => {
      remembered.set(key, value);
      unlessRefused(() => open().setItem(key, value));
    },
    removeItem: (key) => {
      remembered.delete(key);
      unlessRefused(() => open().removeItem?.(key));
    },
  };
}

/** Null where the browser refuses its storage; any other error is a fault and is thrown on. */
function unlessRefused<Value>(use: () => Value): Value | null {
  try {
    return use();
  } catch (error) {
    if (error instanceof DOMException) {
      return null;
    }
    throw error;
  }
}

/** Whether this browser opens the campaign's grid for the first time; notes that it has. */
export function noteFirstVisit(storage: KeptValues, campaignId: string): boolean {
  const key = `synanno.help-shown.${campaignId}`;
  const isFirst = storage.getItem(key) === null;
  storage.setItem(key, "yes");
  return isFirst;
}
