/**
 * @file What is known of one series: its usable slices in order, its coverage and look, or why it is out of the
 * question.
 */
import type { Skipped } from "../domain/study.ts";
import { anatomyOf, fieldOfViewMm } from "./anatomy.ts";
import { headwardNormal, slicePositionMm, tiltFromAxialDegrees } from "./geometry.ts";
import type { InstanceHeader } from "./instance.ts";
import { kernelClass } from "./kernel.ts";
import type { KernelClass } from "./kernel.ts";

/** Steeper than any gantry tilts (30°), flatter than any coronal plane. */
const MAX_TILT_DEGREES = 45;
/** A head is 150 to 200 mm wide; heads are reconstructed at 200 to 320 mm, bodies at 350 and more. */
const MIN_HEAD_FIELD_MM = 150;
const MAX_HEAD_FIELD_MM = 340;
/** From vertex to chin with the neck; what is longer shows a trunk. */
const MAX_HEAD_COVERAGE_MM = 400;
/** Slices closer than this are at the same position. */
const SAME_POSITION_MM = 0.05;
/** Normals further apart than this belong to another stack (cosine of about 2.5°). */
const SAME_NORMAL_COSINE = 0.999;
const REPEATS_MEAN_DYNAMIC = 3;

/** A series that could be scored. */
export interface Candidate {
  readonly seriesInstanceUid: string;
  /** In order of position, one a position. */
  readonly instances: readonly InstanceHeader[];
  /** Of the same series, and why not. */
  readonly skipped: readonly Skipped[];
  readonly sliceCount: number;
  readonly coverageMm: number;
  /** The median where slices differ. */
  readonly thicknessMm: number | null;
  readonly thicknessRangeMm: readonly [thinnest: number, thickest: number] | null;
  readonly kernel: KernelClass;
  readonly isOriginal: boolean;
  readonly hasContrast: boolean;
  readonly seriesNumber: number;
}

export type SeriesFacts =
  { readonly candidate: Candidate } | { readonly excluded: string; readonly isHead: boolean };

/** CT, enhanced CT and legacy converted enhanced CT image storage. */
const CT_CLASSES = [
  "1.2.840.10008.5.1.4.1.1.2",
  "1.2.840.10008.5.1.4.1.1.2.1",
  "1.2.840.10008.5.1.4.1.1.2.2",
];
const SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7";

/** Why an instance alone cannot be an axial CT slice, or null. */
function instanceFault(header: InstanceHeader): string | null {
  const type = header.imageType.join("\\").toUpperCase();
  const words = `${header.seriesDescription} ${type}`;
  const isCt =
    header.modality === "CT" || (header.modality === "" && CT_CLASSES.includes(header.sopClassUid));
  if (!isCt) return `modality ${header.modality || "unknown"}, not CT`;
  if (header.sopClassUid.startsWith(SECONDARY_CAPTURE)) return "a secondary capture, not a CT image";
  if (!header.hasPixelData || header.rows === 0 || header.columns === 0) return "no pixels";
  if (header.samplesPerPixel !== 1) return "a colour image, not Hounsfield units";
  if (/LOCALIZER|SCOUT|TOPO|SURVIEW|SCANOGRAM/i.test(words)) return "a localizer";
  if (/SCREEN ?SAVE|\bDOSE (REPORT|INFO|PAGE|RECORD|SUMMARY)|EXAM SUMMARY|PATIENT PROTOCOL/i.test(words)) {
    return "a screen or dose page";
  }
  if (
    /\b(MIP|MINIP|MAX_IP|MIN_IP|VRT|VOLUME ?RENDER\w*|3D|SSD|PERFUSION|CBF|CBV|MTT|TTP|TMAX)\b/i.test(type)
  ) {
    return "a projection, rendering or parameter map, not Hounsfield units of a slice";
  }
  if (/\b(MIP|MINIP|VRT|PERFUSION|CBF|CBV|MTT|TTP|TMAX)\b/i.test(header.seriesDescription)) {
    return "a projection or perfusion image, not a plain slice";
  }
  const tilt =
    header.imageOrientationPatient === null ? 0 : tiltFromAxialDegrees(header.imageOrientationPatient);
  if (tilt === null) return "an image orientation that is no plane";
  if (tilt > MAX_TILT_DEGREES) return `not axial: its plane is ${Math.round(tilt)}° from axial`;
  return null;
}

