/**
 * @file The whole way in a real Chromium: studies sent by C-STORE to a real server, seen, opened and read on
 * the page. A stand-in for the model.
 */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { buildPage, hasChromium, launchChromium, openPage } from "./fixtures/chromium.ts";
import { rowOrder, textOf } from "./fixtures/page-tests.ts";
import {
  StubScorer,
  send,
  startTestServer,
  studyFiles,
  untilItem,
  type TestServer,
} from "./support/running-server.ts";

const skipped = hasChromium ? "" : " (skipped: /usr/bin/chromium is not installed)";
const PATIENCE_MS = 20_000;
const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: PATIENCE_MS, interval: 20 });

describe.skipIf(!hasChromium)(`the page and the server${skipped}`, () => {
  let browser: Browser;
  let built: Awaited<ReturnType<typeof buildPage>>;
  let server: TestServer;
  const scorer = new StubScorer();
  const parts = () => ({ openScorer: async () => scorer, webDir: built.webDir });

  beforeAll(async () => {
    built = await buildPage();
    browser = await launchChromium();
    server = await startTestServer({ parts: parts() });
  });
  let release = (): void => undefined;

  afterEach(async () => {
    scorer.hold = async () => undefined;
    release();
    await Promise.all(browser.contexts().map((context) => context.close()));
  });
  afterAll(async () => {
    await browser.close();
    await server.remove();
    built.remove();
  });

  const open = (path: string, reader: string) => openPage(browser, server.httpUrl + path, reader);

  it("shows a study as it arrives, its scoring, and its place by the finding, without a reload", async () => {
    const { page, complaints } = await open("/", "Dr Roth");
    await page.waitForSelector(".state-page");
    expect(await textOf(page, ".state-page")).toContain("Nothing to read");
    await page.evaluate("window.isSamePage = true");

    await send(server, studyFiles("1.2.20", 2));
    await eventually(() => textOf(page, '[data-uid="1.2.20"] .finding')).toContain("No bleed found");

    scorer.verdicts.set("1.2.21", { kind: "finding", probability: 0.93 });
    scorer.hold = () => new Promise((resolve) => (release = resolve));
    await send(server, studyFiles("1.2.21", 3));
    await eventually(() => textOf(page, '[data-uid="1.2.21"] .finding')).toMatch(/^Scoring/);
    expect(await rowOrder(page)).toEqual(["1.2.20", "1.2.21"]);
    scorer.hold = async () => undefined;
    release();
    await eventually(() => rowOrder(page)).toEqual(["1.2.21", "1.2.20"]);
    expect(await textOf(page, '[data-uid="1.2.21"] .move')).toBe("▲ 1");
    expect(await textOf(page, '[data-uid="1.2.21"] .cell-why')).toContain("Suspected hemorrhage (93");
    expect(await textOf(page, ".active-model")).toBe("stub 1");
    expect(await page.evaluate("window.isSamePage")).toBe(true);
    expect(complaints).toEqual([]);
  });

  it("opens it with its images and its heat map on the part of the slice that the model saw", async () => {
    const { page, complaints } = await open("/#/study/1.2.21", "Dr Roth");
    await page.waitForSelector(".frame[data-loaded=true]");
    expect(await textOf(page, ".panel-finding")).toContain("Suspected hemorrhage93 %");
    // Slices of 8 × 8 pixels, 0.5 mm down and 0.25 mm across: twice as high as wide. The stand-in's map
    // covers rows 1 to 5 and columns 2 to 7.5; its left cell is 1, so pixel (2, 3) is painted; (7, 3) is not.
    const colours = (): Promise<number[][]> =>
      page.evaluate<number[][]>(`(() => {
        const canvas = document.querySelector(".frame canvas");
        const scale = Math.min(canvas.width / 2, canvas.height / 4);
        const at = (row, column) => [...canvas.getContext("2d").getImageData(
          Math.floor((canvas.width - 2 * scale) / 2 + (column + 0.5) * 0.25 * scale),
          Math.floor((canvas.height - 4 * scale) / 2 + (row + 0.5) * 0.5 * scale), 1, 1).data];
        return [at(2, 3), at(7, 3)];
      })()`);
    const [inside = [], outside = []] = await colours();
    await page.keyboard.press("h");
    const [insideBare = [], outsideBare = []] = await colours();
    expect(insideBare[0]).toBe(insideBare[2]);
    expect((inside[0] ?? 0) - (inside[2] ?? 0)).toBeGreaterThan(20);
    expect(outside).toEqual(outsideBare);
    expect(complaints).toEqual([]);
  });

  it("keeps two readers out of each other's way, and remembers who did what", async () => {
    const weber = (await open("/#/study/1.2.21", "Dr Weber")).page;
    const roth = (await open("/", "Dr Roth")).page;
    await weber.waitForSelector(".study-actions button");
    await roth.waitForSelector('[data-uid="1.2.21"]');
    await weber.keyboard.press("c");
    await eventually(() => textOf(roth, '[data-uid="1.2.21"] .state')).toBe("Dr Weber has it");
    await roth.keyboard.press("j");
    await roth.keyboard.press("c");
    await eventually(() => textOf(roth, ".notices")).toContain("Dr Weber has this study.");

    await weber.keyboard.press("a");
    await eventually(() => textOf(weber, ".panel-finding")).toContain("Dr Weber agrees");
    await weber.keyboard.press("m");
    await eventually(() => textOf(weber, ".study-state")).toContain("Read by you");
    await eventually(() => textOf(weber, ".panel")).toMatch(/Claimed.*Agreed.*Read/s);
    await eventually(() => rowOrder(roth)).toEqual(["1.2.20", "1.2.21"]);
  });

  it("finds the server again after it was restarted", async () => {
    const { page } = await open("/", "Dr Roth");
    await page.waitForSelector('[data-uid="1.2.20"]');
    const { dataDir, httpPort } = server;
    await server.stop();
    await page.waitForSelector(".connection.is-lost");
    server = await startTestServer({ dataDir, config: { http: { port: httpPort } }, parts: parts() });
    scorer.verdicts.set("1.2.22", { kind: "finding", probability: 0.8 });
    await send(server, studyFiles("1.2.22", 2));
    await untilItem(server, "1.2.22", ({ analysis }) => analysis === "scored", PATIENCE_MS);
    await page.waitForSelector(".connection:not(.is-lost)");
    await eventually(async () => (await rowOrder(page))[0]).toBe("1.2.22");
  });
});
