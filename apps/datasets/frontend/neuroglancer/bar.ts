/** The bar above the viewer: back to the beginning, a link to share, and what went wrong. */

export interface BarActions {
  readonly reset: () => void;
  readonly link: () => string;
}

const SHOWN_MS = 4000;

/** Dismisses the errors that Neuroglancer shows over the view; one that comes again is shown again. */
export function dismissErrors(page: Document): void {
  for (const button of page.querySelectorAll<HTMLElement>("#neuroglancer-status-container > li > button")) {
    if (button.textContent === "Dismiss") {
      button.click();
    }
  }
}

export class Bar {
  private readonly troubles: HTMLElement;
  private readonly news: HTMLElement;

  constructor(private readonly page: Document) {
    this.troubles = this.part("viewer-troubles");
    this.news = this.part("viewer-news");
  }

  /** Shows sentences about what is not shown; none hides them. */
  tell(sentences: readonly string[]): void {
    const lines = sentences.map((sentence) => {
      const line = this.page.createElement("p");
      line.textContent = sentence;
      return line;
    });
    this.troubles.replaceChildren(...lines);
    this.troubles.hidden = lines.length === 0;
  }

  offer(actions: BarActions): void {
    this.part("viewer-reset").addEventListener("click", actions.reset);
    this.part("viewer-copy").addEventListener("click", () => void this.copy(actions.link()));
    const own = this.part("viewer-own") as HTMLAnchorElement;
    own.hidden = window.top === window;
    own.addEventListener("click", () => {
      own.href = actions.link();
    });
  }

  /** Without the clipboard (only secure pages have it), the link is shown to be copied by hand. */
  private async copy(link: string): Promise<void> {
    const field = this.part("viewer-link") as HTMLInputElement;
    field.value = link;
    try {
      await navigator.clipboard.writeText(link);
      this.say("The link is copied. Who opens it must take part in a campaign of this dataset.");
    } catch {
      field.hidden = false;
      field.select();
      const copied = this.page.execCommand("copy");
      this.say(copied ? "The link is copied." : "Copy the link from the field.");
      field.hidden = copied;
    }
  }

  private say(sentence: string): void {
    this.news.textContent = sentence;
    setTimeout(() => (this.news.textContent = ""), SHOWN_MS);
  }

  private part(id: string): HTMLElement {
    const found = this.page.getElementById(id);
    if (found === null) {
      throw new Error(`The page lacks #${id}.`);
    }
    return found;
  }
}
