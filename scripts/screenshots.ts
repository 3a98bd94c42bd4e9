/**
 * @file Makes the README's pictures anew: `node scripts/screenshots.ts`. Phantoms only; needs Chromium.
 *
 * Runs the demo in a process of its own, waits until its evening is scored, and photographs the page.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import type { WorklistResponse } from "../src/domain/api.ts";
import { launchChromium, openPage } from "../tests/fixtures/chromium.ts";

const root = join(import.meta.dirname, "..");
const images = join(root, "docs", "images");
const STUDIES = 16;

const demo = spawn(
  process.execPath,
  ["src/cli/main.ts", "demo", "--minutes", "1", "--studies", String(STUDIES), "--http-port", "0"],
  { cwd: root, stdio: ["ignore", "pipe", "inherit"] },
);
try {
  let url = "";
  for await (const line of createInterface({ input: demo.stdout })) {
    url = /http:\/\/\S+/.exec(line)?.[0] ?? "";
    if (url !== "") break;
  }
  demo.stdout.resume();
  const worklist = async (): Promise<WorklistResponse> =>
    (await (await fetch(`${url}/api/worklist`)).json()) as WorklistResponse;
  const isDone = ({ items }: WorklistResponse): boolean =>
    items.length === STUDIES &&
    items.every(({ analysis }) => analysis === "scored" || analysis === "not-applicable");
  while (!isDone(await worklist())) await sleep(1000);

  await mkdir(images, { recursive: true });
  const browser = await launchChromium();
  const { page } = await openPage(browser, url, "Dr Weber");
  await sleep(3000);
  await page.screenshot({ path: join(images, "worklist.png") });
  const flagged = (await worklist()).items.filter(({ finding }) => finding?.flagged);
  const clearest = flagged.reduce((a, b) =>
    (b.finding?.suspiciousSliceCount ?? 0) > (a.finding?.suspiciousSliceCount ?? 0) ? b : a,
  );
  await page.goto(`${url}/#/study/${clearest.studyInstanceUid}`);
  await sleep(4000);
  await page.screenshot({ path: join(images, "viewer.png") });
  await page.goto(`${url}/#/simulator`);
  await sleep(6000);
  await page.screenshot({ path: join(images, "simulator.png") });
  await browser.close();
} finally {
  demo.kill("SIGINT");
  await once(demo, "exit");
}
