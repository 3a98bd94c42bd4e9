/**
 * @file The long table of the RSNA 2019 Intracranial Hemorrhage challenge: `ID_63eb1e259_epidural,0`, six rows an
 * image. Its second stage has 4,516,842 rows of 752,803 images, of which 24 rows (four images) stand there twice.
 *
 * An image is one number: three fields of six bits (said, positive, contradicted).
 */
import type { NumberedLine } from "./csv.ts";
import { ImageBits } from "./image-bits.ts";
import { ProblemList, TableLabels, UnusableLabels } from "./label-table.ts";
import type { LabelOptions, Labels, NoClass } from "./label-table.ts";

/** The kinds of bleed of the challenge, in its own order. */
export const SUBTYPES = [
  "epidural",
  "intraparenchymal",
  "intraventricular",
  "subarachnoid",
  "subdural",
] as const;
const FINDINGS: readonly string[] = [...SUBTYPES, "any"];
const ANY = 5;

const FIELD_BITS = 6;
const FIELD = (1 << FIELD_BITS) - 1;
const NORMAL = "normal";
const DEFAULT_CLASSES = [NORMAL, "hemorrhage"];

export function isLongHeader(header: readonly string[]): boolean {
  return header.length === 2 && /^id$/i.test(header[0] ?? "") && /^label$/i.test(header[1] ?? "");
}

const said = (bits: number): number => bits & FIELD;
const positive = (bits: number): number => (bits >> FIELD_BITS) & FIELD;
const contradicted = (bits: number): number => (bits >> (2 * FIELD_BITS)) & FIELD;

class LongLabels extends TableLabels {
  readonly classes: readonly string[];
  /** Class index by finding's bit; null for the two classes by `any`. */
  readonly #bySubtype: readonly (number | undefined)[] | null;

  constructor(images: ImageBits, problems: ProblemList, classes: readonly string[] | undefined) {
    super(images, problems);
    this.classes = classes ?? DEFAULT_CLASSES;
    this.#bySubtype = classes ? FINDINGS.map((finding) => indexIn(classes, finding)) : null;
  }

  classOf(image: string): number | NoClass {
    const bits = this.bitsOf(image) ?? 0;
    if (contradicted(bits) !== 0) return "conflicting";
    if ((said(bits) & (1 << ANY)) === 0) return "incomplete";
    const any = (positive(bits) & (1 << ANY)) !== 0;
    if (this.#bySubtype === null) return any ? 1 : 0;
    if (!any) return indexIn(this.classes, NORMAL) ?? "other class";
    const found = new Set<number>();
    for (const [bit, classIndex] of this.#bySubtype.entries())
      if (classIndex !== undefined && (positive(bits) & (1 << bit)) !== 0) found.add(classIndex);
    const [only] = found;
    if (found.size > 1) return "several classes";
    return only ?? "other class";
  }

  findingsOf(image: string): Readonly<Record<string, 0 | 1>> {
    const bits = this.bitsOf(image) ?? 0;
    const known = FINDINGS.flatMap((finding, bit): [string, 0 | 1][] =>
      (said(bits) & (1 << bit)) === 0 ? [] : [[finding, (positive(bits) & (1 << bit)) === 0 ? 0 : 1]],
    );
    return Object.fromEntries(known);
  }
}

function indexIn(classes: readonly string[], name: string): number | undefined {
  const index = classes.indexOf(name);
  return index < 0 ? undefined : index;
}

/** Read the rows after the header. */
export async function readLongLabels(
  file: string,
  batches: AsyncIterable<readonly NumberedLine[]>,
  { classes }: LabelOptions,
): Promise<Labels> {
  for (const name of classes ?? [])
    if (name !== NORMAL && !FINDINGS.includes(name))
      throw new UnusableLabels(
        `${file} has the challenge's findings; expected classes of ${[NORMAL, ...FINDINGS].join(", ")}, got "${name}"`,
      );
  const images = new ImageBits();
  const problems = new ProblemList();
  for await (const lines of batches) for (const line of lines) addRow(images, problems, line);
  return new LongLabels(images, problems, classes);
}

function addRow(images: ImageBits, problems: ProblemList, { number, text }: NumberedLine): void {
  const comma = text.lastIndexOf(",");
  const underscore = text.lastIndexOf("_", comma);
  const value = text.slice(comma + 1).trim();
  const bit = FINDINGS.indexOf(text.slice(underscore + 1, comma).trim());
  if (underscore < 1 || bit < 0 || (value !== "0" && value !== "1")) {
    problems.cannotRead(number, `expected "ID_xxx_finding,0" or ",1", got "${text.slice(0, 80)}"`);
    return;
  }
  const image = text.slice(0, underscore);
  const bits = images.get(image) ?? 0;
  const mark = 1 << bit;
  if ((said(bits) & mark) === 0) images.set(image, bits | mark | (value === "1" ? mark << FIELD_BITS : 0));
  else if (((positive(bits) & mark) !== 0) === (value === "1")) problems.repeats(image);
  else {
    problems.conflicts(image);
    images.set(image, bits | (mark << (2 * FIELD_BITS)));
  }
}
