/** How the grid reaches the server; tests put another one in its place. */

import type { Frame } from "../../core/frontend/frames";
import {
  getFrames,
  getNews,
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

async function getJson(url: string, options: RequestOptions = {}): Promise<unknown> {
  return (await getNews(url, null, options))?.body;
}

export const HTTP: Transport = { getFrames, postFrames, postJson, getJson };
