/** Lets forms be used that are `inert` until their script is there: the browser by itself would send
    them to the address of the page. `which` are those that the script sends. */
export function wakeForms(which: string, root: ParentNode = document): void {
  for (const form of root.querySelectorAll(which)) {
    form.removeAttribute("inert");
  }
}
