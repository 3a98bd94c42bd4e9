/**
 * @file The dashboard's page in Chromium: figures, periods by keys, small samples called small, a lost server said.
 */
import { describe, expect, it } from "vitest";

import { hasChromium } from "./fixtures/chromium.ts";
import { fakeDashboard } from "./fixtures/fake-dashboard.ts";
import { fakeItem } from "./fixtures/fake-studies.ts";
import { pageTests } from "./fixtures/page-tests.ts";

/** The machine may be busy with other tests. */
const PATIENT = 60_000;

describe.skipIf(!hasChromium)("the dashboard", () => {
  const { serve, open } = pageTests(3 * PATIENT);

  it(
    "shows the figures of a period, chosen by keys",
    async () => {
      const dashboard = (days: number) => fakeDashboard(days, days === 1 ? 12 : 412);
      const server = await serve({ items: [fakeItem(1, 5)], dashboard });
      const { page, complaints } = await open(server, "/", "Dr Weber");
      await page.waitForSelector(".row");
      await page.keyboard.press("g");
      await page.keyboard.press("d");
      await page.waitForSelector(".keyfigure");
      expect(await page.innerText(".banner")).toContain("Research use only");
      expect(await page.innerText(".keyfigure.is-suspected")).toContain("6.5 min");
      expect(await page.innerText(".shares-list")).toContain("31 of 42: 95 % interval 59 % to 85 %");
      expect(await page.innerText(".shares-list")).toContain("nobody has judged one yet");
      expect(await page.locator(".drift[data-verdict=changed] h3").allInnerTexts()).toEqual(["Kernel"]);
      expect(await page.innerText(".drift[data-verdict=few]")).toContain("Too few to say (9 now, 21 before)");
      expect(await page.$(".warning")).toBeNull();

      await page.keyboard.press("1");
      await page.waitForSelector(".warning >> text=Only 12 studies arrived in the last 24 hours");
      expect(await page.getAttribute("a.button", "href")).toBe("/api/dashboard/history.csv?days=1");
      expect(complaints).toEqual([]);

      server.setOnline(false);
      await page.keyboard.press("3");
      await page.waitForSelector(".warning >> text=The server does not answer.");
      await page.keyboard.press("Escape");
      await page.waitForSelector(".worklist");
    },
    3 * PATIENT,
  );
});
