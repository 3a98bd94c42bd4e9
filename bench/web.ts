/**
 * @file The page with 5,000 studies, in a real Chromium: how soon there is a list, what an event costs, and
 * whether scrolling keeps the frame rate. Run: `node bench/web.ts [--studies 5000] [--json]`. Times of the
 * clock are to be read with the machine's load in view; those of the processor hold on a busy one, too.
 */
import { parseArgs } from "node:util";

import type { CDPSession, Page } from "playwright-core";

import { buildPage, launchChromium, openPage } from "../tests/fixtures/chromium.ts";
import { fakeFinding, fakeItem } from "../tests/fixtures/fake-studies.ts";
import { startPageServer } from "../tests/fixtures/page-server.ts";
import type { PageServer } from "../tests/fixtures/page-server.ts";

const { values } = parseArgs({
  options: { studies: { type: "string", default: "5000" }, json: { type: "boolean", default: false } },
});
const studies = Number(values.studies);
const OPENINGS = 5;
const EVENTS = 40;

const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
const quantile = (numbers: readonly number[], q: number): number =>
  sorted(numbers)[Math.min(numbers.length - 1, Math.floor(q * numbers.length))] ?? NaN;
const round = (ms: number): number => Math.round(ms * 10) / 10;

/** A counter of the page's main thread, in milliseconds: of the clock, or of the processor. */
type Counter = "ScriptDuration" | "ThreadTime";

async function counter(session: CDPSession, name: Counter): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return 1000 * (metrics.find((metric) => metric.name === name)?.value ?? NaN);
}

async function observe(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  return session;
}

/** From navigation to the first row painted, on the page's own clock; each time with an empty cache. */
async function timeOpenings(open: () => Promise<Page>, url: string) {
  const clock: number[] = [];
  const cpu: number[] = [];
  for (let i = 0; i < OPENINGS; i++) {
    const page = await open();
    const session = await observe(page);
    await page.goto(url);
    await page.waitForSelector(".row");
    clock.push(
      await page.evaluate<number>(
        "new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))",
      ),
    );
    cpu.push(await counter(session, "ThreadTime"));
    await page.context().close();
  }
  return { clock, cpu };
}

/** Findings arrive one after another, each moving a study from far down to the top. */
async function timeEvents(server: PageServer, page: Page, session: CDPSession) {
  const script: number[] = [];
  const cpu: number[] = [];
  const latency: number[] = [];
  // Playwright waits by looking in every frame, which costs the page more than the event does.
  await page.evaluate(`window.whenThere = (uid) => new Promise((done) => {
    const look = () => {
      if (!document.querySelector('[data-uid="' + uid + '"] .move')) return;
      observer.disconnect();
      done(Date.now());
    };
    const observer = new MutationObserver(look);
    observer.observe(document.querySelector(".list-rows"), { childList: true, subtree: true });
    look();
  })`);
  for (let i = 0; i < EVENTS; i++) {
    const uid = `2.25.4242.${studies - 1 - i * 7}`;
    const scriptBefore = await counter(session, "ScriptDuration");
    const cpuBefore = await counter(session, "ThreadTime");
    const seen = page.evaluate<number>(`window.whenThere(${JSON.stringify(uid)})`);
    await page.waitForTimeout(50);
    const sentAt = Date.now();
    // The earliest arrival of all, so that it enters the rows in sight.
    const arrivedAt = new Date(sentAt - (10_000 + i) * 60_000).toISOString();
    server.put({ ...server.get(uid), arrivedAt, finding: fakeFinding(0.93), orderPriority: "stat" });
    latency.push((await seen) - sentAt);
    await page.waitForTimeout(500);
    script.push((await counter(session, "ScriptDuration")) - scriptBefore);
    cpu.push((await counter(session, "ThreadTime")) - cpuBefore);
  }
  return { script, cpu, latency };
}

/** Processor milliseconds of half a second without events: clocks tick, the list is ranked again. */
async function timeIdle(page: Page, session: CDPSession): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 10; i++) {
    const before = await counter(session, "ThreadTime");
    await page.waitForTimeout(500);
    times.push((await counter(session, "ThreadTime")) - before);
  }
  return times;
}

/** Distances between frames while the wheel turns. */
async function timeScrolling(page: Page): Promise<number[]> {
  await page.hover(".list");
  await page.evaluate(`window.frames_ = []; { let last = performance.now(); const tick = (now) => {
    window.frames_.push(now - last); last = now; requestAnimationFrame(tick); }; requestAnimationFrame(tick); }`);
  for (let i = 0; i < 120; i++) {
    await page.mouse.wheel(0, 240);
    await page.waitForTimeout(8);
  }
  return (await page.evaluate<number[]>("window.frames_")).slice(2);
}

const browser = await launchChromium();
const built = await buildPage();
const items = Array.from({ length: studies }, (_, n) => fakeItem(n, (n * 7.3) % 900));
const server = await startPageServer({ items, webDir: built.webDir });
try {
  const openings = await timeOpenings(async () => (await openPage(browser, "about:blank")).page, server.url);
  const { page } = await openPage(browser, server.url);
  await page.waitForSelector(".row");
  const session = await observe(page);
  await page.waitForTimeout(1000);
  const idle = await timeIdle(page, session);
  const events = await timeEvents(server, page, session);
  const frames = await timeScrolling(page);
  const report = {
    studies,
    firstRowMs: {
      median: round(quantile(openings.clock, 0.5)),
      worst: round(Math.max(...openings.clock)),
      mainThreadCpuMedian: round(quantile(openings.cpu, 0.5)),
    },
    perEventMs: {
      scriptMedian: round(quantile(events.script, 0.5)),
      scriptP95: round(quantile(events.script, 0.95)),
      sentToRowMedian: round(quantile(events.latency, 0.5)),
      sentToRowP95: round(quantile(events.latency, 0.95)),
      mainThreadCpuMedian: round(quantile(events.cpu, 0.5)),
      mainThreadCpuIdleMedian: round(quantile(idle, 0.5)),
    },
    scrollFramesMs: {
      count: frames.length,
      median: round(quantile(frames, 0.5)),
      p95: round(quantile(frames, 0.95)),
      worst: round(Math.max(...frames)),
    },
  };
  if (values.json) console.log(JSON.stringify(report));
  else console.dir(report);
} finally {
  await browser.close();
  await server.close();
  built.remove();
}
