/** What the server says of neurons and their sections, read strictly. */

import {
  FieldError,
  flag,
  list,
  nullable,
  number,
  object,
  text,
  word,
  type Read,
  type Reader,
} from "../../../core/frontend/readers";
import { LABELS } from "../labels";

/** A place or a size along x, y and z. */
export type Triple = readonly [number, number, number];

const numbers = list(number);

export const triple: Reader<Triple> = (value, name) => {
  const [x, y, z, ...more] = numbers(value, name);
  if (x === undefined || y === undefined || z === undefined || more.length > 0) {
    throw new FieldError(`The field "${name}" should be three numbers.`);
  }
  return [x, y, z];
};

/** free: to be had. mine: this person is at work there. aside: they have put a page of it aside.
    held: held by somebody else. visited: this person has had all of it, others have not. done:
    nothing is left to do there. */
export const SECTION_STATES = ["free", "mine", "aside", "held", "done", "visited"] as const;

export type SectionState = (typeof SECTION_STATES)[number];

const section = object({
  id: number,
  number: number,
  parent: nullable(number),
  path_nm: list(triple),
  length_nm: number,
  items: number,
  judged: number,
  searched: flag,
  state: word(...SECTION_STATES),
});

const synapse = object({
  position_nm: triple,
  section: nullable(number),
  label: nullable(word(...LABELS)),
});

const neuron = object({
  root_id: text,
  length_nm: number,
  soma_nm: nullable(triple),
  sections: list(section),
  synapses: list(synapse),
});

const neurons = object({
  neurons: list(
    object({
      root_id: text,
      sections: number,
      items: number,
      judged: number,
      pages: number,
      pages_done: number,
      failure: text,
    }),
  ),
});

/** A part of a neuron between two branch points. Numbers count from 0 in the order of the walk;
    `parent` is the number of the section that it branches off. */
export type Section = Read<typeof section>;
export type NeuronSynapse = Read<typeof synapse>;
export type Neuron = Read<typeof neuron>;
export type NeuronRow = Read<typeof neurons>["neurons"][number];

export function parseNeuron(answer: unknown): Neuron {
  return neuron(answer, "neuron");
}

export function parseNeurons(answer: unknown): readonly NeuronRow[] {
  return neurons(answer, "answer").neurons;
}

const pageSection = object({
  id: number,
  number: number,
  sections: number,
  neuron: text,
  path_nm: list(triple),
  voxel_nm: triple,
});

/** The section that a page is of. `voxel_nm` is the size of a voxel of the table. */
export type PageSection = Read<typeof pageSection>;

/** Null where a page is of no section. */
export function parsePageSection(value: unknown): PageSection | null {
  return value === null || value === undefined ? null : pageSection(value, "page.section");
}
