/**
 * @file Notices to the outside, the whole way: from a finding's transaction to a peer that answers, one that does
 * not, and one that is not there; and what the page sees and does of it.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { configure as configureNotify } from "../src/cli/commands/notify.ts";
import { commandRunner } from "../src/cli/test-command.ts";
import type { ChannelTestResponse, NotificationsResponse, RetryResponse } from "../src/domain/notices.ts";
import { studyTag } from "../src/server/log.ts";
import { startNoticeReceiver, SECRET, type NoticeReceiver } from "./support/notice-receiver.ts";
import { freePort } from "./support/peers.ts";
import {
  getStudy,
  post,
  send,
  startTestServer,
  StubScorer,
  studyFiles,
  untilItem,
  type TestServer,
} from "./support/running-server.ts";

const run = commandRunner();
const scorer = new StubScorer();
let server: TestServer;
/** Answers at once; never answers; is not there until a test starts it. */
let prompt: NoticeReceiver;
let silent: NoticeReceiver;
let absentPort: number;

beforeAll(async () => {
  prompt = await startNoticeReceiver();
  silent = await startNoticeReceiver();
  silent.status = null;
  absentPort = await freePort();
  const webhook = (name: string, url: string, more: object = {}) => ({
    ...{ name, kind: "webhook", url, secret: SECRET, timeoutSeconds: 60, ...more },
  });
  server = await startTestServer({
    parts: { openScorer: async () => scorer, webDir: "/nowhere" },
    config: {
      notify: {
        pageUrl: "https://reading.example/",
        retry: { attempts: 3, firstSeconds: 0.05, longestSeconds: 0.1 },
        channels: [
          webhook("silent", silent.url),
          webhook("absent", `http://127.0.0.1:${absentPort}/hook`, { events: ["flagged"] }),
          webhook("prompt", prompt.url, { events: ["flagged", "cleared", "failed", "top-tier"] }),
          webhook("named", prompt.url, { events: ["failed"], include: ["accessionNumber", "patientSex"] }),
        ],
      },
    },
  });
});
afterAll(async () => {
  await Promise.all([prompt.close(), silent.close()]);
  await server.remove();
});

const state = async (): Promise<NotificationsResponse> =>
  (await (await fetch(`${server.httpUrl}/api/notifications`)).json()) as NotificationsResponse;
const channel = async (name: string) => (await state()).channels.find((one) => one.name === name);
const about = (uid: string, type: string) => (notice: { reference: string; type: string }) =>
  notice.reference === studyTag(uid) && notice.type === `study.${type}`;

/** Send a study and wait until it is scored. */
async function score(uid: string, probability: number, files = studyFiles(uid, 1)) {
  scorer.verdicts.set(uid, { kind: "finding", probability });
  await send(server, files);
  return untilItem(server, uid, ({ analysis }) => analysis === "scored");
}

