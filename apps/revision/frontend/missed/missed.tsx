/** Entry of the page "Missed synapses". */

import "../revise.css";

document.getElementById("missed")?.replaceChildren();
