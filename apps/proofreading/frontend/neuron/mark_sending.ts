/** Sends marks so that one that cannot be used keeps no other from being stored. */

import { HttpError } from "../../../core/frontend/http";
import { withoutField } from "../../../core/frontend/sentences";
import type { Mark, MarkServer } from "./marks";

/** As many as the server takes at once. */
export const MOST_AT_ONCE = 500;
const MOST_REASONS = 3;

/** Hears, while marks are sent, what becomes of them. */
export interface Fates {
  readonly kept: (marks: readonly Mark[]) => void;
  /** The page is no longer this person's; the server has them all the same. */
  readonly late: (marks: readonly Mark[], why: HttpError) => void;
  /** It can never be used. */
  readonly refused: (mark: Mark, why: HttpError) => void;
}

/**
 * Sends all of them, in pieces. Of a piece the server stores all or nothing: where it refuses one,
 * the halves are sent, down to the mark that is at fault. Throws what may be over when they are
 * sent again; then those of which nothing was heard are not sent.
 */
export async function sendMarks(
  server: MarkServer,
  marks: readonly Mark[],
  keepalive: boolean,
  fates: Fates,
): Promise<void> {
  for (let start = 0; start < marks.length; start += MOST_AT_ONCE) {
    await sendPiece(server, marks.slice(start, start + MOST_AT_ONCE), keepalive, fates);
  }
}

async function sendPiece(
  server: MarkServer,
  piece: readonly Mark[],
  keepalive: boolean,
  fates: Fates,
): Promise<void> {
  try {
    await server.write(piece, keepalive);
  } catch (error) {
    const [first] = piece;
    if (isKeptAsLate(error)) {
      fates.late(piece, error);
    } else if (!isRefused(error) || first === undefined) {
      throw error;
    } else if (piece.length === 1) {
      fates.refused(first, error);
    } else {
      const half = Math.ceil(piece.length / 2);
      await sendPiece(server, piece.slice(0, half), keepalive, fates);
      await sendPiece(server, piece.slice(half), keepalive, fates);
    }
    return;
  }
  fates.kept(piece);
}

function isKeptAsLate(error: unknown): error is HttpError {
  return error instanceof HttpError && error.code === "stale_lease";
}

function isRefused(error: unknown): error is HttpError {
  return error instanceof HttpError && error.status === 400;
}

/** Why some were refused, each reason once; of very many, the first. */
export function reasonsOf(errors: readonly HttpError[]): string {
  const reasons = [...new Set(errors.map(({ sentence, field }) => withoutField(sentence, field)))];
  const more = reasons.length - MOST_REASONS;
  const told = reasons.slice(0, MOST_REASONS);
  return [...told, ...(more > 0 ? [`And ${more} more reasons.`] : [])].join(" ");
}
