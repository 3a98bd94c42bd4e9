/**
 * @file The notifications' page and the alerts in a real Chromium: what a reader sees and hears, and what keys do.
 */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";

import type { WorklistItem } from "../src/domain/worklist.ts";
import { hasChromium } from "./fixtures/chromium.ts";
import { fakeNotifications } from "./fixtures/fake-notifications.ts";
import { fakeFinding, fakeItem } from "./fixtures/fake-studies.ts";
import type { PageServer } from "./fixtures/page-server.ts";
import { pageTests, textOf } from "./fixtures/page-tests.ts";

const skipped = hasChromium ? "" : " (skipped: /usr/bin/chromium is not installed)";

/** Machines that run tests are busy. */
const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 20_000, interval: 20 });

const uid = (n: number): string => `2.25.4242.${n}`;
const plainStudies = (): WorklistItem[] =>
  [0, 1, 2].map((n) => fakeItem(n, 30 - n, { orderPriority: "routine", finding: fakeFinding(0.05) }));

/** Keeps what the page says and plays, in the place of the browser's own. */
const RECORDER = `
  window.alerts = []; window.tones = 0;
  window.Notification = class extends EventTarget {
    static permission = localStorage.getItem("test.permission") ?? "granted";
    static requestPermission = async () => Notification.permission;
    constructor(title, options) { super(); window.alerts.push({ title, ...options }); window.lastAlert = this; }
    close() {}
  };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) { window.tones += 1; return start.call(this, at); };
`;

