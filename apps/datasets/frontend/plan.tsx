/** The entry of the wizard that makes datasets. */

import "./datasets.css";
