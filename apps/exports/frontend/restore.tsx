/** The entry of the page on which campaigns are restored from files. */

import "../../campaigns/frontend/manage.css";
import "./restore.css";

import { render } from "preact";

import { readGiven } from "./restore_contract";
import { RestorePage } from "./restore_view";

const root = document.getElementById("restore");
if (root !== null) {
  const given = readGiven(JSON.parse(document.getElementById("restore-given")?.textContent ?? "null"));
  root.replaceChildren();
  render(<RestorePage given={given} reload={() => window.location.reload()} />, root);
}
