/**
 * Why work was given up: whoever asked for it has left.
 *
 * One for all. Each `abort()` without a reason makes an error of its own, whose stack keeps every
 * function that was being run then, with all that they know: a page that is left would keep the
 * next one, that one the next, and a tab would keep the pictures of each page it ever showed.
 */
export const LEFT = new DOMException("It is wanted no longer.", "AbortError");
