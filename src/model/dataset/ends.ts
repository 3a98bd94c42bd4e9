/**
 * @file The two ends of a dataset: where files are read, and where pictures and lists are written. A folder, a zip
 * file and a bucket are each one implementation; what lies between knows none of them.
 */

export interface SourceFile {
  /** Path below the source's root, with "/". */
  readonly name: string;
  readonly bytes: number;
}

export interface DatasetSource {
  /** As the user gave it. */
  readonly uri: string;
  /** All files, in order of their names. */
  list(): Promise<readonly SourceFile[]>;
  /** A whole file, or its first `most` bytes. */
  read(file: SourceFile, most?: number): Promise<Uint8Array>;
  /** Where a file lies on this machine, where every file does: threads read it themselves. */
  pathOf?(file: SourceFile): string;
  close(): Promise<void>;
}

/** Where a thread writes a file that is to appear whole or not at all: under another name first. */
export interface Place {
  readonly unfinished: string;
  readonly path: string;
}

export interface DatasetSink {
  readonly uri: string;
  /** A file appears whole or not at all. */
  write(name: string, content: Uint8Array | string): Promise<void>;
  /** Where a file is to lie on this machine, in a folder that is there, where every file does. */
  placeOf?(name: string): Promise<Place>;
  /** Add lines to a journal; a destination that cannot add keeps them until there are many. */
  append(name: string, lines: readonly string[]): Promise<void>;
  /** Write what `append` keeps. */
  flush(): Promise<void>;
  /** Whether a journal is many pieces until it is replaced by a file. */
  readonly journalsInPieces: boolean;
  /** A file of these lines in place of the journal or file of that name. */
  replace(name: string, lines: AsyncIterable<string>): Promise<void>;
  /** The whole lines of a journal or list; none where there is no such file. A last line cut off is left out. */
  lines(name: string): AsyncIterable<string>;
  /** A small file's text, or null where there is none. */
  text(name: string): Promise<string | null>;
  close(): Promise<void>;
}

/** Extensions of what lies beside images in downloads and archives. */
const NO_IMAGE =
  /\.(csv|tsv|txt|json|jsonl|xml|html?|md|pdf|docx?|xlsx?|zip|gz|tar|jpe?g|png|gif|py|ipynb)$/i;

/** Whether a file may be a DICOM instance: neither hidden, nor an index, nor by its name something else. */
export function mayBeInstance(name: string): boolean {
  const parts = name.split("/");
  const last = parts.at(-1) ?? "";
  const hidden = parts.some((part) => part.startsWith(".") || part === "__MACOSX");
  return !hidden && last !== "" && last.toUpperCase() !== "DICOMDIR" && !NO_IMAGE.test(last);
}

export const byName = (a: SourceFile, b: SourceFile): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
