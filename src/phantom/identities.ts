/**
 * @file People who do not exist, and the orders they come with.
 */
import type { OrderPriority } from "../domain/study.ts";
import type { PhantomIdentity } from "./dicom.ts";
import type { Random } from "./random.ts";

const GIVEN = {
  F: ["Ada", "Berta", "Clara", "Dora", "Edith", "Frida", "Greta", "Hedda", "Ida", "Jorun", "Kaia", "Lotte"],
  M: [
    "Anton",
    "Boris",
    "Cyril",
    "David",
    "Emil",
    "Felix",
    "Georg",
    "Hugo",
    "Ivan",
    "Jonas",
    "Karl",
    "Ludvig",
  ],
} as const;
const DESCRIPTIONS = [
  "CT HEAD WO CONTRAST",
  "CT HEAD WITHOUT IV CONTRAST",
  "CT BRAIN",
  "CT HEAD TRAUMA",
] as const;
/** Out of ten orders. */
const USUAL_PRIORITIES: readonly [OrderPriority, ...OrderPriority[]] = [
  ...(["stat", "stat", "urgent", "urgent", "urgent"] as const),
  ...(["routine", "routine", "routine", "routine", "low"] as const),
];

export interface IdentityRequest {
  readonly ageYears: number;
  /** "2026-03-01T22:14:05". */
  readonly studyAt: string;
  /** Number of the study, for names and accession numbers that do not repeat. */
  readonly ordinal: number;
  readonly description?: string;
}

/** Someone of that age with an order. Every family name is "Phantom". */
export function drawIdentity(
  { ageYears, studyAt, ordinal, description }: IdentityRequest,
  random: Random,
): PhantomIdentity {
  const sex = random.chance(0.5) ? "F" : "M";
  const names = GIVEN[sex];
  const given = names[(ordinal + random.integer(0, 3)) % names.length] ?? names[0];
  const year = Number(studyAt.slice(0, 4)) - Math.floor(ageYears) - 1;
  // Born after today's day of the year, so that the age in years is as asked.
  return {
    patientName: `Phantom^${given}`,
    patientId: `PH${String(100000 + ordinal * 7919).slice(-6)}`,
    sex,
    birthDate: `${year}1231`,
    accessionNumber: `A${String(ordinal + 1).padStart(6, "0")}`,
    studyDescription: description ?? random.pick(DESCRIPTIONS),
    orderPriority: random.pick(USUAL_PRIORITIES),
    studyAt,
  };
}
