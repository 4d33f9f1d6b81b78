import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { fieldTime } from "../../core/frontend/times";
import { bodyOf, EntryError, numbersOf, sendForm, type Page } from "./forms";

const fetched = vi.fn<typeof fetch>();

beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal("fetch", fetched);
});

afterEach(() => vi.unstubAllGlobals());

function formOf(inside: string, attributes = ""): HTMLFormElement {
  document.body.innerHTML = `<form data-api="/api/it" ${attributes}>${inside}
    <p data-error hidden></p></form>`;
  const form = document.querySelector("form");
  if (form === null) {
    throw new Error("no form");
  }
  return form;
}

function page() {
  return {
    ask: vi.fn<Page["ask"]>(() => true),
    go: vi.fn<Page["go"]>(),
    reload: vi.fn<Page["reload"]>(),
  };
}

function buttonOf(form: HTMLFormElement): HTMLButtonElement | null {
  return form.querySelector("button");
}

function sent(): { method: string | undefined; body: unknown } {
  const init = fetched.mock.calls[0]?.[1];
  return { method: init?.method, body: JSON.parse(String(init?.body)) };
}

describe("bodyOf", () => {
  it("says what the fields stand for", () => {
    const form = formOf(`
      <input name="name" value="Round one">
      <input name="passes" data-as="number" value="3">
      <input name="crop_size" data-as="numbers" value="64">
      <input name="crop_size" data-as="numbers" value="32">
      <input name="needs_training" type="checkbox" checked>
      <input name="deadline" data-as="time" value="">
      <select name="to" data-as="nullable"><option value="">everybody</option></select>
      <input name="policy.rule" value="majority">
      <input name="policy.most_votes" data-as="number" value="9">
      <select name="valid" data-as="maybe"><option value="false">no</option></select>
      <select name="unsure" data-as="maybe"><option value="">no row</option></select>
      <input name="off" disabled value="1">
      <fieldset disabled><input name="off_too" value="1"></fieldset>
      <button name="draft" value="true" data-as="flag">Create</button>`);
    expect(bodyOf(form, buttonOf(form))).toEqual({
      name: "Round one",
      passes: 3,
      crop_size: [64, 32],
      needs_training: true,
      valid: false,
      unsure: null,
      deadline: null,
      to: null,
      policy: { rule: "majority", most_votes: 9 },
      draft: true,
    });
    expect(bodyOf(form, null)).not.toHaveProperty("draft");
  });

  it("sends a time of this place as one of the world", () => {
    const form = formOf('<input name="deadline" data-as="time" value="2030-05-01T12:00">');
    expect(bodyOf(form, null)).toEqual({ deadline: "2030-05-01T14:30:00.000Z" }); // St. John's, in summer
  });

  it("gives a time that nobody has changed back as it was, though its field cannot hold all of it", () => {
    const times = ["2030-11-30T23:59:59.000001Z", "2030-11-03T05:10:00Z"]; // the latter comes a second time
    for (const at of times) {
      const form = formOf(`<input name="deadline" data-as="time" data-time="${at}" value="${fieldTime(at)}">`);
      expect(bodyOf(form, null)).toEqual({ deadline: at });
      form.querySelector("input")!.value = "2030-05-01T12:00";
      expect(bodyOf(form, null)).toEqual({ deadline: "2030-05-01T14:30:00.000Z" });
    }
  });
});

describe("numbersOf", () => {
  it("reads numbers and ranges", () => {
    expect(numbersOf("3, 7-9,12–13", "pages")).toEqual([3, 7, 8, 9, 12, 13]);
  });

  it.each(["", "x", "3,,4", "9-7", "1-100000", "-2"])("refuses %j", (text) => {
    expect(() => numbersOf(text, "pages")).toThrow(EntryError);
  });
});

