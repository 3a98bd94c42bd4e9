/**
 * @file Where the pictures of a prepared set stand: `split/class/…`, `class/…`, as folders say it. Pure.
 */
import { imageIdOf } from "./label-table.ts";

/** Names that folders of splits have. */
const SPLIT = /^(train(ing)?|val(id(ation)?)?|dev|test(ing)?|holdout)$/i;
const PICTURE = /\.(jpe?g|png)$/i;

/** Where folders say nothing. */
export const NO_SPLIT = "";
export const NO_CLASS = "no class";

export interface PicturePlace {
  readonly split: string;
  readonly label: string;
}

/** Whether a file may be a picture of a set: not hidden, and named like one. */
export function mayBePicture(name: string): boolean {
  const isHidden = name.split("/").some((part) => part.startsWith(".") || part === "__MACOSX");
  return !isHidden && PICTURE.test(name);
}

/** What a picture's path below the set's root says of it. */
export function placeOf(name: string): PicturePlace {
  const folders = name.split("/").slice(0, -1);
  const [first, second] = folders;
  if (first === undefined) return { split: NO_SPLIT, label: NO_CLASS };
  return SPLIT.test(first) ? { split: first, label: second ?? NO_CLASS } : { split: NO_SPLIT, label: first };
}

/** The patient that a file's name gives: a pattern's first capture, or its whole match; null where nothing matches. */
export function patientOf(name: string, pattern: RegExp): string | null {
  const match = pattern.exec(imageIdOf(name));
  return match?.[1] ?? match?.[0] ?? null;
}
