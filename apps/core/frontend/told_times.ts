/** On every page: times in the reader's own zone. */

import { tellTimes } from "./times";

tellTimes(document);
