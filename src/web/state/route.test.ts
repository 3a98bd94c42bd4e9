import { describe, expect, it } from "vitest";

import { PAGES, parseRoute, studyHref } from "./route.ts";

describe("parseRoute", () => {
  it.each(["1.2.840.1", "ID_abc"])("reads what studyHref writes: %s", (studyInstanceUid) => {
    expect(parseRoute(studyHref(studyInstanceUid))).toEqual({ page: "study", studyInstanceUid });
  });

  it("knows every page by its fragment", () => {
    for (const { name, href } of PAGES) expect(parseRoute(href)).toEqual({ page: name });
  });

  it.each(["", "#/", "#/study/../x", "#/study/", "#/worklist/7", "#/nowhere"])(
    "leads to the worklist from %j",
    (hash) => {
      expect(parseRoute(hash)).toEqual({ page: "worklist" });
    },
  );

  it("gives every page a key of its own", () => {
    expect(new Set(PAGES.map(({ key }) => key)).size).toBe(PAGES.length);
  });
});
