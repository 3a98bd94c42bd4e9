/**
 * @file Stand-ins that are always the same for the same original and secret, and that nobody can trace back without it:
 * patients, UIDs, days by which dates move. HMAC-SHA-256.
 */
import { createHmac } from "node:crypto";

/** UIDs of the standard itself (SOP classes, transfer syntaxes, coding schemes) mean the same to everybody. */
const STANDARD_ROOT = "1.2.840.10008.";
const DAY_MS = 86_400_000;
/** Dates move back by up to ten years. */
const MOST_DAYS = 3650;

export class Pseudonyms {
  readonly #secret: string;

  /** @throws RangeError for a secret too short to be one */
  constructor(secret: string) {
    if (secret.length < 16) {
      throw new RangeError(`the secret has ${secret.length} characters; expected 16 or more, best random`);
    }
    this.#secret = secret;
  }

  #digest(kind: string, text: string): Buffer {
    return createHmac("sha256", this.#secret).update(`${kind}\0${text}`).digest();
  }

  /** "P" and 16 hexadecimal digits. */
  patient(patientId: string): string {
    return `P${this.#digest("patient", patientId).toString("hex", 0, 8).toUpperCase()}`;
  }

  /** A UID below 2.25 (PS3.5 B.2); the standard's own are left alone. */
  uid(original: string): string {
    if (original.startsWith(STANDARD_ROOT) || original === "") return original;
    const digest = this.#digest("uid", original).toString("hex", 0, 16);
    return `2.25.${BigInt(`0x${digest}`)}`;
  }

  /** Days to take off every date of a patient: the same for all, so that intervals stay. */
  #daysOf(patientId: string): number {
    return 1 + (this.#digest("days", patientId).readUInt32BE(0) % MOST_DAYS);
  }

  /** A DA or DT with its day moved and the rest kept; "" for what is no date. */
  shiftedDate(value: string, patientId: string): string {
    const match = /^(\d{4})\.?(\d\d)\.?(\d\d)(.*)$/.exec(value.trim());
    if (!match) return "";
    const [, year, month, day, rest = ""] = match;
    const at = Date.UTC(Number(year), Number(month) - 1, Number(day)) - this.#daysOf(patientId) * DAY_MS;
    return `${new Date(at).toISOString().slice(0, 10).replaceAll("-", "")}${rest}`;
  }
}
