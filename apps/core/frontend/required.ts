/** What a page has to say to its script, on the element that it draws in. Throws where it does not. */
export function requiredOf(root: HTMLElement): (name: string) => string {
  return (name) => {
    const value = root.dataset[name];
    if (value === undefined) {
      throw new Error(`The page lacks the attribute ${name} of #${root.id}.`);
    }
    return value;
  };
}
