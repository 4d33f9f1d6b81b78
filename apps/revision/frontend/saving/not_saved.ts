/** Something needs all that is drawn to be saved first, and it is not; the message says why. */
export class NotSavedError extends Error {}
