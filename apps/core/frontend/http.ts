/** Requests to our own server: JSON and frames, with its errors as exceptions. */

import { FRAMES_TYPE, FrameError, readFrames, type Frame } from "./frames";
import { withLabels } from "./sentences";

const TIMEOUT_MS = 60_000;
const LOGIN_NEEDED = "login_needed";
const NOT_MODIFIED = 304;
/** No longer logged in, no longer allowed, or no longer there. */
const GONE = new Set([401, 403, 404]);

/** The server answered with an error; `message` is its sentence for people, with words in place of the
    names that programs have for fields. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    /** As the server said it, for who has another word for the field, or tells it beside it. */
    readonly sentence: string,
    readonly field: string | null = null,
    /** Everything that the server said of it. */
    readonly details: unknown = null,
  ) {
    super(withLabels(sentence, field));
  }
}

/** The server could not be reached, or the answer broke off. */
export class NetworkError extends Error {}

/** True for troubles that may be over when the same request is sent again. */
export function isTransient(error: unknown): boolean {
  if (error instanceof HttpError) {
    return error.status >= 500 || error.status === 429;
  }
  return error instanceof NetworkError || error instanceof FrameError;
}

/** True when the person is no longer logged in. */
export function isSessionEnd(error: unknown): boolean {
  return error instanceof HttpError && error.code === LOGIN_NEEDED;
}

/** True where asking again gives nothing, and the page as a whole would say why. */
export function isGone(error: unknown): boolean {
  return isSessionEnd(error) || (error instanceof HttpError && GONE.has(error.status));
}

/** The token that Django wants back; the cookie is newer than the page after a second login. */
export function csrfToken(): string {
  const page = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]');
  for (const pair of document.cookie.split(";")) {
    const [name, value] = pair.trim().split("=");
    if (name === page?.dataset["cookie"] && value !== undefined) {
      return decodeURIComponent(value);
    }
  }
  return page?.content ?? "";
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Lets the request outlive the page, for labels sent while it closes (64 KB at most). */
  readonly keepalive?: boolean;
}

/** POST of JSON, answered with JSON. */
export async function postJson(
  url: string,
  body: unknown,
  options: RequestOptions = {},
): Promise<unknown> {
  return jsonOf(await send(url, { ...sending("POST", body), ...options }));
}

/** JSON or a form with files, by any method; answered with JSON, or null where there is nothing. */
export async function sendAny(
  url: string,
  method: string,
  body: unknown,
  options: RequestOptions = {},
): Promise<unknown> {
  const response = await send(url, { ...sending(method, body), ...options });
  return response.status === 204 ? null : jsonOf(response);
}

/** What is at an address now. */
export interface News {
  readonly status: number;
  readonly body: unknown;
  readonly etag: string | null;
}

/** GET of JSON; null where nothing has changed since `etag` was given. */
export async function getNews(
  url: string,
  etag: string | null,
  options: RequestOptions = {},
): Promise<News | null> {
  const headers: HeadersInit = etag === null ? {} : { "If-None-Match": etag };
  const response = await send(url, { method: "GET", headers, cache: "no-store", ...options });
  if (response.status === NOT_MODIFIED) {
    return null;
  }
  const body = await jsonOf(response);
  return { status: response.status, body, etag: response.headers.get("ETag") };
}

/** GET, answered with frames. */
export async function* getFrames(url: string, options: RequestOptions = {}): AsyncGenerator<Frame> {
  yield* framesOf(await send(url, { method: "GET", ...options }));
}

/** POST of JSON, answered with frames. */
export async function* postFrames(
  url: string,
  body: unknown,
  options: RequestOptions = {},
): AsyncGenerator<Frame> {
  yield* framesOf(await send(url, { ...sending("POST", body), ...options }));
}

/** JSON, or a form with files, of which the browser itself says what it is. */
function sending(method: string, body: unknown): RequestInit {
  const headers = { "X-CSRFToken": csrfToken(), ...forPerson() };
  if (body instanceof FormData) {
    return { method, body, headers };
  }
  const text = JSON.stringify(body);
  return { method, body: text, headers: { "Content-Type": "application/json", ...headers } };
}

/** Whose page this is: the server refuses where somebody else has logged in meanwhile. */
function forPerson(): Record<string, string> {
  const person = document.querySelector<HTMLMetaElement>('meta[name="person"]')?.content;
  return person === undefined ? {} : { "X-SynAnno-Person": person };
}

async function send(url: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("Accept", `application/json, ${FRAMES_TYPE}`);
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  const request: RequestInit = { credentials: "same-origin", ...init, headers, signal };
  const response = await reached(() => fetch(url, request));
  if (!response.ok && response.status !== NOT_MODIFIED) {
    throw await errorOf(response);
  }
  if (response.redirected && (response.headers.get("Content-Type") ?? "").includes("text/html")) {
    throw sessionEnded(response.status);
  }
  return response;
}

/** Runs one step of a request; a failure of the network becomes a NetworkError. */
async function reached<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") {
      throw error;
    }
    if (error instanceof TypeError || error instanceof DOMException) {
      throw new NetworkError("The server cannot be reached.", { cause: error });
    }
    throw error;
  }
}

async function jsonOf(response: Response): Promise<unknown> {
  const text = await reached(() => response.text());
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpError(response.status, "invalid_answer", notOurs(response.status));
  }
}

async function* framesOf(response: Response): AsyncGenerator<Frame> {
  if (response.body === null) {
    throw new NetworkError("The server sent an empty answer.");
  }
  const frames = readFrames(response.body);
  for (;;) {
    const step = await reached(() => frames.next());
    if (step.done === true) {
      return;
    }
    yield step.value;
  }
}

async function errorOf(response: Response): Promise<HttpError> {
  const body = await reached(() => response.text());
  const said = errorBody(body);
  if (response.status === 401 || said?.code === LOGIN_NEEDED) {
    return sessionEnded(response.status);
  }
  if (said === null) {
    return new HttpError(response.status, "error", notOurs(response.status));
  }
  return new HttpError(response.status, said.code, said.sentence, said.field, said.details);
}

interface ErrorBody {
  readonly code: string;
  readonly sentence: string;
  readonly field: string | null;
  readonly details: unknown;
}

function errorBody(text: string): ErrorBody | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return null;
    }
    throw error;
  }
  const error = (parsed as { error?: Record<string, unknown> } | null)?.error;
  if (typeof error?.["code"] !== "string" || typeof error["sentence"] !== "string") {
    return null;
  }
  const field = typeof error["field"] === "string" ? error["field"] : null;
  return { code: error["code"], sentence: error["sentence"], field, details: error };
}

function sessionEnded(status: number): HttpError {
  return new HttpError(status, LOGIN_NEEDED, "You are no longer logged in.");
}

function notOurs(status: number): string {
  return `The server answered in a way that this page does not understand (status ${status}).`;
}
