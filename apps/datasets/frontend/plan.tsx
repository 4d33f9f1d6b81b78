/** The entry of the wizard that makes datasets. */

import "../../campaigns/frontend/manage.css";
import "./datasets.css";
import "./wizard.css";

import { render } from "preact";

import { parseSetting } from "./plan_contract";
import { PlanModel } from "./plan_model";
import { Wizard } from "./wizard";

const root = document.getElementById("plan");
const script = document.getElementById("plan-setting");
if (root !== null && script !== null) {
  const model = new PlanModel(parseSetting(script.textContent ?? ""), () => window.location.reload());
  root.replaceChildren();
  render(<Wizard model={model} />, root);
  const leaving = new AbortController();
  window.addEventListener("pagehide", () => leaving.abort());
  model.follow(leaving.signal).catch((error: unknown) => {
    if (!leaving.signal.aborted) {
      throw error;
    }
  });
}