describe.skipIf(!hasChromium)(`notifications${skipped}`, () => {
  const tests = pageTests();

  async function serve(): Promise<PageServer> {
    return tests.serve({ items: plainStudies(), notifications: fakeNotifications() });
  }

  async function open(server: PageServer, path: string, waitFor: string): Promise<Page> {
    const { page } = await tests.open(server, path);
    await page.addInitScript(RECORDER);
    await page.reload();
    await page.waitForSelector(waitFor);
    return page;
  }

  const alertsOf = (page: Page) =>
    page.evaluate<{ title: string; body: string; tag: string }[]>("window.alerts");
  const tonesOf = (page: Page) => page.evaluate<number>("window.tones");

  describe("the page", () => {
    it("shows how each channel stands, and what leaves the house with it", async () => {
      const page = await open(await serve(), "/#/notifications", ".delivery");
      expect(await page.locator(".channel").count()).toBe(4);
      const ris = '[data-channel="ris"]';
      expect(await textOf(page, ris)).toMatch(
        /Failing since .*10\.1\.2\.9:2575 cannot be reached \(ECONNREFUSED\)\./,
      );
      expect(await textOf(page, ris)).toContain("With accession number, patient ID");
      expect(await textOf(page, '[data-channel="pager"]')).toContain("No patient data");
      expect(await textOf(page, '[data-delivery="28"]')).toMatch(/Tried 6 times, again in 01:[23]\d/);
      expect(await textOf(page, '[data-delivery="24"]')).toContain("Given up after 20 attempts");
    });

    it("is worked by keys: choose, test, look at what was given up, send it again, open its study", async () => {
      const server = await serve();
      const page = await open(server, "/#/notifications", ".delivery");
      for (const key of ["j", "j", "k", "t"]) await page.keyboard.press(key);
      await page.waitForSelector(".test-result");
      expect(await textOf(page, ".test-result")).toBe("Test delivered in 38 ms (204)");
      await page.keyboard.press("3");
      await eventually(() => page.locator(".delivery").count()).toBe(2);
      // Three channels further down begins the log.
      for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "r"])
        await page.keyboard.press(key);
      await eventually(async () => server.asked).toEqual([
        { path: "/api/notifications/pager/test", who: "Dr Roth" },
        { path: "/api/notifications/deliveries/24/retry", who: "Dr Roth" },
      ]);
      await eventually(() => textOf(page, ".notices")).toContain("1 message is sent again.");
      await page.keyboard.press("Enter");
      await eventually(async () => new URL(page.url()).hash).toBe(`#/study/${uid(4)}`);
    });

    it("sends all of a channel again by its button, and none where nothing was given up", async () => {
      const server = await serve();
      const page = await open(server, "/#/notifications", ".delivery");
      expect(await page.locator('[data-channel="pager"] button').count()).toBe(1);
      await page.click('[data-channel="ris"] button:has-text("Send again")');
      await eventually(async () => server.asked).toEqual([
        { path: "/api/notifications/ris/retry", who: "Dr Roth" },
      ]);
      await page.keyboard.press("Home");
      await page.keyboard.press("r");
      expect(server.asked).toHaveLength(1);
    });
  });

  describe("alerts", () => {
    const flag = (server: PageServer, n: number, probability = 0.93) =>
      server.put({ ...server.get(uid(n)), finding: fakeFinding(probability) });

    it("notify and sound once when a study becomes critical, without the patient's name", async () => {
      const server = await serve();
      const page = await open(server, "/", `[data-uid="${uid(2)}"]`);
      flag(server, 2);
      await page.waitForSelector(`[data-uid="${uid(2)}"] .move`);
      expect(await alertsOf(page)).toEqual([]); // off until the reader says so
      await page.keyboard.press("b");
      await eventually(() => page.getAttribute(".bell", "aria-pressed")).toBe("true");
      expect(await tonesOf(page)).toBe(2); // this is what it sounds like
      flag(server, 1);
      await eventually(() => alertsOf(page)).toHaveLength(1);
      const [alert] = await alertsOf(page);
      expect(alert?.title).toBe("FirstRead: critical study");
      expect(alert?.body).toBe("Suspected hemorrhage (93 %) on 7 slices; Routine order.");
      expect(JSON.stringify(alert)).not.toContain(uid(1));
      expect(await tonesOf(page)).toBe(4);
      // The same study again, flagged a second time: said already.
      flag(server, 1, 0.1);
      flag(server, 1, 0.97);
      flag(server, 0);
      await eventually(() => alertsOf(page)).toHaveLength(2);
      expect(new Set((await alertsOf(page)).map(({ tag }) => tag)).size).toBe(2);
      await page.evaluate(`window.lastAlert.dispatchEvent(new Event("click"))`);
      await eventually(async () => new URL(page.url()).hash).toBe(`#/study/${uid(0)}`);
    });

    it("say nothing of the study that is open, nor of what was there when the page came; are remembered", async () => {
      const server = await serve();
      const page = await open(server, "/", `[data-uid="${uid(2)}"]`);
      await page.keyboard.press("b");
      await page.goto(`${server.url}/#/study/${uid(0)}`);
      await page.waitForSelector(".study");
      flag(server, 0);
      flag(server, 1);
      await eventually(() => alertsOf(page)).toHaveLength(1);
      await page.goto(server.url);
      await page.reload();
      await page.waitForSelector(`[data-uid="${uid(2)}"]`);
      expect(await page.getAttribute(".bell", "aria-pressed")).toBe("true");
      flag(server, 2);
      await eventually(() => alertsOf(page)).toHaveLength(1);
    });

    it("are said by one of a browser's pages", async () => {
      const server = await serve();
      const page = await open(server, "/", `[data-uid="${uid(2)}"]`);
      await page.keyboard.press("b");
      await eventually(() => page.getAttribute(".bell", "aria-pressed")).toBe("true");
      const second = await page.context().newPage();
      await second.addInitScript(RECORDER);
      await second.goto(server.url);
      await second.waitForSelector(`[data-uid="${uid(2)}"]`);
      flag(server, 2);
      const both = async () => [...(await alertsOf(page)), ...(await alertsOf(second))].length;
      await second.waitForSelector(`[data-uid="${uid(2)}"] .move`);
      await eventually(both).toBe(1);
      flag(server, 1);
      await eventually(both).toBe(2);
    });

    it("are by sound alone where the browser allows no notifications, and say so", async () => {
      const server = await serve();
      const page = await open(server, "/", `[data-uid="${uid(2)}"]`);
      await page.evaluate(`localStorage.setItem("test.permission", "denied")`);
      await page.reload();
      await page.waitForSelector(`[data-uid="${uid(2)}"]`);
      await page.keyboard.press("b");
      await eventually(() => page.getAttribute(".bell", "title")).toContain("sound alone");
      const before = await tonesOf(page);
      flag(server, 0);
      await eventually(() => tonesOf(page)).toBe(before + 2);
      expect(await alertsOf(page)).toEqual([]);
    });
  });
});
