import { describe, expect, it } from "vitest";

import { examplePictures } from "./example_pictures";
import { FieldError } from "../../core/frontend/readers";

function bring(pictures: unknown): void {
  document.body.innerHTML = "";
  const script = document.createElement("script");
  script.id = "example-pictures";
  script.type = "application/json";
  script.textContent = JSON.stringify(pictures);
  document.body.append(script);
}

describe("examplePictures", () => {
  it("are those that the page brought", () => {
    bring([{ id: 3, url: "/api/campaigns/1/pictures/3/file", caption: "A cleft" }]);
    expect(examplePictures()).toEqual([
      { url: "/api/campaigns/1/pictures/3/file", caption: "A cleft" },
    ]);
  });

  it("are none where it brought none", () => {
    document.body.innerHTML = "";
    expect(examplePictures()).toEqual([]);
  });

  it("are refused where one is no picture", () => {
    bring([{ url: 3 }]);
    expect(() => examplePictures()).toThrow(FieldError);
  });
});
