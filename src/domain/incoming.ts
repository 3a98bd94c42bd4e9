/**
 * @file An instance on its way in, and what became of it: what the doors (DIMSE, STOW-RS, a folder) and the
 * store say to each other.
 */

/** How the instance came, and from whom. `aeTitle` is "" where the door knows none. */
export interface InstanceSource {
  readonly kind: "dimse" | "stow" | "file";
  readonly aeTitle: string;
  readonly address: string;
}

/** A received instance in a temporary file. What takes it moves or removes the file. */
export interface IncomingInstance {
  /** A complete DICOM Part 10 file. */
  readonly path: string;
  readonly transferSyntaxUid: string;
  /** As the sender named it, not yet compared with the data set; "" where the door was not told. */
  readonly sopClassUid: string;
  /** As the sender named it, not yet compared with the data set; "" where the door was not told. */
  readonly sopInstanceUid: string;
  /** The study it must belong to, where the door was told one. */
  readonly studyInstanceUid?: string;
  readonly source: InstanceSource;
  readonly priority: "low" | "medium" | "high";
  /** What the door knows already because the bytes passed through it; otherwise the file is read again. */
  readonly seen?: SeenBytes;
}

/** Facts about the bytes of an incoming file. */
export interface SeenBytes {
  /** SHA-256 of the data set: everything behind the file meta information. Lower-case hexadecimal. */
  readonly digest: string;
  /** Length of the whole file in bytes. */
  readonly byteLength: number;
  /** The first bytes of the file, or all of it: enough for most headers. */
  readonly head: Uint8Array;
  /** Resolves when the file's bytes are synced to disk: begun already, so that other work goes on meanwhile. */
  readonly synced: Promise<void>;
}

/** Why an instance was refused: its bytes, what it claims to be, or our own lack of room. */
export type RefusalFault = "unreadable" | "mismatch" | "out-of-resources" | "internal";

/** Which instance it was, as its data set says. */
export interface InstanceIdentity {
  readonly studyInstanceUid: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

/** What became of an incoming instance. Only `stored` and `duplicate` may be acknowledged as success. */
export type Acceptance = {
  /** Left out where the data set could not be read. */
  readonly identity?: InstanceIdentity;
} & (
  | { readonly outcome: "stored" }
  | { readonly outcome: "duplicate" }
  | { readonly outcome: "conflict"; readonly reason: string }
  | { readonly outcome: "refused"; readonly fault: RefusalFault; readonly reason: string }
);
