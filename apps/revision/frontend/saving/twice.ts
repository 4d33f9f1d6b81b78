import { isTransient } from "../../../core/frontend/http";

/** Sends once more where no answer came; only for what is harmless to send twice. */
export async function twice(send: () => Promise<unknown>): Promise<unknown> {
  return send().catch((error: unknown) => {
    if (isTransient(error)) {
      return send();
    }
    throw error;
  });
}
