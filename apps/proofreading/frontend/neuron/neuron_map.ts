/** The neuron beside the grid: what is known of it, which section is looked at, and the way there. */

import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";

import { getNews, type News } from "../../../core/frontend/http";
import type { KeptValues } from "../storage";
import {
  parseNeuron,
  parseNeurons,
  type Neuron,
  type NeuronRow,
  type PageSection,
  type Section,
  type SectionState,
} from "./contract";
import { PLANES, type Plane } from "./geometry";
import { MeshPlace } from "./mesh_place";

export type Ask = (url: string, etag: string | null) => Promise<News | null>;

/** What of the grid it needs. */
export interface Work {
  readonly session: ReadonlySignal<{ readonly page: PlacedPage } | null>;
  /** Opens a page of a section, or says in a notice why there is none. */
  readonly openSection: (section: number) => Promise<void>;
}

export interface PlacedPage {
  readonly pageId: number;
  readonly section: PageSection | null;
}

export const STATE_WORDS: Readonly<Record<SectionState, string>> = {
  free: "free",
  mine: "yours now",
  aside: "put aside by you",
  held: "somebody else is on it",
  visited: "you have seen all of it",
  done: "done",
};

/** Pages on which missed synapses are looked for. */
export const SEARCH = "search";

const RENEW_MS = 20_000;
const OPEN_KEY = "synanno.minimap";
const PLANE_KEY = "synanno.minimap-plane";

export class NeuronMap {
  /** Whether the map is to be seen; kept from day to day. */
  readonly isOpen;
  readonly plane;
  readonly neurons = signal<readonly NeuronRow[]>([]);
  /** Whether the campaign goes along no neurons, as far as is known. */
  readonly isEmpty = signal(false);
  readonly neuron = signal<Neuron | null>(null);
  /** Why there is no map, as a sentence; "" where there is one. */
  readonly failure = signal("");
  /** The section that the keys, or else the pointer, are at: its place in the neuron's list. */
  readonly focused = signal<number | null>(null);
  readonly hovered = signal<number | null>(null);
  /** The section of the page, by its place in the list. */
  readonly present = computed(() => {
    const id = this.work.session.value?.page.section?.id;
    const at = this.neuron.value?.sections.findIndex((section) => section.id === id) ?? -1;
    return at < 0 ? null : at;
  });
  private rootId: string | null = null;
  private list: { readonly etag: string | null; readonly rows: readonly NeuronRow[] } | null = null;
  private readonly known = new Map<string, { readonly etag: string | null; readonly neuron: Neuron }>();
  private listedAtMs = 0;
  private turn = 0;
  private listing: Promise<void> | null = null;

  constructor(
    private readonly url: string,
    private readonly work: Work,
    private readonly storage: KeptValues,
    private readonly ask: Ask = getNews,
    /** Where there is little room, the map comes when it is asked for. */
    isNarrow = false,
    readonly mesh: MeshPlace = new MeshPlace(storage, false),
  ) {
    this.isOpen = signal((storage.getItem(OPEN_KEY) ?? (isNarrow ? "closed" : "open")) === "open");
    this.plane = signal<Plane>(PLANES.find((one) => one === storage.getItem(PLANE_KEY)) ?? "flat");
  }

  /** Looks after the page that is worked on; gives what ends that. */
  follow(): () => void {
    let last: number | null = null;
    return effect(() => {
      const page = this.work.session.value?.page;
      if (page !== undefined && this.isOpen.value && page.pageId !== last) {
        last = page.pageId;
        void this.show(page.section?.neuron ?? this.rootId).then(() => this.renewList());
      }
    });
  }

  toggle(): void {
    this.isOpen.value = !this.isOpen.value;
    this.storage.setItem(OPEN_KEY, this.isOpen.value ? "open" : "closed");
  }

  /** Shows the neuron in 3-D where the person has it, or hides it there. */
  turnMesh(openWindow: () => void): void {
    if (!this.mesh.isBeside.value) {
      openWindow();
    } else if (this.isOpen.value) {
      this.mesh.open(!this.mesh.isOpen.value);
    } else {
      this.toggle();
      this.mesh.open(true);
    }
  }

  turnTo(plane: Plane): void {
    this.plane.value = plane;
    this.storage.setItem(PLANE_KEY, plane);
  }

  /** The list stands beside the map of several neurons, and is of a moment ago: to count all of
      them at each page would cost the server more than it is worth. */
  private async renewList(): Promise<void> {
    if (this.neurons.value.length > 1 && Date.now() - this.listedAtMs >= RENEW_MS) {
      await this.refreshList();
    }
  }

  /** Asks again how far each neuron is: one is about to be chosen. */
  refreshList(): Promise<void> {
    const ask = async () => {
      try {
        this.neurons.value = await this.readList();
      } catch (error) {
        this.failure.value = inWords(error);
      }
    };
    this.listing ??= ask().finally(() => (this.listing = null));
    return this.listing;
  }

