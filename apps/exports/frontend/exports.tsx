/** The entry of the page of exports. */

import "../../campaigns/frontend/manage.css";
import "./exports.css";

import { render } from "preact";

import { readGiven } from "./contract";
import { Exports } from "./exports_view";

const root = document.getElementById("exports");
if (root !== null) {
  const given = readGiven(JSON.parse(document.getElementById("exports-given")?.textContent ?? "null"));
  root.replaceChildren();
  const ask = (question: string) => window.confirm(question);
  const reload = () => window.location.reload();
  render(<Exports given={given} ask={ask} reload={reload} />, root);
}
