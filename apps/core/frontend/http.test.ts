import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import {
  csrfToken,
  getFrames,
  getNews,
  HttpError,
  isSessionEnd,
  isTransient,
  NetworkError,
  postJson,
  sendAny,
} from "./http";
import { encodeFrame, joinBytes } from "./testing";

const fetched = vi.fn<typeof fetch>();

beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal("fetch", fetched);
  document.cookie = "csrf_of_this_copy=from-cookie";
  document.cookie = "csrf_of_another=from-elsewhere";
  const meta = document.createElement("meta");
  meta.name = "csrf-token";
  meta.content = "from-page";
  meta.dataset["cookie"] = "csrf_of_this_copy";
  document.head.append(meta);
});

afterEach(() => {
  vi.unstubAllGlobals();
  document.cookie = "csrf_of_this_copy=; expires=Thu, 01 Jan 1970 00:00:00 GMT";
  document.head.replaceChildren();
});

function errorResponse(status: number, code: string, sentence: string): Response {
  return Response.json({ error: { code, sentence, field: null } }, { status });
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("The request should have failed.");
    },
    (error: unknown) => error,
  );
}

describe("postJson", () => {
  it("sends JSON with the token of the cookie and reads the answer", async () => {
    fetched.mockResolvedValue(Response.json({ kept: ["a"] }));
    expect(await postJson("/x", { b: 1 })).toEqual({ kept: ["a"] });
    const init = fetched.mock.calls[0]?.[1];
    expect(init?.body).toBe('{"b":1}');
    expect(new Headers(init?.headers).get("X-CSRFToken")).toBe("from-cookie");
  });

  it("turns an error of the server into an exception with its sentence", async () => {
    fetched.mockResolvedValue(errorResponse(409, "stale_lease", "Given to someone else."));
    const error = await failure(postJson("/x", {}));
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ status: 409, code: "stale_lease" });
    expect((error as Error).message).toBe("Given to someone else.");
    expect(isTransient(error)).toBe(false);
  });

  it("knows a login that has ended, also behind a redirect to the login page", async () => {
    fetched.mockResolvedValueOnce(errorResponse(403, "login_needed", "Log in."));
    expect(isSessionEnd(await failure(postJson("/x", {})))).toBe(true);
    const html = new Response("<html>", { headers: { "Content-Type": "text/html" } });
    Object.defineProperty(html, "redirected", { value: true });
    fetched.mockResolvedValueOnce(html);
    expect(isSessionEnd(await failure(postJson("/x", {})))).toBe(true);
  });

  it("counts a lost network and a failing server as transient", async () => {
    fetched.mockRejectedValueOnce(new TypeError("Failed to fetch"));
    const lost = await failure(postJson("/x", {}));
    expect(lost).toBeInstanceOf(NetworkError);
    expect(isTransient(lost)).toBe(true);
    fetched.mockResolvedValueOnce(new Response("Bad gateway", { status: 502 }));
    const failing = await failure(postJson("/x", {}));
    expect(isTransient(failing)).toBe(true);
    expect((failing as Error).message).toContain("502");
  });
});

describe("sendAny", () => {
  it("says whose page it is, also with files", async () => {
    document.head.append(Object.assign(document.createElement("meta"), { name: "person", content: "7" }));
    fetched.mockImplementation(async () => new Response(null, { status: 204 }));
    expect(await sendAny("/x", "DELETE", {})).toBeNull();
    await sendAny("/x", "POST", new FormData());
    const sent = fetched.mock.calls.map(([, init]) => new Headers(init?.headers));
    expect(sent.map((headers) => headers.get("X-SynAnno-Person"))).toEqual(["7", "7"]);
    expect(sent.map((headers) => headers.get("X-CSRFToken"))).toEqual(["from-cookie", "from-cookie"]);
    // The browser says of a form what it is, with the boundary between its parts.
    expect(sent.map((headers) => headers.get("Content-Type"))).toEqual(["application/json", null]);
  });
});

describe("getNews", () => {
  it("asks with what it has, and tells what is new from what is as before", async () => {
    fetched.mockResolvedValueOnce(Response.json({ n: 1 }, { headers: { ETag: '"1"' } }));
    expect(await getNews("/x", null)).toEqual({ status: 200, body: { n: 1 }, etag: '"1"' });
    fetched.mockResolvedValueOnce(new Response(null, { status: 304 }));
    expect(await getNews("/x", '"1"')).toBeNull();
    const asked = fetched.mock.calls.map(([, init]) => new Headers(init?.headers));
    expect(asked.map((headers) => headers.get("If-None-Match"))).toEqual([null, '"1"']);
    expect(fetched.mock.calls[0]?.[1]?.signal).toBeInstanceOf(AbortSignal);
  });

  it("says that an answer is not the server's own", async () => {
    fetched.mockResolvedValue(new Response("<html>"));
    expect(await failure(getNews("/x", null))).toMatchObject({ code: "invalid_answer" });
  });
});

describe("getFrames", () => {
  it("yields the frames of the body and fails when it breaks off", async () => {
    const whole = encodeFrame({ part: "rest" });
    fetched.mockResolvedValue(new Response(joinBytes(whole, whole.subarray(0, 6))));
    const frames = getFrames("/x");
    expect((await frames.next()).value?.header).toEqual({ part: "rest" });
    expect(isTransient(await failure(frames.next()))).toBe(true);
  });
});

describe("csrfToken", () => {
  it("prefers the cookie, which a second login renews, to the page", () => {
    expect(csrfToken()).toBe("from-cookie");
    document.cookie = "csrf_of_this_copy=; expires=Thu, 01 Jan 1970 00:00:00 GMT";
    expect(csrfToken()).toBe("from-page");
  });
});
