import { describe, expect, it } from "vitest";

import type { Neuron, Triple } from "./contract";
import { axesOf, boundsOf, fit, lengthInWords, onPlane, PLANES, rulerNm } from "./geometry";
import { Nearest } from "./nearest";
import { Path } from "./path";
import { Projection, WHOLE, zoomed } from "./scene";
import { dot } from "./vectors";

function spread(count: number, length: Triple): readonly Triple[] {
  // Points of a thin box that lies askew, none of them by chance.
  return Array.from({ length: count }, (_, at) => {
    const [along, across, up] = [at / count, (at % 17) / 17, (at % 5) / 5];
    const [x, y, z] = [along * length[0], across * length[1], up * length[2]];
    return [x + 0.5 * y, y - 0.5 * x, z] as const;
  });
}

describe("the plane of a neuron", () => {
  it("shows it as wide as it is, with axes at right angles", () => {
    const points = spread(900, [10_000, 2_000, 10]);
    const { right, down } = axesOf("flat", points);
    expect(dot(right, down)).toBeCloseTo(0, 6);
    expect(Math.hypot(...right)).toBeCloseTo(1, 6);
    expect(Math.hypot(...down)).toBeCloseTo(1, 6);
    expect(Math.abs(right[2]) + Math.abs(down[2])).toBeLessThan(0.01); // it is thin along z
    const spots = points.map((point) => onPlane({ right, down }, point));
    const size = (axis: "x" | "y") =>
      Math.max(...spots.map((spot) => spot[axis])) - Math.min(...spots.map((spot) => spot[axis]));
    expect(size("y")).toBeGreaterThan(2.5 * size("x")); // the longest axis goes down
  });

  it("is the same for the same neuron, and there also for one without extent", () => {
    for (const plane of PLANES) {
      for (const points of [[], [[5, 5, 5]], [[0, 0, 0], [0, 0, 900]]] as (readonly Triple[])[]) {
        const { right, down } = axesOf(plane, points);
        expect(dot(right, down)).toBeCloseTo(0, 6);
        expect(Math.hypot(...right)).toBeCloseTo(1, 6);
      }
    }
    const line: readonly Triple[] = [[0, 0, 0], [0, 900, 0]];
    const turned = line.map(([x, y, z]) => [x, -y, z] as const);
    expect(axesOf("flat", turned).down[1]).toBeCloseTo(axesOf("flat", line).down[1], 6);
  });

  it("lies within the drawing, in its middle", () => {
    const spots = [{ x: 100, y: 50 }, { x: 500, y: 150 }];
    const { scale, left, top } = fit(boundsOf(spots), 300, 200, 10);
    expect(scale).toBeCloseTo(280 / 400);
    expect(left + scale * 100).toBeCloseTo(10);
    expect(left + scale * 500).toBeCloseTo(290);
    expect(top + scale * 100).toBeCloseTo(100);
  });

  it("has a ruler of a round length", () => {
    expect(rulerNm(0.01, 90)).toBe(5000);
    expect(rulerNm(1, 90)).toBe(50);
    expect([850, 1000, 12_500, 1_250, 3e6].map(lengthInWords)).toEqual(
      ["850 nm", "1 µm", "13 µm", "1.3 µm", "3 mm"],
    );
  });
});

describe("pointing at a section", () => {
  const lines = [
    [{ x: 0, y: 0 }, { x: 200, y: 0 }],
    [{ x: 0, y: 10 }, { x: 200, y: 10 }],
    [{ x: 90, y: 300 }],
  ];

  it("finds the nearest line within reach, also of a single point", () => {
    const nearest = new Nearest(lines);
    expect(nearest.find({ x: 100, y: 3 }, 12)).toBe(0);
    expect(nearest.find({ x: 100, y: 8 }, 12)).toBe(1);
    expect(nearest.find({ x: 100, y: 40 }, 12)).toBeNull();
    expect(nearest.find({ x: 95, y: 305 }, 12)).toBe(2);
    expect(nearest.find({ x: -9, y: -5 }, 12)).toBe(0);
  });

  it("finds what looking at every line finds", () => {
    const many = Array.from({ length: 400 }, (_, at) => {
      const [x, y] = [(at * 37) % 300, (at * 91) % 300];
      return [{ x, y }, { x: x + (at % 40), y: y + (at % 13) }];
    });
    const nearest = new Nearest(many);
    const away = (spot: { x: number; y: number }, at: number) => {
      const [from, to] = many[at] as [typeof spot, typeof spot];
      const long = (to.x - from.x) ** 2 + (to.y - from.y) ** 2;
      const along = ((spot.x - from.x) * (to.x - from.x) + (spot.y - from.y) * (to.y - from.y)) / (long || 1);
      const part = Math.min(1, Math.max(0, along));
      return Math.hypot(spot.x - from.x - part * (to.x - from.x), spot.y - from.y - part * (to.y - from.y));
    };
    for (let x = 5; x < 300; x += 41) {
      for (let y = 3; y < 300; y += 37) {
        const best = Math.min(...many.map((_, at) => away({ x, y }, at)));
        const found = nearest.find({ x, y }, 12);
        expect(found === null ? best > 12 : away({ x, y }, found) <= best + 1e-9).toBe(true);
      }
    }
  });
});

