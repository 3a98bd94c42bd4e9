/**
 * @file A policy's file that is edited while readers look at the list: the page in a real Chromium, the server
 * and its database real, a stand-in for the model.
 */
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { buildPage, hasChromium, launchChromium, openPage } from "./fixtures/chromium.ts";
import { rowOrder, textOf } from "./fixtures/page-tests.ts";
import {
  makeFolder,
  send,
  startTestServer,
  StubScorer,
  studyFiles,
  untilItem,
  type TestServer,
} from "./support/running-server.ts";

const skipped = hasChromium ? "" : " (skipped: /usr/bin/chromium is not installed)";
const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 20_000, interval: 20 });

describe.skipIf(!hasChromium)(`a policy's file that is edited${skipped}`, () => {
  let browser: Browser;
  let built: Awaited<ReturnType<typeof buildPage>>;
  let server: TestServer;
  let file: string;

  const edit = async (text: string): Promise<void> => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };

  beforeAll(async () => {
    built = await buildPage();
    browser = await launchChromium();
    const dataDir = await makeFolder();
    file = join(dataDir, "policy.yaml");
    await edit("name: by-order");
    const parts = { openScorer: async () => new StubScorer(), webDir: built.webDir };
    server = await startTestServer({ dataDir, parts, config: { worklist: { policy: file } } });
  });
  afterAll(async () => {
    await browser.close();
    await server.remove();
    built.remove();
  });

  it("reorders the open page without a reload, and says so when it cannot be used", async () => {
    for (const uid of ["1.2.40", "1.2.41"]) {
      await send(server, studyFiles(uid, 1));
      await untilItem(server, uid, (item) => item.analysis === "scored");
    }
    const { page, complaints } = await openPage(browser, server.httpUrl, "Dr Roth");
    await page.waitForSelector('[data-uid="1.2.41"]');
    expect(await rowOrder(page)).toEqual(["1.2.40", "1.2.41"]);
    await page.evaluate("window.isSamePage = true");

    // StudyInstanceUID is no keyword of the table: any attribute can be named by its tag.
    await edit(`name: by-uid
rules:
  - name: That one
    when: { "(0020,000D)": { is: "1.2.41" }, BodyPartExamined: head }
    liftTo: stat
`);
    await eventually(() => rowOrder(page)).toEqual(["1.2.41", "1.2.40"]);
    expect(await textOf(page, '[data-uid="1.2.41"] .cell-why')).toBe(
      "That one; Routine order; no bleed found",
    );
    await eventually(() => textOf(page, ".policy-state")).toBe("by-uid policy");

    await edit("name: by-uid\nrules: everything");
    await eventually(() => textOf(page, ".policy-state")).toContain("cannot be used, “by-uid” ranks on");
    expect(await page.getAttribute(".policy-state", "title")).toBe(
      'policy.yaml:2:1: rules: expected a list of rules, got "everything"',
    );
    expect(await rowOrder(page)).toEqual(["1.2.41", "1.2.40"]);
    const ready = (await (await fetch(`${server.httpUrl}/readyz`)).json()) as Record<string, string>;
    expect([ready["status"], ready["policyProblem"]]).toEqual([
      "ready",
      expect.stringContaining("a list of rules"),
    ]);
    expect(await page.evaluate("window.isSamePage")).toBe(true);
    expect(complaints).toEqual([]);
  });
});
