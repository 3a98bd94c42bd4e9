/**
 * @file The page in a real Chromium, against the fixture server: what the reader sees and what keys do.
 */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";

import type { WorklistItem } from "../src/domain/worklist.ts";
import { hasChromium } from "./fixtures/chromium.ts";
import { fakeFinding, fakeItem } from "./fixtures/fake-studies.ts";
import type { PageServer, PageServerOptions } from "./fixtures/page-server.ts";
import { pageTests, rowOrder, textOf } from "./fixtures/page-tests.ts";

const skipped = hasChromium ? "" : " (skipped: /usr/bin/chromium is not installed)";

/** Machines that run tests are busy. */
const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 15_000, interval: 20 });

/** Ten routine studies without a bleed, the oldest first: places 1 to 10. */
const tenStudies = (): WorklistItem[] =>
  Array.from({ length: 10 }, (_, i) =>
    fakeItem(i, 30 - i, { orderPriority: "routine", finding: fakeFinding(0.05) }),
  );
const uid = (n: number): string => `2.25.4242.${n}`;
const row = (n: number): string => `[data-uid="${uid(n)}"]`;

describe.skipIf(!hasChromium)(`the page${skipped}`, () => {
  const { open, ...tests } = pageTests();
  const serve = (options: Partial<Omit<PageServerOptions, "webDir">> = {}): Promise<PageServer> =>
    tests.serve({ items: tenStudies(), ...options });

  const hash = async (page: Page): Promise<string> => new URL(page.url()).hash;
  const sliceOf = (page: Page): Promise<string | null> => page.getAttribute(".frame", "data-slice");

  it("moves a row the moment its finding arrives, without a reload, and says so", async () => {
    const server = await serve();
    const { page, complaints } = await open(server);
    await page.waitForSelector(row(9));
    expect((await rowOrder(page)).slice(0, 2)).toEqual([uid(0), uid(1)]);
    await page.evaluate("window.isSamePage = true");

    server.put({ ...server.get(uid(9)), finding: fakeFinding(0.93) });
    await page.waitForSelector(`${row(9)} .move`);
    expect((await rowOrder(page)).slice(0, 2)).toEqual([uid(9), uid(0)]);
    expect(await textOf(page, `${row(9)} .move`)).toBe("▲ 9");
    expect(await textOf(page, `${row(9)} .finding`)).toContain("Suspected hemorrhage93 %");
    expect(await textOf(page, `${row(9)} .cell-why`)).toBe(
      "Suspected hemorrhage (93\u00a0%) on 7 slices; Routine order",
    );
    expect(await textOf(page, "[aria-live=polite]")).toContain("93 %, moved up 9 to place 1");
    expect(await page.evaluate("window.isSamePage")).toBe(true);
    expect(complaints).toEqual([]);
  });

  it("glides: the row starts from its old place", async () => {
    const server = await serve();
    const { page } = await open(server);
    await page.waitForSelector(row(5));
    await page.evaluate(`window.glides = []; const animate = Element.prototype.animate;
      Element.prototype.animate = function (frames, options) {
        window.glides.push(this.dataset.uid + " from " + frames[0].translate);
        return animate.call(this, frames, options);
      }`);
    server.put({ ...server.get(uid(5)), finding: fakeFinding(0.9) });
    await page.waitForSelector(`${row(5)} .move`);
    // Up by five rows of 60 pixels; the five that it passed go down by one.
    expect((await page.evaluate<string[]>("window.glides")).sort()).toEqual([
      ...[0, 1, 2, 3, 4].map((n) => `${uid(n)} from 0 -60px`),
      `${uid(5)} from 0 300px`,
    ]);
  });

  it("opens the study that was chosen, wherever it stands by then", async () => {
    const server = await serve();
    const { page } = await open(server);
    await page.waitForSelector(row(2));
    for (const key of ["j", "j", "j"]) await page.keyboard.press(key);
    expect(await page.getAttribute(`${row(2)}`, "aria-selected")).toBe("true");
    server.put({ ...server.get(uid(8)), finding: fakeFinding(0.9) });
    await page.waitForSelector(`${row(8)} .move`);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".study");
    expect(await hash(page)).toBe(`#/study/${uid(2)}`);
  });

  it("opens nothing when the list moved under the pointer as it was pressed", async () => {
    const server = await serve();
    const { page } = await open(server);
    const box = await (await page.waitForSelector(row(0))).boundingBox();
    const at = { x: (box?.x ?? 0) + 700, y: (box?.y ?? 0) + 30 };
    await page.mouse.move(at.x, at.y);
    // A click in the very moment in which the new row is there.
    await page.evaluate(`new MutationObserver((_, observer) => {
      if (!document.querySelector(${JSON.stringify(`${row(8)} .move`)})) return;
      observer.disconnect();
      document.elementFromPoint(${at.x}, ${at.y}).click();
      window.wasClicked = true;
    }).observe(document.querySelector(".list-rows"), { childList: true, subtree: true })`);
    server.put({ ...server.get(uid(8)), finding: fakeFinding(0.9) });
    await eventually(() => page.evaluate("window.wasClicked")).toBe(true);
    expect(await page.$(".study")).toBeNull();
    await page.waitForTimeout(600);
    await page.mouse.click(at.x, at.y);
    await eventually(() => hash(page)).toBe(`#/study/${uid(8)}`);
  });

  it("filters by tab and by text from the keyboard", async () => {
    const server = await serve();
    server.put({ ...server.get(uid(4)), reading: "claimed", reader: "Dr Roth" });
    const { page } = await open(server);
    await page.waitForSelector(row(0));
    await page.keyboard.press("4");
    expect(await rowOrder(page)).toEqual([uid(4)]);
    await page.keyboard.press("1");
    await page.keyboard.press("/");
    await page.keyboard.type("novak");
    await eventually(() => rowOrder(page)).toEqual([uid(3)]);
    expect(await textOf(page, ".row .name")).toBe("Novák, Ruth");
    await page.keyboard.press("Escape");
    await eventually(async () => (await rowOrder(page)).length).toBe(10);
  });

  it("shows a progress that counts", async () => {
    const server = await serve();
    server.put({ ...server.get(uid(3)), analysis: "scoring", finding: null });
    const { page } = await open(server);
    await page.waitForSelector(row(3));
    server.send("progress", { studyInstanceUid: uid(3), done: 12, total: 32 });
    await eventually(() => textOf(page, `${row(3)} .finding`)).toBe("Scoring 12/32");
  });

  it("says that it is disconnected, and catches up by itself", async () => {
    const server = await serve();
    const { page } = await open(server);
    await page.waitForSelector(".connection:not(.is-lost)");
    server.setOnline(false);
    await page.waitForSelector(".connection.is-lost");
    server.put({ ...server.get(uid(7)), finding: fakeFinding(0.95) });
    server.setOnline(true);
    await page.waitForSelector(".connection:not(.is-lost)");
    await eventually(async () => (await rowOrder(page))[0]).toBe(uid(7));
  });

  it("asks for a name once, then claims; a second reader is told who has the study", async () => {
    const server = await serve();
    const weber = (await open(server, `/#/study/${uid(1)}`, "")).page;
    await weber.waitForSelector(".study-actions");
    await weber.keyboard.press("c");
    await weber.waitForSelector("dialog[open]");
    await weber.keyboard.type("Dr Weber");
    await weber.keyboard.press("Enter");
    await eventually(() => textOf(weber, ".study-state")).toContain("You have it");

    const roth = (await open(server, `/#/study/${uid(1)}`)).page;
    await roth.waitForSelector(".study-state .state");
    await roth.keyboard.press("c");
    await roth.waitForSelector(".notice");
    expect(await textOf(roth, ".notice span")).toBe("Dr Weber has this study.");
    expect(server.get(uid(1)).reader).toBe("Dr Weber");

    await weber.keyboard.press("d");
    await eventually(() => textOf(roth, ".panel")).toContain("Dr Weber disagrees");
    await weber.keyboard.press("m");
    await eventually(() => textOf(weber, ".study-state")).toContain("Read by you");
  });

  it("opens a study by its link, on the most suspicious slice, and goes through it by keys", async () => {
    const server = await serve();
    server.put({ ...server.get(uid(6)), finding: { ...fakeFinding(0.9), peakSliceIndex: 17 } });
    const { page, complaints } = await open(server, `/#/study/${uid(6)}`);
    await page.waitForSelector(".frame[data-loaded=true]");
    expect(await sliceOf(page)).toBe("17");
    const steps: [string, string][] = [
      ["ArrowDown", "18"],
      ["ArrowUp", "17"],
      ["PageDown", "27"],
      ["End", "31"],
      ["ArrowDown", "31"],
      ["Home", "0"],
      ["s", "17"],
    ];
    for (const [key, slice] of steps) {
      await page.keyboard.press(key);
      expect([key, await sliceOf(page)]).toEqual([key, slice]);
    }
    await page.hover(".frame");
    await page.mouse.wheel(0, 120);
    await eventually(() => sliceOf(page)).toBe("19");
    const strip = await (await page.waitForSelector(".strip svg")).boundingBox();
    await page.mouse.click((strip?.x ?? 0) + ((strip?.width ?? 0) * 5.5) / 32, (strip?.y ?? 0) + 20);
    expect(await sliceOf(page)).toBe("5");
    await page.keyboard.press("?");
    await page.waitForSelector("dialog[open]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    await page.keyboard.press("n"); // from place 1 to the next: the oldest study
    await eventually(() => hash(page)).toBe(`#/study/${uid(0)}`);
    await page.keyboard.press("Escape");
    await page.waitForSelector(`.worklist ${row(0)}[aria-selected=true]`); // the study page's rail has such rows too
    expect(complaints).toEqual([]);
  });

  it("comes back to the study that was open last, however fast the keys", async () => {
    const server = await serve();
    const { page } = await open(server, `/#/study/${uid(6)}`);
    await page.waitForSelector(".frame[data-loaded=true]");
    // Both keys before the browser reports the first change of address.
    await page.evaluate(`for (const key of ["p", "Escape"])
      window.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }))`);
    await page.waitForSelector(`.worklist ${row(5)}`);
    expect(await page.getAttribute(`.worklist ${row(5)}`, "aria-selected")).toBe("true");
  });

  it("goes to a page by G and its letter, and takes that letter for nothing else", async () => {
    const server = await serve();
    const { page } = await open(server, `/#/study/${uid(6)}`);
    await page.waitForSelector(".study-actions");
    await page.keyboard.press("g");
    await page.waitForSelector(".pages kbd:text-is('W')");
    await page.keyboard.press("m"); // no page's letter, and no longer "mark read"
    await page.waitForSelector(".pages kbd:text-is('Esc')");
    expect(server.get(uid(6)).reading).toBe("waiting");
    await page.keyboard.press("g");
    await page.keyboard.press("w");
    await page.waitForSelector(`.worklist ${row(6)}[aria-selected=true]`);
  });

  it("windows by dragging, zooms at the cursor, pans, and resets", async () => {
    const server = await serve();
    const { page } = await open(server, `/#/study/${uid(0)}`);
    await page.waitForSelector(".frame[data-loaded=true]");
    const corner = (): Promise<string> => textOf(page, ".corner.is-bottom-left");
    const box = await (await page.waitForSelector(".frame")).boundingBox();
    const at = { x: (box?.x ?? 0) + 300, y: (box?.y ?? 0) + 200 };
    expect(await corner()).toBe("Brain 40/80Zoom 100 %");
    await page.mouse.move(at.x, at.y);
    await page.mouse.down({ button: "right" });
    await page.mouse.move(at.x + 40, at.y - 20, { steps: 4 });
    await page.mouse.up({ button: "right" });
    // Half a Hounsfield unit a pixel: 20 wider, 10 higher.
    await eventually(corner).toBe("Window 50/100Zoom 100 %");
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -400); // e to the power of 400/400
    await page.keyboard.up("Control");
    await eventually(corner).toBe("Window 50/100Zoom 272 %");
    expect(await sliceOf(page)).toBe("17");
    await page.keyboard.press("r");
    await eventually(corner).toBe("Brain 40/80Zoom 100 %");
  });

  it("says of a new bleed while another study is open", async () => {
    const server = await serve();
    const { page } = await open(server, `/#/study/${uid(0)}`);
    await page.waitForSelector(".frame[data-loaded=true]");
    server.put({ ...server.get(uid(9)), finding: fakeFinding(0.93) });
    await page.waitForSelector(".notice.is-news");
    expect(await textOf(page, ".notice span")).toContain("suspected hemorrhage, 93 %, moved up 9 to place 1");
    expect(await textOf(page, ".rail li:first-child")).not.toBe("");
    await page.click(".notice-open");
    await eventually(() => hash(page)).toBe(`#/study/${uid(9)}`);
  });

  it("says that the list cannot be loaded, and loads it when it can", async () => {
    const server = await serve();
    const { page } = await open(server);
    await page.context().route("**/api/worklist", (route) => route.fulfill({ status: 503, body: "{}" }));
    await page.reload();
    await page.waitForSelector(".state-page[role=alert]");
    expect(await textOf(page, ".state-page")).toContain("The worklist could not be loaded");
    await page.context().unrouteAll();
    await page.waitForSelector(row(0));
  });

  it("says what is wrong with a study that does not exist", async () => {
    const server = await serve();
    const { page } = await open(server, "/#/study/1.2.3");
    await page.waitForSelector(".state-page[role=alert]");
    expect(await textOf(page, ".state-page")).toContain("There is no such study.");
  });

  /** Colour of the canvas where the slice's pixel (row, column) is drawn; the slice is fitted, not zoomed. */
  async function colourAt(
    page: Page,
    spacingMm: readonly [number, number],
    at: { row: number; column: number },
  ): Promise<number[]> {
    return page.evaluate<number[]>(`(() => {
      const canvas = document.querySelector(".frame canvas");
      const [heightMm, widthMm] = [512 * ${spacingMm[0]}, 512 * ${spacingMm[1]}];
      const scale = Math.min(canvas.width / widthMm, canvas.height / heightMm);
      const x = (canvas.width - widthMm * scale) / 2 + ${(at.column + 0.5) * spacingMm[1]} * scale;
      const y = (canvas.height - heightMm * scale) / 2 + ${(at.row + 0.5) * spacingMm[0]} * scale;
      return [...canvas.getContext("2d").getImageData(Math.floor(x), Math.floor(y), 1, 1).data];
    })()`);
  }

  it("lays the heat map on the right pixels, also when pixels are not square", async () => {
    // Four by four cells of 64 × 96 pixels from (64, 32); only cell (1, 2) is 1. Its centre lies at row
    // 64 + 1.5 × 64 = 160, column 32 + 2.5 × 96 = 272; one cell away in any direction the map is 0.
    const spacingMm = [0.5, 0.4] as const;
    const values = Array.from({ length: 16 }, (_, i) => (i === 6 ? 1 : 0));
    const region = { top: 64, left: 32, rows: 256, columns: 384 };
    const server = await serve({
      spacingMm,
      saliency: () => ({ rows: 4, columns: 4, values, peak: 10, region }),
      referencePeak: 10,
    });
    const { page } = await open(server, `/#/study/${uid(0)}`);
    await page.waitForSelector(".frame[data-loaded=true]");
    const spots = {
      centre: { row: 160, column: 272 },
      halfway: { row: 160, column: 272 + 48 },
      nextRow: { row: 160 + 66, column: 272 },
      nextColumn: { row: 160, column: 272 - 98 },
      outside: { row: 40, column: 272 },
    };
    await page.locator("input[type=range]").fill("50");
    const look = async (): Promise<Record<string, number[]>> => {
      const colours: Record<string, number[]> = {};
      for (const [name, at] of Object.entries(spots)) colours[name] = await colourAt(page, spacingMm, at);
      return colours;
    };
    const withMap = await look();
    await page.keyboard.press("h");
    const without = await look();
    const grey = without["centre"]?.[0] ?? 0;
    // Half of the picture, half of the map's full colour (255, 232, 170).
    [255, 232, 170].forEach((full, channel) => {
      expect(Math.abs((withMap["centre"]?.[channel] ?? 0) - (grey + full) / 2)).toBeLessThanOrEqual(3);
    });
    // Halfway to the next cell the value is 0.5: opacity (0.5 − 0.1) / 0.6, times the slider's half, a third.
    // Colour there: 0.15 / 0.35 of the way from (190, 66, 22) to (240, 148, 58).
    const greyHalfway = without["halfway"]?.[0] ?? 0;
    [211, 101, 37].forEach((full, channel) => {
      const expected = greyHalfway * (2 / 3) + full / 3;
      expect(Math.abs((withMap["halfway"]?.[channel] ?? 0) - expected)).toBeLessThanOrEqual(3);
    });
    for (const name of ["nextRow", "nextColumn", "outside"]) expect(withMap[name]).toEqual(without[name]);
  });

  it("keeps an empty map visibly empty, and shows its peak", async () => {
    const region = { top: 0, left: 0, rows: 512, columns: 512 };
    const server = await serve({
      saliency: () => ({ rows: 2, columns: 2, values: [1, 1, 1, 1], peak: 0.5, region }),
      referencePeak: 10,
    });
    const { page } = await open(server, `/#/study/${uid(0)}`);
    await page.waitForSelector(".frame[data-loaded=true]");
    const at = { row: 256, column: 200 };
    const withMap = await colourAt(page, [0.45, 0.45], at);
    await page.keyboard.press("h");
    expect(await colourAt(page, [0.45, 0.45], at)).toEqual(withMap);
    expect(await textOf(page, ".corner.is-bottom-right")).toBe("hires-cam map, peak 0.500 (5 % of full) E");
  });

  it("shows the map by the method that is chosen, by key and by click, with its own peak", async () => {
    const region = { top: 0, left: 0, rows: 512, columns: 512 };
    const asked: string[] = [];
    const server = await serve({
      saliency: (_index, method) => {
        asked.push(method);
        const made = { rows: 1, columns: 1, values: [1], region };
        return method === "" ? { ...made, peak: 0.5 } : { ...made, peak: 0.25, referencePeak: 0.25 };
      },
      referencePeak: 10,
    });
    const { page } = await open(server, `/#/study/${uid(0)}`);
    await page.waitForSelector(".frame[data-loaded=true]");
    const at = { row: 256, column: 200 };
    const own = await colourAt(page, [0.45, 0.45], at);
    const words = (): Promise<string> => textOf(page, ".map-words");
    await page.keyboard.press("e");
    await eventually(words).toBe("grad-cam map, peak 0.250 (100 % of full) E");
    expect(await colourAt(page, [0.45, 0.45], at)).not.toEqual(own);
    await page.click(".map-words");
    await eventually(words).toBe("layer-cam map, peak 0.250 (100 % of full) E");
    // The next slice's map is made, too.
    const before = Number(await sliceOf(page));
    await page.keyboard.press("ArrowDown");
    await eventually(() => sliceOf(page)).toBe(String(before + 1));
    await eventually(words).toBe("layer-cam map, peak 0.250 (100 % of full) E");
    await page.keyboard.press("e");
    await eventually(words).toBe("hires-cam map, peak 0.500 (5 % of full) E");
    expect(new Set(asked)).toEqual(new Set(["", "grad-cam", "layer-cam"]));
  });

  it("shows the three windows with the colours that the network gets", async () => {
    const server = await serve();
    const { page } = await open(server, `/#/study/${uid(0)}`);
    await page.waitForSelector(".frame[data-loaded=true]");
    await page.keyboard.press("h");
    await page.keyboard.press("4");
    // The skull's 900 HU (± 4 of grain) by hand: brain and subdural are full, bone is
    // ((900 − 599.5) / 2799 + 0.5) × 255 = 154.9.
    await page.keyboard.press("Home");
    await page.waitForSelector(".frame[data-loaded=true]");
    const [red, green, blue] = await colourAt(page, [0.45, 0.45], { row: 256, column: 155 });
    expect([red, green]).toEqual([255, 255]);
    expect(Math.abs((blue ?? 0) - 155)).toBeLessThanOrEqual(2);
  });
});
