/**
 * @file How a slice is shown: a window, or the three windows as colours, just as the network sees them.
 */
import { HEAD_CT_WINDOWS } from "../../domain/slice.ts";
import type { Window } from "../../domain/slice.ts";
import { windowTable, windowToRgb } from "../../imaging/window.ts";

/** null is the three-window colour view. */
export type Display = Window | null;

export interface Preset {
  readonly key: string;
  readonly name: string;
  readonly display: Display;
}

const [brain, subdural, bone] = HEAD_CT_WINDOWS;
export const PRESETS: readonly Preset[] = [
  { key: "1", name: "Brain", display: brain },
  { key: "2", name: "Subdural", display: subdural },
  { key: "3", name: "Bone", display: bone },
  { key: "4", name: "Model view", display: null },
];

/** "Brain 40/80", "Model view: three windows", "Window 55/110". */
export function displayWords(display: Display): string {
  if (display === null) return "Model view: three windows";
  const numbers = `${Math.round(display.centerHu)}/${Math.round(display.widthHu)}`;
  const preset = PRESETS.find(
    ({ display: at }) => at?.centerHu === display.centerHu && at.widthHu === display.widthHu,
  );
  return `${preset?.name ?? "Window"} ${numbers}`;
}

/** Windowing by hand: down is brighter, right is wider, finer where the window is narrow. Moves in CSS pixels. */
export function dragWindow(from: Window, right: number, down: number): Window {
  const perPx = Math.max(0.5, from.widthHu / 400);
  return {
    centerHu: Math.round(from.centerHu - down * perPx),
    widthHu: Math.max(1, Math.round(from.widthHu + right * perPx)),
  };
}

/** A slice as RGBA. Shape `[rows, columns, 4]`. */
export function paintSlice(
  hu: Int16Array,
  rows: number,
  columns: number,
  display: Display,
): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(4 * rows * columns);
  if (display === null) {
    const rgb = windowToRgb({ hu, rows, columns }, HEAD_CT_WINDOWS);
    for (let i = 0; i < rows * columns; i++) {
      rgba[4 * i] = rgb[3 * i] ?? 0;
      rgba[4 * i + 1] = rgb[3 * i + 1] ?? 0;
      rgba[4 * i + 2] = rgb[3 * i + 2] ?? 0;
      rgba[4 * i + 3] = 255;
    }
    return rgba;
  }
  const table = windowTable(display);
  // One 32-bit write a pixel: grey in all three channels; the byte order does not matter but for alpha.
  const words = new Uint32Array(rgba.buffer);
  const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
  for (let i = 0; i < words.length; i++) {
    const grey = table[(hu[i] ?? 0) + 32768] ?? 0;
    words[i] = isLittleEndian ? 0xff000000 | (grey * 0x010101) : grey * 0x01010100 + 0xff;
  }
  return rgba;
}
