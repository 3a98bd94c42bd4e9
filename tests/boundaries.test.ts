/**
 * @file The architecture as a test: which folder may import which. `docs/architecture.md` draws it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";

const src = join(import.meta.dirname, "..", "src");

/** Folder → the folders it may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  imaging: ["domain"],
  dicom: ["domain", "imaging"],
  nn: [],
  model: ["domain", "imaging", "dicom", "nn"],
  explain: ["domain", "imaging", "nn", "model"],
  triage: ["domain"],
  store: ["domain"],
  notify: ["domain", "dicom"],
  phantom: ["domain", "imaging", "dicom"],
  server: ["domain", "imaging", "dicom", "nn", "model", "explain", "triage", "store", "notify", "phantom"],
  cli: [
    ...["domain", "imaging", "dicom", "nn", "model", "explain", "triage", "store", "notify", "phantom"],
    "server",
  ],
  web: ["domain", "imaging", "triage"],
};

const folderOf = (file: string): string => relative(src, file).split(sep)[0] ?? "";

const sources = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".test.ts"))
  .map((file) => join(src, file));

describe("the house", () => {
  it("has a rule for every folder", () => {
    expect(Object.keys(MAY_IMPORT)).toEqual(expect.arrayContaining([...new Set(sources.map(folderOf))]));
  });

  it.each(sources.map((file) => [relative(src, file), file]))("%s keeps to its imports", (_name, file) => {
    const text = readFileSync(file, "utf8");
    const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g)].map(
      (m) => m[1] ?? "",
    );
    const folder = folderOf(file);
    const foreign = specifiers
      .map((specifier) => folderOf(join(dirname(file), specifier)))
      .filter((target) => target !== folder && !(MAY_IMPORT[folder] ?? []).includes(target));
    expect(foreign).toEqual([]);
  });
});
