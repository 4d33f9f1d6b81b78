/** Entry of the page that shows what was drawn on an instance. */

import "./look.css";

import { render } from "preact";

import { requiredOf } from "../../../core/frontend/required";
import { HTTP } from "../../../proofreading/frontend/transport";
import { LookModel } from "./look_model";
import { LookView } from "./look_view";

const root = document.getElementById("look");
if (root !== null) {
  const required = requiredOf(root);
  const look = new LookModel(
    {
      easel: required("easelUrl"),
      picture: required("pictureUrl"),
      versions: required("versionsUrl"),
    },
    HTTP,
  );
  root.replaceChildren();
  render(<LookView look={look} />, root);
  void look.open();
}
