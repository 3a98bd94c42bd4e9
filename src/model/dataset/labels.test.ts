import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { csvValues } from "./csv.ts";
import { imageIdOf, UnusableLabels } from "./label-table.ts";
import type { LabelOptions, Labels } from "./label-table.ts";
import { readLabels } from "./labels.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "firstread-labels-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function read(text: string, options: LabelOptions = {}): Promise<Labels> {
  const file = join(dir, "labels.csv");
  writeFileSync(file, text);
  return readLabels(file, options);
}

/** Six rows of an image, in the challenge's order. */
function six(id: string, positive: readonly string[]): string {
  const kinds = ["epidural", "intraparenchymal", "intraventricular", "subarachnoid", "subdural", "any"];
  return kinds.map((kind) => `ID_${id}_${kind},${positive.includes(kind) ? 1 : 0}\n`).join("");
}

describe("the challenge's long table", () => {
  it("gives two classes by any", async () => {
    const labels = await read(`ID,Label\n${six("a", [])}${six("b", ["subdural", "any"])}`);
    expect(labels.classes).toEqual(["normal", "hemorrhage"]);
    expect([...labels.images()]).toEqual(["ID_a", "ID_b"]);
    expect([labels.classOf("ID_a"), labels.classOf("ID_b")]).toEqual([0, 1]);
    expect(labels.findingsOf("ID_b")).toEqual({
      ...{ epidural: 0, intraparenchymal: 0, intraventricular: 0, subarachnoid: 0, subdural: 1 },
      any: 1,
    });
    expect(labels.has("ID_c")).toBe(false);
  });

  it("counts rows that stand twice, and gives no class where they contradict", async () => {
    const rows = six("a", ["any", "epidural"]);
    const labels = await read(`ID,Label\n${rows}${rows}${six("b", [])}ID_b_any,1\n`);
    expect(labels.problems.repeatedRows).toBe(6);
    expect(labels.problems.repeatedImages).toEqual(["ID_a"]);
    expect(labels.classOf("ID_a")).toBe(1);
    expect(labels.problems.conflictingImages).toEqual(["ID_b"]);
    expect(labels.classOf("ID_b")).toBe("conflicting");
  });

  it("gives subtypes, and no class to an image with several", async () => {
    const classes = ["normal", "epidural", "subdural"];
    const text = [
      six("n", []),
      six("e", ["epidural", "any"]),
      six("es", ["epidural", "subdural", "any"]),
      six("i", ["intraparenchymal", "any"]),
    ];
    const labels = await read(`ID,Label\n${text.join("")}`, { classes });
    const found = ["ID_n", "ID_e", "ID_es", "ID_i"].map((id) => labels.classOf(id));
    expect(found).toEqual([0, 1, "several classes", "other class"]);
    await expect(read(`ID,Label\n${six("n", [])}`, { classes: ["normal", "stroke"] })).rejects.toThrow(
      'got "stroke"',
    );
  });

  it("lists rows it cannot read, with their line", async () => {
    const labels = await read(`ID,Label\r\nID_a_any,1\r\nID_a_any,2\r\nnonsense\r\nID_b_epidural,0\r\n`);
    expect(labels.problems.unreadable).toEqual([
      'line 3: expected "ID_xxx_finding,0" or ",1", got "ID_a_any,2"',
      'line 4: expected "ID_xxx_finding,0" or ",1", got "nonsense"',
    ]);
    expect(labels.classOf("ID_b")).toBe("incomplete");
  });
});

describe("a table with named columns", () => {
  it("reads classes by name or as 0 and 1; an empty label is none", async () => {
    const labels = await read('file,patient,label\n"x/a, b.jpg",1,1\nb.png,1,0\nc.png,2,\nb.png,1,0\n');
    expect(labels.classes).toEqual(["normal", "hemorrhage"]);
    expect([labels.classOf("a, b"), labels.classOf("b"), labels.has("c")]).toEqual([1, 0, false]);
    expect(labels.problems.repeatedRows).toBe(1);
  });

  it("takes the columns it is told", async () => {
    const options = { imageColumn: "SOP", labelColumn: "Reading" };
    const labels = await read(
      "\uFEFFSOP,id,Reading\n1.2.3,7,stroke\n1.2.4,8,normal\n1.2.4,8,stroke\n",
      options,
    );
    expect(labels.classes).toEqual(["normal", "stroke"]);
    expect(labels.classOf("1.2.3")).toBe(1);
    expect(labels.classOf("1.2.4")).toBe("conflicting");
    await expect(read("a,b\n1,2\n", options)).rejects.toThrow(
      'expected a column "SOP"; its columns are a, b',
    );
  });

  it("refuses an empty file and a table that is none", async () => {
    await expect(read("")).rejects.toThrow(UnusableLabels);
    await expect(read("hello\nworld\n")).rejects.toThrow("its columns are hello");
  });
});

it("takes an image's name without folder and extension, and leaves UIDs whole", () => {
  expect(["a/ID_1.dcm", "b\\c.JPG", "1.2.840.10008"].map(imageIdOf)).toEqual(["ID_1", "c", "1.2.840.10008"]);
});

it("reads quoted values", () => {
  expect(csvValues('a,"b ""c"", d",e')).toEqual(["a", 'b "c", d', "e"]);
});