  /** Asks again how far the neuron that is shown is. */
  async refresh(): Promise<void> {
    await this.show(this.rootId);
  }

  /** Shows a neuron, the first one where none is named, as it is now. */
  async show(rootId: string | null): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    try {
      const rows = this.list?.rows ?? (await this.readList()); // which neurons stays as it is
      const wanted = rootId ?? rows[0]?.root_id ?? null;
      const neuron = wanted === null ? null : await this.read(wanted);
      if (turn === this.turn) {
        this.put(rows, neuron, wanted);
      }
    } catch (error) {
      if (turn === this.turn) {
        this.failure.value = inWords(error);
      }
    }
  }

  private put(rows: readonly NeuronRow[], neuron: Neuron | null, rootId: string | null): void {
    this.rootId = rootId;
    this.neurons.value = rows;
    this.isEmpty.value = rows.length === 0;
    this.neuron.value = neuron;
    this.failure.value = rows.find((row) => row.root_id === rootId)?.failure ?? "";
    this.hovered.value = null;
    this.focused.value = this.present.value ?? 0;
  }

  private async readList(): Promise<readonly NeuronRow[]> {
    this.listedAtMs = Date.now();
    const news = await this.ask(this.url, this.list?.etag ?? null);
    if (news !== null || this.list === null) {
      this.list = { etag: news?.etag ?? null, rows: parseNeurons(news?.body) };
    }
    return this.list.rows;
  }

  private async read(rootId: string): Promise<Neuron> {
    const known = this.known.get(rootId);
    const url = `${this.url}/${encodeURIComponent(rootId)}`;
    const news = await this.ask(url, known?.etag ?? null);
    if (news === null && known !== undefined) {
      return known.neuron;
    }
    const neuron = parseNeuron(news?.body);
    this.known.clear(); // one is shown; its lines may take some MB
    this.known.set(rootId, { etag: news?.etag ?? null, neuron });
    return neuron;
  }

  /** The section that is named to the person: under the pointer, else that of the keys. */
  get named(): Section | null {
    return this.sectionAt(this.hovered.value ?? this.focused.value);
  }

  /** The id of the section that is named, where a page of it could be asked for. */
  get possible(): number | null {
    const { named } = this;
    const isHere = named !== null && named === this.sectionAt(this.present.value);
    return named?.state === "free" && !isHere ? named.id : null;
  }

  private sectionAt(at: number | null): Section | null {
    return at === null ? null : (this.neuron.value?.sections[at] ?? null);
  }

  /** Puts the keys at another section. */
  move(where: "before" | "after" | "parent" | "child" | "first" | "last"): void {
    const sections = this.neuron.value?.sections ?? [];
    const at = this.focused.value ?? 0;
    const here = sections[at];
    if (here === undefined) {
      return;
    }
    const placeOf = (wanted: (section: Section) => boolean) => {
      const found = sections.findIndex(wanted);
      return found < 0 ? at : found;
    };
    const places = {
      before: () => Math.max(0, at - 1),
      after: () => Math.min(sections.length - 1, at + 1),
      parent: () => placeOf(({ number }) => number === here.parent),
      child: () => placeOf(({ parent }) => parent === here.number),
      first: () => 0,
      last: () => sections.length - 1,
    };
    this.hovered.value = null;
    this.focused.value = places[where]();
  }

  /** Goes to a section, by its place in the list. */
  async go(at: number | null): Promise<void> {
    const section = at === null ? undefined : this.neuron.value?.sections[at];
    if (section !== undefined && at !== this.present.value) {
      this.focused.value = at;
      await this.work.openSection(section.id);
    }
  }
}

function inWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** "Section 3 of 60: free, 12 synapses, 5 judged by you" */
export function sectionInWords(section: Section, count: number): string {
  const synapses = section.items === 1 ? "1 synapse" : `${section.items} synapses`;
  const judged = section.items === 0 ? "" : `, ${section.judged} judged by you`;
  const state = STATE_WORDS[section.state];
  return `Section ${section.number + 1} of ${count}: ${state}, ${synapses}${judged}`;
}

/** How far this person is: "14 of 60 sections, 212 of 900 synapses". */
export function progressInWords({ sections, synapses }: Neuron): string {
  const done = sections.filter(isDone).length;
  const judged = synapses.filter(({ label }) => label !== null).length;
  return (
    `${done.toLocaleString("en")} of ${sections.length.toLocaleString("en")} sections, ` +
    `${judged.toLocaleString("en")} of ${synapses.length.toLocaleString("en")} synapses`
  );
}

/** Whether nothing is left for this person to do there. */
export function isDone({ state }: Section): boolean {
  return state === "done" || state === "visited";
}
