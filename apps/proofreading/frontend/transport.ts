/** How the grid reaches the server; tests put another one in its place. */

import type { Frame } from "../../core/frontend/frames";
import {
  getFrames,
  getNews,
  HttpError,
  postFrames,
  postJson,
  type RequestOptions,
} from "../../core/frontend/http";

export interface Transport {
  getFrames(url: string, options?: RequestOptions): AsyncGenerator<Frame>;
  postFrames(url: string, body: unknown, options?: RequestOptions): AsyncGenerator<Frame>;
  postJson(url: string, body: unknown, options?: RequestOptions): Promise<unknown>;
  getJson(url: string, options?: RequestOptions): Promise<unknown>;
}

/** The first frame of an answer; the others are left in it. Throws HttpError where it is empty. */
export async function firstOf(frames: AsyncGenerator<Frame>): Promise<Frame> {
  const first = await frames.next();
  if (first.done === true) {
    throw new HttpError(502, "empty_answer", "The server sent no page.");
  }
  return first.value;
}

async function getJson(url: string, options: RequestOptions = {}): Promise<unknown> {
  return (await getNews(url, null, options))?.body;
}

export const HTTP: Transport = { getFrames, postFrames, postJson, getJson };
