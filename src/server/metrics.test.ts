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
