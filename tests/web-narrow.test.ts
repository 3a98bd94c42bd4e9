/**
 * @file The page on half a screen, beside the images: nothing of it is cut off.
 */
import { describe, expect, it } from "vitest";

import { hasChromium } from "./fixtures/chromium.ts";
import { fakeDashboard } from "./fixtures/fake-dashboard.ts";
import { fakeNotifications } from "./fixtures/fake-notifications.ts";
import { fakeFinding, fakeItem } from "./fixtures/fake-studies.ts";
import { pageTests } from "./fixtures/page-tests.ts";

const skipped = hasChromium ? "" : " (skipped: /usr/bin/chromium is not installed)";
const WIDTH = 820;
/** The machine may be busy with other tests. */
const PATIENT = 60_000;

const items = Array.from({ length: 10 }, (_, i) => fakeItem(i, 30 - i, { finding: fakeFinding(i / 10) }));

/** Each page, and what is there once it has loaded. */
const PAGES = [
  ["list", "/", ".row"],
  ["study", "/#/study/2.25.4242.3", ".frame"],
  ["simulator", "/#/simulator", ".simulated[aria-busy=false]"],
  ["dashboard", "/#/dashboard", ".keyfigure"],
  ["notifications", "/#/notifications", ".delivery"],
] as const;

describe.skipIf(!hasChromium)(`half a screen${skipped}`, () => {
  const { serve, open } = pageTests(3 * PATIENT);

  it.each(PAGES)(
    "holds the whole %s",
    async (_name, path, loaded) => {
      const dashboard = (days: number) => fakeDashboard(days, 412);
      const server = await serve({ items, dashboard, notifications: fakeNotifications() });
      const { page } = await open(server, path);
      await page.setViewportSize({ width: WIDTH, height: 900 });
      await page.waitForSelector(loaded);
      // A text may end in an ellipsis; no part is cut off at its right by more than a key's rim.
      const cut = await page.evaluate<string[]>(`[...document.querySelectorAll("body, body *")]
        .filter((part) => part.clientWidth > 200 && part.scrollWidth > part.clientWidth + 8)
        .filter((part) => getComputedStyle(part).textOverflow !== "ellipsis")
        .map((part) => part.tagName + "." + part.className)`);
      expect(cut).toEqual([]);
    },
    PATIENT,
  );
});
