/**
 * @file Labels of a table with named columns: one for the image (a file's name, or a UID), one for its class. `0` and
 * `1` are read as `normal` and `hemorrhage`.
 */
import { csvValues } from "./csv.ts";
import type { NumberedLine } from "./csv.ts";
import { ImageBits } from "./image-bits.ts";
import { imageIdOf, ProblemList, TableLabels, UnusableLabels } from "./label-table.ts";
import type { LabelOptions, Labels, NoClass } from "./label-table.ts";

const IMAGE_COLUMNS = ["file", "filename", "image", "image_id", "imageid", "id", "sopinstanceuid", "path"];
const LABEL_COLUMNS = ["label", "class", "target", "diagnosis"];
const NUMBERS: Readonly<Record<string, string>> = { "0": "normal", "1": "hemorrhage" };
/** No class has this number. */
const CONFLICTING = 0xffffffff;

class ColumnLabels extends TableLabels {
  readonly classes: readonly string[];
  readonly #names: readonly string[];

  /** @param names classes in the order they were met, which is what `images` counts by */
  constructor(
    images: ImageBits,
    names: readonly string[],
    problems: ProblemList,
    wanted: readonly string[] | undefined,
  ) {
    super(images, problems);
    this.#names = names;
    this.classes = wanted ?? [...names].sort(byName);
  }

  classOf(image: string): number | NoClass {
    const met = this.bitsOf(image);
    if (met === undefined) return "incomplete";
    if (met === CONFLICTING) return "conflicting";
    const index = this.classes.indexOf(this.#names[met] ?? "");
    return index < 0 ? "other class" : index;
  }

  findingsOf(image: string): Readonly<Record<string, 0 | 1>> {
    const name = this.#names[this.bitsOf(image) ?? CONFLICTING];
    return name === undefined ? {} : { [name]: 1 };
  }
}

/** By name, "normal" first. */
function byName(a: string, b: string): number {
  const rank = (name: string): number => (/^(normal|negative|none)$/i.test(name) ? 0 : 1);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

function columnIndex(
  file: string,
  header: readonly string[],
  wanted: string | undefined,
  usual: readonly string[],
): number {
  const names = header.map((name) => name.toLowerCase());
  const index =
    wanted === undefined ? names.findIndex((name) => usual.includes(name)) : header.indexOf(wanted);
  if (index >= 0) return index;
  const expected = wanted === undefined ? `a column named ${usual.join(", ")}` : `a column "${wanted}"`;
  throw new UnusableLabels(`${file}: expected ${expected}; its columns are ${header.join(", ")}`);
}

/** Read the rows after the header. */
export async function readColumnLabels(
  file: string,
  header: readonly string[],
  batches: AsyncIterable<readonly NumberedLine[]>,
  options: LabelOptions,
): Promise<Labels> {
  const imageAt = columnIndex(file, header, options.imageColumn, IMAGE_COLUMNS);
  const labelAt = columnIndex(file, header, options.labelColumn, LABEL_COLUMNS);
  const images = new ImageBits();
  const names: string[] = [];
  const problems = new ProblemList();
  for await (const lines of batches)
    for (const { number, text } of lines) {
      const values = csvValues(text);
      const image = imageIdOf(values[imageAt] ?? "");
      const label = values[labelAt] ?? "";
      // An empty label says that nobody labelled the image: it is counted as an image without a label.
      if (image !== "" && label === "" && values.length > labelAt) continue;
      if (image === "" || label === "") {
        problems.cannotRead(number, `expected an image and a class, got "${text.slice(0, 80)}"`);
        continue;
      }
      const name = NUMBERS[label] ?? label;
      if (!names.includes(name)) names.push(name);
      const met = images.get(image);
      if (met === undefined) images.set(image, names.indexOf(name));
      else if (met === names.indexOf(name)) problems.repeats(image);
      else {
        problems.conflicts(image);
        images.set(image, CONFLICTING);
      }
    }
  for (const name of options.classes ?? [])
    if (!names.includes(name))
      throw new UnusableLabels(`${file}: expected classes of ${names.join(", ")}, got "${name}"`);
  return new ColumnLabels(images, names, problems, options.classes);
}