describe("sendForm", () => {
  it("sends JSON and loads the page anew", async () => {
    fetched.mockResolvedValue(new Response(null, { status: 204 }));
    const form = formOf('<input name="name" value="A">', 'data-method="PATCH"');
    const after = page();
    await sendForm(form, null, after);
    expect(sent()).toEqual({ method: "PATCH", body: { name: "A" } });
    expect(after.reload).toHaveBeenCalledTimes(1);
  });

  it("goes to what was made", async () => {
    fetched.mockResolvedValue(Response.json({ id: 17 }, { status: 201 }));
    const after = page();
    await sendForm(formOf("", 'data-then="/campaigns/0/manage/"'), null, after);
    expect(after.go).toHaveBeenCalledWith("/campaigns/17/manage/");
  });

  it("shows the sentence of an error and marks its field", async () => {
    const error = { code: "invalid", sentence: "passes: give between 1 and 15.", field: "passes" };
    fetched.mockResolvedValue(Response.json({ error }, { status: 400 }));
    const form = formOf('<label>People <input name="passes"></label><button>Save</button>');
    const after = page();
    await sendForm(form, buttonOf(form), after);
    expect(form.querySelector("[data-error]")?.textContent).toBe(
      "People: give between 1 and 15.",
    );
    expect(form.querySelector("input")?.getAttribute("aria-invalid")).toBe("true");
    expect(buttonOf(form)?.disabled).toBe(false);
    expect(after.reload).not.toHaveBeenCalled();
  });

  it("has words for the name of a field that the form does not have", async () => {
    const error = { code: "invalid", sentence: "short_key: there is one already.", field: "short_key" };
    fetched.mockResolvedValue(Response.json({ error }, { status: 400 }));
    const form = formOf('<label>Title <input name="title"></label>');
    await sendForm(form, null, page());
    expect(form.querySelector("[data-error]")?.textContent).toBe("Short key: there is one already.");
  });

  it("tells the error of a field in the place that the form has for it", async () => {
    const error = { code: "invalid", sentence: "words.a: give a word: any.", field: "words.a" };
    fetched.mockResolvedValue(Response.json({ error }, { status: 400 }));
    const form = formOf('<input name="words.a"><p data-error-of="words" hidden></p>');
    await sendForm(form, null, page());
    const places = [...form.querySelectorAll<HTMLElement>("p")];
    expect(places.map((each) => [each.textContent, each.hidden])).toEqual([
      ["Give a word: any.", false],
      ["", true],
    ]);
    expect(document.activeElement?.getAttribute("name")).toBe("words.a");
  });

  it("leaves the page and its buttons to whoever hears that it was sent", async () => {
    fetched.mockResolvedValue(Response.json({}));
    const form = formOf("<button>Try</button>", "data-sent");
    const [after, heard] = [page(), vi.fn<() => void>()];
    document.body.addEventListener("sent", heard, { once: true });
    await sendForm(form, buttonOf(form), after);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(after.reload).not.toHaveBeenCalled();
    expect(buttonOf(form)?.disabled).toBe(true);
  });

  it("says that the server cannot be reached", async () => {
    fetched.mockRejectedValue(new TypeError("Failed to fetch"));
    const form = formOf("");
    await sendForm(form, null, page());
    const said = form.querySelector<HTMLElement>("[data-error]");
    expect(said?.textContent).toBe("The server cannot be reached.");
    expect(said?.hidden).toBe(false);
  });

  it("does nothing where its question is answered with no", async () => {
    const form = formOf('<button data-question="Sure?">Archive</button>');
    const after = { ...page(), ask: () => false };
    await sendForm(form, buttonOf(form), after);
    expect(fetched).not.toHaveBeenCalled();
  });

  const elsewhere = `<form data-api="/api/other"><textarea>As it was</textarea><input type="checkbox">
    <select><option>a</option><option selected>b</option></select></form>`;

  it.each<[string, (other: HTMLFormElement) => void]>([
    ["textarea", (other) => (other.querySelector("textarea")!.value = "Look for vesicles.")],
    ["checkbox", (other) => (other.querySelector("input")!.checked = true)],
    ["choice", (other) => (other.querySelector("select")!.value = "a")],
  ])("asks before a %s that was changed in another form is lost", async (_, change) => {
    fetched.mockImplementation(async () => new Response(null, { status: 204 }));
    const form = formOf("<button>Add</button>");
    document.body.insertAdjacentHTML("beforeend", elsewhere);
    const after = page();
    await sendForm(form, buttonOf(form), after);
    expect(after.ask).not.toHaveBeenCalled();
    const other = document.querySelector<HTMLFormElement>('[data-api="/api/other"]');
    change(other!);
    await sendForm(form, buttonOf(form), { ...after, ask: () => false });
    expect(fetched).toHaveBeenCalledTimes(1);
    await sendForm(form, buttonOf(form), after);
    expect(after.ask.mock.calls[0]?.[0]).toContain("not saved yet");
    expect(fetched).toHaveBeenCalledTimes(2);
  });

  it("takes no second press while the page is loaded anew", async () => {
    fetched.mockImplementation(async () => new Response(null, { status: 204 }));
    const form = formOf("<button>Add</button>");
    await sendForm(form, buttonOf(form), page());
    expect(buttonOf(form)?.disabled).toBe(true);
    window.dispatchEvent(new Event("pagehide"));
    expect(buttonOf(form)?.disabled).toBe(false);
  });

  it("shows once what is never told again", async () => {
    fetched.mockResolvedValue(Response.json({ secret: "abc" }, { status: 201 }));
    const form = formOf(
      "<p data-shown hidden><code></code></p><button>Add</button>",
      'data-show="secret"',
    );
    const after = page();
    await sendForm(form, buttonOf(form), after);
    expect(buttonOf(form)?.disabled).toBe(false);
    expect(form.querySelector("code")?.textContent).toBe("abc");
    expect(form.querySelector<HTMLElement>("[data-shown]")?.hidden).toBe(false);
    expect(after.reload).not.toHaveBeenCalled();
  });
});
