import { describe, expect, it } from "vitest";

import { heatColour, heatTable } from "./colour-map.ts";

/** Relative luminance, WCAG 2.2 (sRGB, IEC 61966-2-1). */
function luminance([r, g, b]: readonly number[]): number {
  const linear = [r, g, b].map((value = 0) => {
    const s = value / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
}

describe("heatColour", () => {
  it("paints nothing where there is nothing, and is opaque at the top", () => {
    expect(heatColour(0)[3]).toBe(0);
    expect(heatColour(1)).toEqual([255, 232, 170, 255]);
  });

  it("mixes two stops halfway", () => {
    // 0.525 is halfway from 0.35 (190, 66, 22) to 0.7 (240, 148, 58); opacity (0.525 - 0.1) / 0.6 = 0.7083
    expect(heatColour(0.525)).toEqual([215, 107, 40, 181]);
  });

  it("clamps, and never loses lightness or opacity as the value rises", () => {
    expect(heatColour(-3)).toEqual(heatColour(0));
    expect(heatColour(7)).toEqual(heatColour(1));
    const colours = Array.from({ length: 256 }, (_, i) => heatColour(i / 255));
    for (let i = 1; i < 256; i++) {
      expect(luminance(colours[i] ?? [])).toBeGreaterThanOrEqual(luminance(colours[i - 1] ?? []));
      expect(colours[i]?.[3]).toBeGreaterThanOrEqual(colours[i - 1]?.[3] ?? 0);
    }
  });

  it("fills its table", () => {
    expect([...heatTable().slice(255 * 4)]).toEqual([255, 232, 170, 255]);
  });
});
