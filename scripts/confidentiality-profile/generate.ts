/**
 * @file Makes the tables of `src/dicom/deidentify/` from the JSON of innolitics/dicom-standard (MIT), which is extracted
 * from the DICOM standard: PS3.15 table E.1-1 and, for value representations, PS3.6 table 6-1.
 *
 * `node scripts/confidentiality-profile/generate.ts confidentiality_profile_attributes.json attributes.json`
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const OUTPUT = join(import.meta.dirname, "..", "..", "src", "dicom", "deidentify");

interface ProfileRow {
  readonly name: string;
  readonly tag: string;
  readonly basicProfile: string;
  readonly rtnUIDsOpt?: string;
  readonly rtnDevIdOpt?: string;
  readonly rtnInstIdOpt?: string;
  readonly rtnPatCharsOpt?: string;
  readonly rtnLongFullDatesOpt?: string;
  readonly rtnLongModifDatesOpt?: string;
  readonly cleanDescOpt?: string;
}

interface AttributeRow {
  readonly tag: string;
  readonly valueRepresentation: string;
}

/** Column of our table → column of theirs. */
const OPTIONS = {
  uids: "rtnUIDsOpt",
  device: "rtnDevIdOpt",
  institution: "rtnInstIdOpt",
  "patient-characteristics": "rtnPatCharsOpt",
  "full-dates": "rtnLongFullDatesOpt",
  "modified-dates": "rtnLongModifDatesOpt",
  descriptors: "cleanDescOpt",
} as const;

const plainTag = (tag: string): string => tag.replace(/[(),]/g, "").toUpperCase();
const read = <T>(file: string | undefined): T => JSON.parse(readFileSync(file ?? "", "utf8")) as T;

const profile = read<ProfileRow[]>(process.argv[2]);
const attributes = read<AttributeRow[]>(process.argv[3]);
const vrs = new Map(attributes.map(({ tag, valueRepresentation }) => [plainTag(tag), valueRepresentation]));

const rows = profile
  .map((row) => ({ ...row, tag: plainTag(row.tag) }))
  // Private attributes, curves and overlays are whole groups, which the code removes; group 0000 is never in a file.
  .filter(({ tag }) => /^[0-9A-F]{8}$/.test(tag) && !tag.startsWith("0000"))
  .map(({ tag, name, basicProfile, ...row }) => {
    const options = Object.entries(OPTIONS).flatMap(([option, column]) => {
      const action = row[column];
      return action === undefined ? [] : [`${option}=${action}`];
    });
    const vr = (vrs.get(tag) ?? "").split(" ")[0] ?? "";
    return [tag, vr, basicProfile, options.join(" "), name.replaceAll(",", "")].join(",");
  })
  .sort();
const header = "tag,vr,basic profile,retaining options,name";
writeFileSync(join(OUTPUT, "profile.csv"), `${[header, ...rows].join("\n")}\n`);

const sequences = attributes
  .filter(({ valueRepresentation }) => valueRepresentation === "SQ")
  .map(({ tag }) => plainTag(tag))
  .filter((tag) => /^[0-9A-F]{8}$/.test(tag))
  .sort();
writeFileSync(join(OUTPUT, "sequences.txt"), `${sequences.join("\n")}\n`);
console.log(`${rows.length} attributes of the profile, ${sequences.length} sequences`);