describe("a suspected hemorrhage", () => {
  it("is told once, signed, without patient data, while other peers do not answer or are not there", async () => {
    await score("1.2.20", 0.93);
    const notice = await prompt.until(about("1.2.20", "flagged"));
    expect(notice.isSigned).toBe(true);
    // From 10 to 19 o'clock the time itself has the patient's ID, "T1", in it: "…T12:24…".
    const { timestamp } = JSON.parse(notice.text) as { timestamp: string };
    expect(timestamp).toBe(new Date(timestamp).toISOString());
    expect(notice.text.replace(timestamp, "")).not.toMatch(/TEST|RECEIVING|T1|A0001|1\.2\.20/);
    expect(JSON.parse(notice.text)).toMatchObject({
      notice: "Research use only. Not for diagnosis.",
      data: {
        study: {
          reference: studyTag("1.2.20"),
          link: `https://reading.example/open/${studyTag("1.2.20")}`,
        },
        finding: { probability: 0.93, flagged: true },
      },
    });
    // The silent peer is still being waited for: neither scoring nor the other channel waits with it.
    await silent.until(about("1.2.20", "flagged"));
    await score("1.2.21", 0.8);
    await prompt.until(about("1.2.21", "flagged"));
    expect(prompt.received.filter(about("1.2.20", "flagged"))).toHaveLength(1);
    expect(silent.received).toHaveLength(1);
    expect(await channel("silent")).toMatchObject({ queued: 2, dead: 0, lastSentAt: null });
  });

  it("is taken back when it no longer is one, and said again when it is", async () => {
    await score("1.2.22", 0.9);
    await score("1.2.22", 0.2, studyFiles("1.2.22", 1, 2));
    await prompt.until(about("1.2.22", "cleared"));
    await score("1.2.22", 0.3, studyFiles("1.2.22", 1, 3));
    await score("1.2.22", 0.95, studyFiles("1.2.22", 1, 4));
    await expect
      .poll(
        () => prompt.received.filter((one) => one.reference === studyTag("1.2.22")).map((one) => one.type),
        {
          timeout: 20_000,
        },
      )
      .toEqual(expect.arrayContaining(["study.flagged", "study.top-tier", "study.cleared", "study.flagged"]));
    const ids = prompt.received.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is opened by its reference", async () => {
    const open = (path: string) => fetch(`${server.httpUrl}${path}`, { redirect: "manual" });
    const found = await open(`/open/${studyTag("1.2.20")}`);
    expect([found.status, found.headers.get("location")]).toEqual([302, "/#/study/1.2.20"]);
    expect((await open("/open/0000000000")).headers.get("location")).toBe("/#/");
    expect((await open("/open/'--")).headers.get("location")).toBe("/#/");
  });
});

describe("other events", () => {
  it("tells a failed analysis, with what the channel's configuration names and nothing else", async () => {
    scorer.verdicts.set("1.2.30", { kind: "failed", reason: "Instance of TEST^RECEIVING is damaged." });
    await send(server, studyFiles("1.2.30", 1));
    await expect
      .poll(() => prompt.received.filter(about("1.2.30", "failed")).length, { timeout: 20_000 })
      .toBe(2);
    const studies = prompt.received
      .filter(about("1.2.30", "failed"))
      .map(({ text }) => (JSON.parse(text) as { data: { study: object } }).data.study);
    const plain = {
      reference: studyTag("1.2.30"),
      link: `https://reading.example/open/${studyTag("1.2.30")}`,
    };
    expect(studies).toContainEqual(plain);
    expect(studies).toContainEqual({ ...plain, accessionNumber: "A0001", patientSex: "O" });
    expect(prompt.received.map(({ text }) => text).join()).not.toContain("damaged");
  });

  it("tells once that a study is in the most pressing tier, whatever brought it there", async () => {
    await score("1.2.31", 0.1);
    await post(server, "/api/studies/1.2.31/feedback", { reader: "Dr Kaya", agrees: false });
    const { text } = await prompt.until(about("1.2.31", "top-tier"));
    expect(JSON.parse(text)).toMatchObject({ data: { tier: "critical" } });
    expect(text).not.toContain("Kaya");
    await post(server, "/api/studies/1.2.31/feedback", { reader: "Dr Kaya", agrees: true });
    await post(server, "/api/studies/1.2.31/feedback", { reader: "Dr Kaya", agrees: false });
    await score("1.2.32", 0.9);
    await prompt.until(about("1.2.32", "top-tier"));
    expect(prompt.received.filter(about("1.2.31", "top-tier"))).toHaveLength(1);
  });
});

