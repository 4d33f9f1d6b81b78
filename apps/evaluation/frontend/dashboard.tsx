/** The entry of the dashboard's page. */

import "uplot/dist/uPlot.min.css";
import "./dashboard.css";

import { render } from "preact";

import { Dashboard } from "./dashboard_view";
import type { PanelName } from "./contract";

function start(root: HTMLElement): void {
  const script = document.getElementById("dashboard-urls");
  const urls = JSON.parse(script?.textContent ?? "{}") as Record<PanelName, string>;
  root.replaceChildren();
  render(<Dashboard urls={urls} campaignUrl={root.dataset["campaignUrl"] ?? null} reload={() => window.location.reload()} />, root);
}

const root = document.getElementById("dashboard");
if (root !== null) {
  start(root);
}
