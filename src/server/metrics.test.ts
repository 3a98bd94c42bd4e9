import { expect, it } from "vitest";

import { Metrics } from "./metrics.ts";

it("writes counters and gauges as Prometheus reads them", () => {
  const metrics = new Metrics();
  metrics.add("firstread_instances_stored_total", 3);
  metrics.add("firstread_instances_stored_total");
  const gauge = { name: "rooms", help: "Rooms.", values: [{ labels: { name: 'a"b\\c\n' }, value: 2 }] };
  const text = metrics.render([gauge, { name: "pages", help: "Pages.", values: [{ labels: {}, value: 0 }] }]);
  expect(text).toContain(
    "# HELP firstread_instances_stored_total Instances stored.\n" +
      "# TYPE firstread_instances_stored_total counter\nfirstread_instances_stored_total 4\n",
  );
  expect(text).toContain("firstread_studies_failed_total 0\n");
  expect(
    text.endsWith(
      '# TYPE rooms gauge\nrooms{name="a\\"b\\\\c\\n"} 2\n# HELP pages Pages.\n# TYPE pages gauge\npages 0\n',
    ),
  ).toBe(true);
});

it("writes a histogram whose buckets count everything up to their bound", () => {
  const metrics = new Metrics();
  for (const seconds of [0.004, 0.005, 0.3, 2000]) metrics.observe("firstread_scoring_seconds", seconds);
  const lines = metrics.render([]).split("\n");
  const of = (start: string) =>
    lines
      .find((line) => line.startsWith(start))
      ?.split(" ")
      .at(-1);
  expect(lines).toContain("# TYPE firstread_scoring_seconds histogram");
  expect(of('firstread_scoring_seconds_bucket{le="0.005"}')).toBe("2");
  expect(of('firstread_scoring_seconds_bucket{le="0.25"}')).toBe("2");
  expect(of('firstread_scoring_seconds_bucket{le="0.5"}')).toBe("3");
  expect(of('firstread_scoring_seconds_bucket{le="900"}')).toBe("3");
  expect(of('firstread_scoring_seconds_bucket{le="+Inf"}')).toBe("4");
  expect(of("firstread_scoring_seconds_sum")).toBe("2000.309");
  expect(of("firstread_receive_seconds_count")).toBe("0");
});