/** Look at one series. `headers` are all of it, at least one. */
export function seriesFacts(headers: readonly InstanceHeader[]): SeriesFacts {
  const faults = headers.map(instanceFault);
  const usable = headers.filter((_, i) => faults[i] === null);
  const first = usable[0];
  if (first === undefined) return { excluded: capitalised(commonest(faults)), isHead: true };
  const elsewhere = notTheHead(first);
  if (elsewhere !== null) return { excluded: elsewhere, isHead: false };

  const skipped: Skipped[] = [];
  const skip = (header: InstanceHeader, reason: string): void => {
    skipped.push({ file: header.sopInstanceUid, reason });
  };
  headers.forEach((header, i) => {
    const fault = faults[i];
    if (typeof fault === "string") skip(header, fault);
  });

  const placed = usable.flatMap((header) => {
    const positionMm = slicePositionMm(header);
    if (positionMm !== null) return [{ header, positionMm }];
    skip(header, "no position: neither ImagePositionPatient nor SliceLocation");
    return [];
  });
  if (placed.length === 0) return { excluded: "None of its slices says where it lies.", isHead: true };

  const stack = largestStack(placed, skip);
  stack.sort(
    (a, b) =>
      a.positionMm - b.positionMm ||
      (a.header.instanceNumber ?? 0) - (b.header.instanceNumber ?? 0) ||
      (a.header.sopInstanceUid < b.header.sopInstanceUid ? -1 : 1),
  );
  const kept = stack.filter((slice, i) => {
    const below = stack[i - 1];
    if (below === undefined || slice.positionMm - below.positionMm > SAME_POSITION_MM) return true;
    skip(slice.header, "another slice of the series lies at the same position");
    return false;
  });
  if (kept.length > 0 && stack.length / kept.length >= REPEATS_MEAN_DYNAMIC) {
    const repeats = Math.round(stack.length / kept.length);
    return {
      excluded: `It repeats the same positions ${repeats} times: perfusion or bolus tracking.`,
      isHead: true,
    };
  }
  const candidate = describe(kept, skipped);
  const { coverageMm } = candidate;
  if (coverageMm > MAX_HEAD_COVERAGE_MM) {
    return { excluded: `It covers ${Math.round(coverageMm)} mm, more than a head.`, isHead: false };
  }
  return { candidate };
}

/** Why a series shows something else than the head, or null. */
function notTheHead(header: InstanceHeader): string | null {
  const anatomy = anatomyOf(header);
  if (anatomy.region === "elsewhere") return `Not the head: ${anatomy.says}.`;
  if (anatomy.region === "part of the head") return `Only a part of the head: ${anatomy.says}.`;
  const field = fieldOfViewMm(header);
  if (field === null) return null;
  if (field < MIN_HEAD_FIELD_MM)
    return `Its field of view of ${Math.round(field)} mm is too small for a head.`;
  if (field > MAX_HEAD_FIELD_MM && anatomy.region === "unknown") {
    return `Its field of view of ${Math.round(field)} mm is that of a body, and nothing says head.`;
  }
  return null;
}

interface Placed {
  readonly header: InstanceHeader;
  readonly positionMm: number;
}

/** The slices that share a normal; where there are several stacks, the largest. */
function largestStack(
  placed: readonly Placed[],
  skip: (header: InstanceHeader, reason: string) => void,
): Placed[] {
  const stacks: { normal: readonly [number, number, number]; slices: Placed[] }[] = [];
  for (const slice of placed) {
    const orientation = slice.header.imageOrientationPatient;
    const normal = (orientation === null ? null : headwardNormal(orientation)) ?? [0, 0, 1];
    const stack = stacks.find(
      (other) =>
        other.normal[0] * normal[0] + other.normal[1] * normal[1] + other.normal[2] * normal[2] >
        SAME_NORMAL_COSINE,
    );
    if (stack === undefined) stacks.push({ normal, slices: [slice] });
    else stack.slices.push(slice);
  }
  const [largest, ...others] = stacks.sort((a, b) => b.slices.length - a.slices.length);
  for (const { slices } of others) {
    for (const { header } of slices)
      skip(header, "its plane is at another angle than the series' other slices");
  }
  return largest?.slices ?? [];
}

function describe(slices: readonly Placed[], skipped: readonly Skipped[]): Candidate {
  const headers = slices.map((slice) => slice.header);
  const positions = slices.map((slice) => slice.positionMm);
  const gaps = positions.slice(1).map((position, i) => position - (positions[i] ?? position));
  const given = headers.flatMap(({ sliceThicknessMm }) =>
    sliceThicknessMm !== null && sliceThicknessMm > 0 ? [sliceThicknessMm] : [],
  );
  const thicknessMm = median(given) ?? median(gaps);
  const sliceCount = headers.reduce((sum, header) => sum + Math.max(1, header.numberOfFrames), 0);
  const extent = (positions.at(-1) ?? 0) - (positions[0] ?? 0);
  const [first] = headers;
  const type = (first?.imageType ?? []).join("\\").toUpperCase();
  const words = `${first?.seriesDescription ?? ""} ${first?.protocolName ?? ""}`;
  return {
    seriesInstanceUid: first?.seriesInstanceUid ?? "",
    instances: headers,
    skipped,
    sliceCount,
    // The first frame alone is placed by a multi-frame header, so that its frames count by their thickness.
    coverageMm: Math.max(extent, (sliceCount - slices.length) * (thicknessMm ?? 0)) + (thicknessMm ?? 0),
    thicknessMm,
    thicknessRangeMm: given.length === 0 ? null : [Math.min(...given), Math.max(...given)],
    kernel: kernelClass(first?.convolutionKernel ?? "", first?.seriesDescription ?? ""),
    isOriginal: !/DERIVED|SECONDARY|MPR|REFORMAT/.test(type),
    hasContrast:
      !/^(no|non|none|without|w\/o)?$/i.test((first?.contrastAgent ?? "").trim()) ||
      /\bCTA\b|ANGIO|CONTRAST|\bC\+|\+C\b|VENO/i.test(words),
    seriesNumber: first?.seriesNumber ?? Infinity,
  };
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? null;
}

function commonest(faults: readonly (string | null)[]): string {
  const counts = new Map<string, number>();
  for (const fault of faults) counts.set(fault ?? "", (counts.get(fault ?? "") ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "";
}

const capitalised = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
