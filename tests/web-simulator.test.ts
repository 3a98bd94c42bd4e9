/**
 * @file The simulator's page in Chromium: sliders, keys, theory beside simulation, unstable traffic.
 */
import { describe, expect, it } from "vitest";

import { hasChromium } from "./fixtures/chromium.ts";
import { fakeItem } from "./fixtures/fake-studies.ts";
import { pageTests } from "./fixtures/page-tests.ts";

/** The machine may be busy with other tests. */
const PATIENT = 60_000;

describe.skipIf(!hasChromium)("the simulator", () => {
  const { serve, open } = pageTests(3 * PATIENT);

  it(
    "is reached by keys, shows theory beside simulation, and follows its sliders",
    async () => {
      const server = await serve({ items: [fakeItem(1, 5)] });
      const { page, complaints } = await open(server, "/", "Dr Weber");
      await page.waitForSelector(".row");
      await page.keyboard.press("g");
      await page.keyboard.press("s");
      const first = page.locator(".figures tbody tr").first().locator("td").first();
      await first.waitFor({ timeout: PATIENT });
      expect(await first.innerText()).toBe("40.00");

      await page.getByLabel("Traffic").focus();
      await page.keyboard.press("ArrowRight");
      // One radiologist, ten minutes: 10 · 0.81 / 0.19.
      await expect.poll(() => first.innerText(), { timeout: PATIENT }).toBe("42.63");

      await page.keyboard.press("End");
      await page.waitForSelector(".warning", { timeout: PATIENT });
      expect(await page.innerText(".warning")).toContain("Unstable: at 120 % traffic");
      expect(await first.innerText()).toBe("–");

      await page.keyboard.press("r");
      await expect.poll(() => first.innerText(), { timeout: PATIENT }).toBe("40.00");
      await page.keyboard.press("t");
      await page.waitForSelector(".legend >> text=AI positive");
      expect(complaints).toEqual([]);
      await page.keyboard.press("Escape");
      await page.waitForSelector(".worklist");
    },
    4 * PATIENT,
  );
});
