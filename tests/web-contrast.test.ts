/**
 * @file Text that can be read: the page's colours against what they stand on, by WCAG 2.2's measure (1.4.3:
 * at least 4.5 to 1).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const css = readFileSync(join(import.meta.dirname, "..", "src", "web", "styles", "base.css"), "utf8");
const tokens = new Map([...css.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1], m[2] ?? ""]));

/** Relative luminance of "#rrggbb". */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const s = parseInt(colour.slice(at, at + 2), 16) / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

describe("contrast", () => {
  it("is 21 for black on white and 1 for a colour on itself", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
    expect(contrast("#8d9aa8", "#8d9aa8")).toBe(1);
  });

  const texts = ["text", "text-strong", "text-second", "bleed", "bleed-quiet", "focus"];
  const grounds = ["ground", "surface", "raised", "hover", "pressed", "chosen", "bleed-ground"];
  it.each(texts.flatMap((text) => grounds.map((ground) => [text, ground] as const)))(
    "%s on %s is at least 4.5",
    (text, ground) => {
      const [front, back] = [tokens.get(text), tokens.get(ground)];
      expect([front, back]).not.toContain(undefined);
      expect(contrast(front ?? "", back ?? "")).toBeGreaterThanOrEqual(4.5);
    },
  );
});