describe("a peer that is not there", () => {
  it("gets dead letters after so many attempts, and has them when someone asks for them again", async () => {
    await score("1.2.40", 0.9);
    await expect
      .poll(async () => (await state()).deliveries.find(isDeadLetter("1.2.40")), { timeout: 20_000 })
      .toMatchObject({ attempts: 3, lastError: expect.stringContaining("ECONNREFUSED") as string });
    const dead = (await state()).deliveries.find(isDeadLetter("1.2.40"));
    const failing = await channel("absent");
    expect(failing?.failingSince).not.toBeNull();
    expect(failing?.dead).toBeGreaterThan(0);

    const peer = await startNoticeReceiver(absentPort);
    try {
      const path = `/api/notifications/deliveries/${dead?.id}/retry`;
      expect((await post(server, path, { who: "Dr Kaya" })).body).toEqual({ retried: 1, overtaken: 0 });
      await peer.until(about("1.2.40", "flagged"));
      await expect.poll(async () => (await channel("absent"))?.failingSince, { timeout: 20_000 }).toBeNull();
      expect((await post(server, path, { who: "Dr Kaya" })).status).toBe(404);
      const all = await post(server, "/api/notifications/absent/retry", { who: "Dr Kaya" });
      expect((all.body as unknown as RetryResponse).retried).toBeGreaterThan(0);
      await expect
        .poll(() => channel("absent"), { timeout: 20_000 })
        .toMatchObject({ queued: 0, dead: 0, failingSince: null });
      const { history } = await getStudy(server, "1.2.40");
      expect(history).toContainEqual(
        expect.objectContaining({ who: "Dr Kaya", what: "asked for a notice again", detail: "absent" }),
      );
    } finally {
      await peer.close();
    }
  });

  const isDeadLetter =
    (uid: string) =>
    (one: NotificationsResponse["deliveries"][number]): boolean =>
      one.channel === "absent" && one.studyInstanceUid === uid && one.state === "dead";
});

describe("a test of a channel", () => {
  it("goes at once, past the queue, and is logged", async () => {
    const ask = async (name: string) => post(server, `/api/notifications/${name}/test`, { who: "Dr Kaya" });
    const well = (await ask("prompt")).body as unknown as ChannelTestResponse;
    expect(well).toMatchObject({ ok: true, detail: "204" });
    expect(prompt.received.at(-1)).toMatchObject({ type: "study.test", reference: "test", isSigned: true });
    const badly = (await ask("absent")).body as unknown as ChannelTestResponse;
    expect(badly).toMatchObject({ ok: false, detail: expect.stringContaining("ECONNREFUSED") as string });
    expect((await ask("nobody")).status).toBe(404);
    const { deliveries } = await state();
    expect(deliveries.filter(({ event }) => event === "test").map((one) => [one.channel, one.state])).toEqual(
      [
        ["absent", "dead"],
        ["prompt", "sent"],
      ],
    );
    // A test that failed is no dead letter: there is nothing to send again.
    expect((await channel("absent"))?.dead).toBe(0);
  });

  it("is asked for by firstread notify, which says what came of it", async () => {
    const at = ["--server", server.httpUrl];
    expect(await run(configureNotify, "test", "prompt", ...at)).toMatchObject({
      code: 0,
      out: [expect.stringMatching(/^prompt: delivered \(204\), \d+ ms$/)],
    });
    const failed = await run(configureNotify, "test", "absent", "--json", ...at);
    expect([failed.code, JSON.parse(failed.out[0] ?? "")]).toEqual([
      1,
      expect.objectContaining({ ok: false }),
    ]);
    await expect(run(configureNotify, "test", "nobody", ...at)).rejects.toThrow(
      "The channel is not known here.",
    );
    const { out } = await run(configureNotify, "list", ...at);
    expect(out).toHaveLength(4);
    expect(out[1]).toMatch(
      /^absent \(webhook, http:.*\): failing since .* \(ECONNREFUSED\)\. 0 queued, 0 dead$/,
    );
  });

  it("shows where a channel goes and never its secret", async () => {
    expect(JSON.stringify(await state())).not.toContain(SECRET);
    expect(await channel("named")).toMatchObject({
      target: `http://127.0.0.1:${prompt.port}/…`,
      include: ["accessionNumber", "patientSex"],
    });
  });
});
