import { describe, expect, it } from "vitest";

import { displayWords, dragWindow, paintSlice } from "./display.ts";

describe("paintSlice", () => {
  it("paints one window in grey, opaque", () => {
    // 40/80 by hand (see window.test.ts): 0 HU is 0, 40 HU is 129, 79 HU is 255.
    const rgba = paintSlice(Int16Array.of(0, 40, 79), 1, 3, { centerHu: 40, widthHu: 80 });
    expect([...rgba]).toEqual([0, 0, 0, 255, 129, 129, 129, 255, 255, 255, 255, 255]);
  });

  it("paints the three windows as the network gets them", () => {
    expect([...paintSlice(Int16Array.of(40), 1, 1, null)]).toEqual([129, 77, 77, 255]);
  });
});

describe("dragWindow", () => {
  it("down brightens, right widens, and the width stays positive", () => {
    const brain = { centerHu: 40, widthHu: 80 };
    expect(dragWindow(brain, 20, 10)).toEqual({ centerHu: 35, widthHu: 90 });
    expect(dragWindow(brain, -1000, 0).widthHu).toBe(1);
  });
});

describe("displayWords", () => {
  it("names what is a preset", () => {
    expect(displayWords({ centerHu: 40, widthHu: 80 })).toBe("Brain 40/80");
    expect(displayWords({ centerHu: 41, widthHu: 80 })).toBe("Window 41/80");
    expect(displayWords(null)).toBe("Model view: three windows");
  });
});
