import { describe, expect, it } from "vitest";

import { principalComponent } from "./principal-component.ts";

describe("the first principal component", () => {
  it("of points on a line is their place along it", () => {
    // Four cells, two channels: (0,0) (3,4) (6,8) (9,12): steps of 5 along (3,4)/5, centred on 7.5.
    const found = principalComponent(Float32Array.of(0, 3, 6, 9, 0, 4, 8, 12), 2, 4);
    expect([...found]).toEqual([-7.5, -2.5, 2.5, 7.5].map((value) => expect.closeTo(value, 5) as number));
  });

  it("comes out higher where there is more activation, and empty where nothing varies", () => {
    const [low = 0, high = 0] = principalComponent(Float32Array.of(1, 5, -1, -2), 2, 2);
    expect(high).toBeGreaterThan(low);
    expect([...principalComponent(Float32Array.of(2, 2, 2, 3, 3, 3), 2, 3)]).toEqual([0, 0, 0]);
  });
});
