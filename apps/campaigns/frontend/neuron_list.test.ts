import { afterEach, describe, expect, it, vi } from "vitest";

import { firstColumn, idsIn, isTable, joined, readNeurons, toldOf } from "./neuron_list";

const LARGEST = "18446744073709551615";

describe("a list of neurons", () => {
  it("is read from the first column, whatever stands around it", () => {
    const text = "\uFEFFroot_id,side\r\n12, left\r\n\r\n# glia\r\n13;right\r\n\"14\"\tboth\n15 16";
    expect(firstColumn(text, "cells.csv")).toEqual({ ids: ["12", "13", "14", "15"], wrong: [] });
    expect(firstColumn(`${LARGEST}\n0`, "ids.txt").ids).toEqual([LARGEST, "0"]);
    expect(firstColumn("", "empty.txt")).toEqual({ ids: [], wrong: [] });
  });

  it("names the lines that hold no id, and keeps the others", () => {
    const found = firstColumn("id\n12\nabc\n-4\n1.5\n18446744073709551616\n13", "cells.csv");
    expect(found.ids).toEqual(["12", "13"]);
    expect(found.wrong).toEqual([
      "cells.csv, line 3: “abc” is no neuron id: ids are whole numbers.",
      "cells.csv, line 4: “-4” is no neuron id: ids are whole numbers.",
      "cells.csv, line 5: “1.5” is no neuron id: ids are whole numbers.",
      "cells.csv, line 6: “18446744073709551616” is larger than ids can be (2^64 − 1).",
    ]);
    const many = firstColumn(`1\n${"x\n".repeat(9)}`, "cells.csv").wrong;
    expect(many).toHaveLength(6);
    expect(many.at(-1)).toBe("And 4 more lines.");
  });

  it("counts what stands in the field, and says what of it is no id", () => {
    expect(toldOf("")).toBe("");
    expect(toldOf("1")).toBe("1 neuron");
    expect(toldOf("1, 2;3\n2")).toBe("3 neurons; 1 given twice");
    expect(toldOf("1 two")).toBe("“two” is no neuron id: ids are whole numbers.");
    expect(idsIn(" 1,2\n\n1 ")).toEqual(["1", "2"]);
    expect(joined("1 2", ["2", "3"])).toBe("1\n2\n3");
  });

  it("tells a table from a list", () => {
    expect(isTable("1,2,3")).toBe(false);
    expect(isTable("1\n2\n3")).toBe(false);
    expect(isTable("1,\n2,\n")).toBe(false);
    expect(isTable("1\tleft\n2\tright\n")).toBe(true);
  });
});

describe("the part of the form", () => {
  afterEach(() => document.body.replaceChildren());

  function part() {
    document.body.innerHTML = `<div data-neurons>
      <textarea data-neuron-ids>1</textarea><p data-neurons-told></p>
      <input type="file" data-neurons-file><div data-neurons-wrong></div></div>`;
    const root = document.body.firstElementChild as HTMLElement;
    readNeurons(root);
    const one = <Kind extends Element>(name: string) => root.querySelector(`[${name}]`) as Kind;
    return {
      field: one<HTMLTextAreaElement>("data-neuron-ids"),
      file: one<HTMLInputElement>("data-neurons-file"),
      told: one<HTMLElement>("data-neurons-told"),
      wrong: one<HTMLElement>("data-neurons-wrong"),
    };
  }

  it("adds the ids of a file to those that are there, and names its bad lines", async () => {
    const { field, file, told, wrong } = part();
    expect(told.textContent).toBe("1 neuron");
    const list = new File(["1,a\n7,b\nseven,c\n"], "cells.csv");
    Object.defineProperty(file, "files", { value: [list], configurable: true });
    file.dispatchEvent(new Event("change"));
    await vi.waitFor(() => expect(field.value).toBe("1\n7"));
    expect(told.textContent).toBe("2 neurons");
    expect(wrong.textContent).toBe("cells.csv, line 3: “seven” is no neuron id: ids are whole numbers.");

    Object.defineProperty(file, "files", { value: [new File([""], "none.csv")], configurable: true });
    file.dispatchEvent(new Event("change"));
    await vi.waitFor(() => expect(wrong.textContent).toBe("none.csv has no ids."));
    expect(field.value).toBe("1\n7");
  });

  it("takes the first column of a pasted table, and leaves other texts to the browser", () => {
    const { field } = part();
    const paste = (text: string) => {
      const event = new Event("paste", { cancelable: true });
      Object.assign(event, { clipboardData: { getData: () => text } });
      field.dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect(paste("8\n9")).toBe(false);
    expect(paste("8\t5\n9\t6\n")).toBe(true);
    expect(field.value).toBe("1\n8\n9");
  });
});