function neuronOf(paths: readonly (readonly Triple[])[]): Neuron {
  return {
    root_id: "7",
    length_nm: 1,
    soma_nm: [0, 0, 0],
    sections: paths.map((path_nm, number) => ({
      ...{ id: 10 + number, number, parent: number === 0 ? null : 0, path_nm, length_nm: 1 },
      ...{ items: 1, judged: 0, searched: false, state: "free" as const },
    })),
    synapses: [{ position_nm: [0, 500, 0], section: 10, label: "correct" }],
  };
}

describe("the drawing", () => {
  const neuron = neuronOf([
    Array.from({ length: 5000 }, (_, at) => [0, at, 0] as const),
    [[0, 4999, 0], [900, 4999, 0]],
  ]);

  it("leaves out what cannot be told apart, never the ends", () => {
    const scene = new Projection(neuron, "xy").layOut(300, 300, WHOLE);
    const spots = scene.lines[0]?.spots ?? [];
    expect(spots.length).toBeLessThan(420);
    expect(spots.at(-1)).toEqual(scene.lines[1]?.spots[0]);
    expect(scene.dots[0]?.x).toBeCloseTo(spots[0]?.x ?? 0);
    expect(scene.soma?.y).toBeCloseTo(spots[0]?.y ?? 0);
  });

  it("finds the section under the pointer, also when it is zoomed", () => {
    const projection = new Projection(neuron, "xy");
    const middle = { x: 150, y: 150 };
    const view = zoomed(WHOLE, 4, middle);
    for (const [scene, shown] of [[projection.layOut(300, 300, WHOLE), WHOLE], [projection.layOut(300, 300, view), view]] as const) {
      const [a, b] = scene.lines[1]?.spots ?? [];
      const between = { x: ((a?.x ?? 0) + (b?.x ?? 0)) / 2, y: a?.y ?? 0 };
      expect(scene.sectionAt(between)).toBe(1);
      expect(shown.zoom).toBeGreaterThanOrEqual(1);
    }
    expect(zoomed(view, 1 / 16, middle)).toBe(WHOLE);
    const kept = { x: (150 - view.x) / view.zoom, y: (150 - view.y) / view.zoom };
    expect(kept).toEqual(middle); // what was under the pointer stays there
  });

  it("lays out thousands of sections and synapses, each once", () => {
    const paths = Array.from({ length: 3000 }, (_, at) =>
      Array.from({ length: 60 }, (_, step) => [at * 40, step * 100, (at * step) % 999] as const),
    );
    const scene = new Projection(neuronOf(paths), "flat").layOut(300, 500, WHOLE);
    expect(scene.lines).toHaveLength(3000);
    expect(scene.lines.every(({ spots }) => spots.length >= 2 && spots.length <= 60)).toBe(true);
  });
});

describe("the way along a section", () => {
  const path = new Path([[0, 0, 0], [300, 0, 0], [300, 400, 0]]);

  it("is walked by distance", () => {
    expect(path.lengthNm).toBe(700);
    expect(path.at(-5)).toEqual([0, 0, 0]);
    expect(path.at(150)).toEqual([150, 0, 0]);
    expect(path.at(500)).toEqual([300, 200, 0]);
    expect(path.at(9999)).toEqual([300, 400, 0]);
  });

  it("finds how far along one is, from beside it", () => {
    expect(path.nearest([100, -50, 20])).toBeCloseTo(100);
    expect(path.nearest([350, 100, 0])).toBeCloseTo(400);
    expect(path.nearest([300, 900, 0])).toBeCloseTo(700);
  });

  it("is there also where it has no length", () => {
    const point = new Path([[5, 6, 7]]);
    expect([point.lengthNm, point.at(3), point.nearest([0, 0, 0])]).toEqual([0, [5, 6, 7], 0]);
    expect(new Path([]).lengthNm).toBe(0);
  });
});
