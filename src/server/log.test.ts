import { expect, it } from "vitest";

import { errorText, studyTag } from "./log.ts";

it("names a study by a short hash that is always the same", () => {
  // printf 1.2.3 | sha256sum
  expect(studyTag("1.2.3")).toBe("c47f5b18b8");
});

it("says an error with its causes, on one line", () => {
  const error = new Error("not\nstored", { cause: new Error("disk full") });
  expect(errorText(error)).toBe("not stored (disk full)");
  expect(errorText("plain")).toBe("plain");
});
