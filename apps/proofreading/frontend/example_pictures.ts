/** The pictures that a manager put beside the instructions, as the page brought them. */

import { fieldsOf, textField } from "../../core/frontend/fields";

export interface ExamplePicture {
  readonly url: string;
  readonly caption: string;
}

export function examplePictures(): readonly ExamplePicture[] {
  const brought: unknown = JSON.parse(
    document.getElementById("example-pictures")?.textContent ?? "[]",
  );
  return (brought as unknown[]).map((each) => {
    const source = fieldsOf(each, "picture");
    return { url: textField(source, "url"), caption: textField(source, "caption") };
  });
}
