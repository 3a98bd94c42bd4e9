import { describe, expect, it } from "vitest";

import { barChart } from "./bar-chart.ts";
import { calibrationChart } from "./calibration-chart.ts";
import { prChart, rocChart } from "./curve-chart.ts";
import { lineChart } from "./line-chart.ts";
import { scatterChart } from "./scatter-chart.ts";

/** The drawing's area: x from 60 to 468, y from 286 (low) to 10 (high). */
const pathsOf = (svg: string) => [...svg.matchAll(/class="curve[^"]*" d="([^"]*)"/g)].map(([, d]) => d);

describe("lineChart", () => {
  it("puts values where they belong: the ends of the axes at the ends of the drawing", () => {
    const svg = lineChart({
      xLabel: "epoch",
      yLabel: "loss",
      series: [
        {
          name: "training",
          points: [
            [0, 1],
            [5, 0.5],
            [10, 0],
          ],
        },
        {
          name: "validation",
          points: [
            [0, 0],
            [10, 1],
          ],
          dashed: true,
        },
      ],
    });
    expect(pathsOf(svg)).toEqual(["M60 10L264 148L468 286", "M60 286L468 10"]);
    expect(svg).toContain("validation");
    expect(svg).toContain('class="curve dashed"');
  });

  it("leaves a gap where there is no number, and takes equal ratios for equal steps", () => {
    const svg = lineChart({
      xLabel: "epoch",
      yLabel: "rate",
      yScale: "log",
      series: [
        {
          name: "rate",
          points: [
            [0, 1],
            [5, 0.1],
            [6, NaN],
            [10, 0.01],
          ],
        },
      ],
    });
    expect(pathsOf(svg)).toEqual(["M60 10L264 148M468 286"]);
    expect(svg).not.toContain("NaN");
  });

  it("draws one point, and none", () => {
    for (const points of [[[1, 0.5]], []] as const) {
      const svg = lineChart({ xLabel: "x", yLabel: "y", series: [{ name: "one", points }] });
      expect(svg).not.toMatch(/NaN|Infinity/);
    }
  });

  it("escapes names", () => {
    const svg = lineChart({ xLabel: "<x>", yLabel: "y", series: [{ name: "a & b", points: [[0, 0]] }] });
    expect(svg).toContain("a &amp; b");
    expect(svg).not.toContain("<x>");
  });
});

describe("rocChart and prChart", () => {
  const points = [
    [0, 0],
    [0, 1],
    [1, 1],
  ] as const;
  const band = [0, 1].map((x) => ({ x, lower: 0, upper: 1 }));

  it("draw the curve, its band and the place of the threshold", () => {
    const mark = { point: [0.25, 0.5] as const, label: "threshold 0.500" };
    const svg = rocChart([{ name: "hemorrhage", points, band, mark, note: "AUC 1" }]);
    expect(pathsOf(svg)).toEqual(["M60 286L60 10L468 10"]);
    expect(svg).toContain('class="band" d="M60 10L468 10L468 286L60 286Z"');
    expect(svg).toContain('cx="162" cy="148"');
    expect(svg).toContain("AUC 1");
  });

  it("say what calling everything would give, where the curves share it", () => {
    expect(prChart([{ name: "a", points }], 0.5)).toContain("share of positives 0.500");
    expect(prChart([{ name: "a", points }], null)).not.toContain("share of positives");
  });

  it("draws at most some hundred points", () => {
    const many = Array.from({ length: 100_001 }, (_, i) => [i / 100_000, i / 100_000] as const);
    const [path = ""] = pathsOf(rocChart([{ name: "many", points: many }]));
    expect(path.match(/[ML]/g)).toHaveLength(400);
    expect(path).toMatch(/^M60 286.*L468 10$/);
  });
});

describe("calibrationChart", () => {
  it("draws a point a bin with its interval, and how many it stands for", () => {
    const observed = { value: 0.5, interval: [0.25, 0.75] } as const;
    const svg = calibrationChart([{ meanProbability: 0.5, observed, count: 8 }]);
    expect(svg).toContain('x1="264" y1="217" x2="264" y2="79"');
    expect(svg).toContain('cx="264" cy="148"');
    expect(svg).toContain("8 cases: given 0.500, observed 0.500");
    expect(calibrationChart([])).not.toContain("NaN");
  });
});

describe("barChart", () => {
  it("draws bars from 0, and says what has no number", () => {
    const svg = barChart(
      [
        { name: "normal", value: 10 },
        { name: "x", value: NaN },
      ],
      "pictures",
    );
    expect(svg).toContain('x="128" y="7" width="288"');
    expect(svg).toContain("none");
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

describe("scatterChart", () => {
  it("places numbers and names, the strong one last", () => {
    const svg = scatterChart({
      xLabel: "optimizer",
      yLabel: "AUC",
      xNames: ["adam", "sgd"],
      dots: [
        { x: "adam", y: 1, label: "trial 1", strong: true },
        { x: "sgd", y: 0, label: "trial 2" },
        { x: "sgd", y: NaN, label: "failed" },
      ],
    });
    const places = [...svg.matchAll(/cx="([^"]*)" cy="([^"]*)"/g)].map(([, x, y]) => [x, y]);
    expect(places).toEqual([
      ["366", "286"],
      ["162", "10"],
    ]);
    expect(svg).toContain("sgd");
  });
});
