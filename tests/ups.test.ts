/**
 * @file UPS-RS from the outside: the examples and rules of PS3.18 chapter 11 and PS3.4 Annex CC, beside the page.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { TestServer } from "./support/running-server.ts";
import {
  getStudy,
  post,
  send,
  startTestServer,
  StubScorer,
  studyFiles,
  untilItem,
} from "./support/running-server.ts";

type Element = { readonly vr: string; readonly Value?: readonly unknown[] };
type Workitem = Readonly<Record<string, Element>>;

const [STATE, PRIORITY, TRANSACTION] = ["00741000", "00741200", "00081195"] as const;
const DICOM_JSON = "application/dicom+json";

let server: TestServer;
const scorer = new StubScorer();
let next = 500;

beforeAll(async () => {
  server = await startTestServer({ parts: { openScorer: async () => scorer, webDir: "/nowhere" } });
});
afterAll(async () => server.remove());

async function request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.httpUrl}/dicomweb/workitems${path}`, {
    method,
    headers: { ...(body !== undefined && { "content-type": DICOM_JSON }), ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  return {
    status: response.status,
    type,
    warning: response.headers.get("warning") ?? "",
    text,
    workitems: type.startsWith(DICOM_JSON) ? (JSON.parse(text) as Workitem[]) : [],
  };
}

const valueOf = (workitem: Workitem | undefined, tag: string): unknown => workitem?.[tag]?.Value?.[0];
const uidOf = (workitem: Workitem | undefined): string => String(valueOf(workitem, "00080018"));
const stateBody = (state: string, transaction?: string) => ({
  ...(transaction !== undefined && { [TRANSACTION]: { vr: "UI", Value: [transaction] } }),
  [STATE]: { vr: "CS", Value: [state] },
});
const search = async (query: string): Promise<Workitem[]> => (await request("GET", `?${query}`)).workitems;
const openOf = async (study: string): Promise<Workitem | undefined> =>
  (await search(`StudyInstanceUID=${study}`)).find((item) =>
    ["SCHEDULED", "IN PROGRESS"].includes(String(valueOf(item, STATE) as string)),
  );

let study = "";
let uid = "";
beforeEach(async () => {
  study = `1.2.${next++}`;
  await send(server, studyFiles(study, 2));
  await untilItem(server, study, ({ analysis }) => analysis === "scored");
  uid = uidOf(await openOf(study));
});

describe("search and retrieve", () => {
  it("makes a workitem of a study, with all that reading it needs", async () => {
    expect(uid).toMatch(/^2\.25\.\d{30,39}$/);
    const { status, type, workitems } = await request("GET", `/${uid}`);
    expect([status, type.split(";")[0], workitems.length]).toEqual([200, DICOM_JSON, 1]);
    const [item] = workitems;
    expect(item).toMatchObject({
      "00080005": { vr: "CS", Value: ["ISO_IR 192"] },
      "00080016": { vr: "UI", Value: ["1.2.840.10008.5.1.4.34.6.1"] },
      "00100010": { vr: "PN", Value: [{ Alphabetic: "TEST^RECEIVING" }] },
      "00100020": { vr: "LO", Value: ["T1"] },
      "0020000D": { vr: "UI", Value: [study] },
      "00404041": { vr: "CS", Value: ["READY"] },
      "00741000": { vr: "CS", Value: ["SCHEDULED"] },
      "00741200": { vr: "CS", Value: ["MEDIUM"] },
      "00741202": { vr: "LO", Value: ["FirstRead"] },
      "00741216": { vr: "SQ" },
    });
    expect(valueOf(item, "00404018")).toMatchObject({
      "00080100": { Value: ["110005"] },
      "00080102": { Value: ["DCM"] },
      "00080104": { Value: ["Interpretation"] },
    });
    expect(valueOf(item, "00404021")).toEqual({
      "0020000D": { vr: "UI", Value: [study] },
      "0020000E": { vr: "UI", Value: [`${study}.1`] },
      "0040E020": { vr: "CS", Value: ["DICOM"] },
      "0040E025": {
        vr: "SQ",
        Value: [
          {
            "00081190": {
              vr: "UR",
              Value: [`${server.httpUrl}/dicomweb/studies/${study}/series/${study}.1`],
            },
          },
        ],
      },
      "00081199": {
        vr: "SQ",
        Value: [1, 2].map((n) => ({
          "00081150": { vr: "UI", Value: ["1.2.840.10008.5.1.4.1.1.2"] },
          "00081155": { vr: "UI", Value: [`${study}.1.${n}`] },
        })),
      },
    });
    expect(item?.[TRANSACTION]).toBeUndefined();
  });

  it("finds in ranked order, page by page, and only what matches", async () => {
    const bleed = `1.2.${next++}`;
    scorer.verdicts.set(bleed, { kind: "finding", probability: 0.93 });
    await send(server, studyFiles(bleed, 1));
    await untilItem(server, bleed, ({ analysis }) => analysis === "scored");
    const scheduled = await search("ProcedureStepState=SCHEDULED");
    expect(valueOf(scheduled[0], "0020000D")).toBe(bleed);
    expect([valueOf(scheduled[0], PRIORITY), valueOf(scheduled[0], "00091001")]).toEqual(["HIGH", 1]);
    expect(String(valueOf(scheduled[0], "00400400") as string)).toContain("Suspected hemorrhage (93 %)");
    const paged = await search("ProcedureStepState=SCHEDULED&offset=1&limit=1");
    expect(paged.map(uidOf)).toEqual([uidOf(scheduled[1])]);
    const matched = await search(
      "00741200=HIGH&ScheduledWorkitemCodeSequence.CodeValue=110005&PatientName=test*",
    );
    expect(matched.map(uidOf)).toEqual([uidOf(scheduled[0])]);
    const year = new Date().getUTCFullYear();
    expect(await search(`ScheduledProcedureStepStartDateTime=${year + 1}-`)).toEqual([]);
    expect(
      (await search(`StudyInstanceUID=${bleed}&includefield=InputInformationSequence`))[0]?.["00404021"],
    ).toBeDefined();
    expect((await search(`StudyInstanceUID=${bleed}`))[0]?.["00404021"]).toBeUndefined();
  });

  it.each([
    ["nothing found", "GET", "?PatientID=nobody", 204],
    ["an unknown attribute", "GET", "?Nonsense=1", 400],
    ["a page that is none", "GET", "?limit=-1", 400],
    ["a date that is none", "GET", "?PatientBirthDate=yesterday", 400],
    ["a pattern of many stars", "GET", `?WorklistLabel=${"*a".repeat(400)}`, 204],
    ["a giant query", "GET", `?WorklistLabel=${"x".repeat(2000)}`, 400],
    ["an unknown workitem", "GET", "/1.2.3", 404],
    ["another workitem", "POST", "", 405],
  ])("answers %s", async (_name, method, path, status) => {
    expect((await request(method, path, method === "POST" ? {} : undefined)).status).toBe(status);
  });

  it("says what it cannot give", async () => {
    expect((await request("GET", `/${uid}`, undefined, { accept: "application/dicom+xml" })).status).toBe(
      406,
    );
    const fuzzy = await request("GET", `?StudyInstanceUID=${study}&fuzzymatching=true`);
    expect([fuzzy.status, fuzzy.warning]).toEqual([200, expect.stringMatching(/^299 http.*fuzzymatching/)]);
  });
});

describe("the state of a workitem", () => {
  it("IN PROGRESS is a claim that the page sees, COMPLETED is read; the history names the client", async () => {
    const claimed = await request("PUT", `/${uid}/state/READER_AE`, stateBody("IN PROGRESS", "1.9.1"));
    expect(claimed.status).toBe(200);
    expect((await getStudy(server, study)).item).toMatchObject({ reading: "claimed", reader: "READER_AE" });
    expect((await post(server, `/api/studies/${study}/claim`, { reader: "Ann" })).status).toBe(409);
    expect((await post(server, `/api/studies/${study}/read`, { reader: "Ann" })).status).toBe(409);
    const [item] = (await request("GET", `/${uid}`)).workitems;
    expect(valueOf(item, STATE)).toBe("IN PROGRESS");
    expect(item?.[TRANSACTION]).toBeUndefined();
    expect((await request("PUT", `/${uid}/state`, stateBody("COMPLETED", "1.9.1"))).status).toBe(200);
    const { item: row, history } = await getStudy(server, study);
    expect(row).toMatchObject({ reading: "read", reader: "READER_AE" });
    expect(history.filter(({ who }) => who === "READER_AE").map(({ what }) => what)).toEqual([
      "claimed",
      "read",
    ]);
    const [done] = (await request("GET", `/${uid}`)).workitems;
    expect(valueOf(done, STATE)).toBe("COMPLETED");
    expect(valueOf(done, "00741216")).toMatchObject({
      "00404035": { Value: [{ "00404037": { Value: [{ Alphabetic: "READER_AE" }] } }] },
      "00404050": { Value: [expect.stringMatching(/^\d{14}\.\d{3}\+0000$/)] },
    });
    const again = await request("PUT", `/${uid}/state`, stateBody("COMPLETED", "1.9.1"));
    expect([again.status, again.warning]).toEqual([
      200,
      expect.stringContaining("already in the requested state of COMPLETED"),
    ]);
  });

  it("is held by one: of two claims at once one is refused, whoever asks", async () => {
    const claims = await Promise.all([
      request("PUT", `/${uid}/state/A`, stateBody("IN PROGRESS", "1.9.1")),
      request("PUT", `/${uid}/state/A`, stateBody("IN PROGRESS", "1.9.2")),
    ]);
    expect(claims.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(claims.find(({ status }) => status === 409)?.warning).toContain("inconsistent with the state");
  });

  it("follows the page: a claim there is IN PROGRESS and nobody's here; released, it is CANCELED and scheduled anew", async () => {
    await post(server, `/api/studies/${study}/claim`, { reader: "Ann" });
    const refused = await request("PUT", `/${uid}/state`, stateBody("COMPLETED", "1.9.1"));
    expect([refused.status, refused.warning]).toEqual([
      409,
      expect.stringContaining("Transaction UID is incorrect"),
    ]);
    expect((await request("PUT", `/${uid}/state`, stateBody("IN PROGRESS", "1.9.1"))).status).toBe(409);
    await post(server, `/api/studies/${study}/release`, { reader: "Ann" });
    expect(valueOf((await request("GET", `/${uid}`)).workitems[0], STATE)).toBe("CANCELED");
    const anew = await openOf(study);
    expect(valueOf(anew, STATE)).toBe("SCHEDULED");
    expect(uidOf(anew)).not.toBe(uid);
    await post(server, `/api/studies/${study}/read`, { reader: "Ann" });
    await post(server, `/api/studies/${study}/reopen`, { reader: "Ann" });
    const all = await search(`StudyInstanceUID=${study}`);
    expect(all.map((item) => valueOf(item, STATE))).toEqual(["SCHEDULED", "COMPLETED", "CANCELED"]);
  });

  it("CANCELED lets the study go, with the reason", async () => {
    await request("PUT", `/${uid}/state/A`, stateBody("IN PROGRESS", "1.9.1"));
    const body = { ...stateBody("CANCELED", "1.9.1"), "00741238": { vr: "LT", Value: ["Called away"] } };
    expect((await request("PUT", `/${uid}/state`, body)).status).toBe(200);
    expect((await getStudy(server, study)).item).toMatchObject({ reading: "waiting", reader: null });
    const [item] = (await request("GET", `/${uid}`)).workitems;
    expect(valueOf(item, "00741002")).toMatchObject({ "00741238": { Value: ["Called away"] } });
    const again = await request("PUT", `/${uid}/state`, body);
    expect([again.status, again.warning]).toEqual([
      200,
      expect.stringContaining("already in the requested state of CANCELED"),
    ]);
  });

  it.each([
    ["no transaction", stateBody("IN PROGRESS"), 409, "Transaction UID is missing"],
    ["a transaction that is no UID", stateBody("IN PROGRESS", "mine"), 400, ""],
    ["an unknown state", stateBody("PAUSED", "1.9"), 400, ""],
    ["SCHEDULED", stateBody("SCHEDULED", "1.9"), 409, "inconsistent"],
    ["COMPLETED before it began", stateBody("COMPLETED", "1.9"), 409, "inconsistent"],
    ["no data set", "[1]", 400, ""],
    ["no JSON", "{", 400, ""],
    ["a data set of bad tags", { state: { vr: "CS" } }, 400, ""],
  ])("refuses %s", async (_name, body, status, warning) => {
    const answer = await request("PUT", `/${uid}/state`, body);
    expect([answer.status, answer.warning]).toEqual([status, expect.stringContaining(warning)]);
    expect((await getStudy(server, study)).item.reading).toBe("waiting");
  });

  it("refuses the right state with the wrong transaction, another type, an unknown workitem", async () => {
    await request("PUT", `/${uid}/state/A`, stateBody("IN PROGRESS", "1.9.1"));
    const wrong = await request("PUT", `/${uid}/state`, stateBody("COMPLETED", "1.9.2"));
    expect([wrong.status, wrong.warning]).toEqual([409, expect.stringContaining("incorrect")]);
    const xml = await request("PUT", `/${uid}/state`, "<x/>", { "content-type": "application/dicom+xml" });
    expect(xml.status).toBe(415);
    expect((await request("PUT", "/1.2.3/state", stateBody("IN PROGRESS", "1.9"))).status).toBe(404);
  });
});

describe("cancel requests and updates", () => {
  it("cancels what nobody has begun, and the study, unread, stays on the list", async () => {
    const answer = await request("POST", `/${uid}/cancelrequest/WARD`, {
      "00741238": { vr: "LT", Value: ["Order gone"] },
    });
    expect(answer.status).toBe(202);
    expect(valueOf((await request("GET", `/${uid}`)).workitems[0], STATE)).toBe("CANCELED");
    expect((await getStudy(server, study)).item.reading).toBe("waiting");
    expect(valueOf(await openOf(study), STATE)).toBe("SCHEDULED");
    const again = await request("POST", `/${uid}/cancelrequest`);
    expect([again.status, again.warning]).toEqual([202, expect.stringContaining("CANCELED")]);
  });

  it("tells who has it, and leaves the decision there; what is completed is not canceled", async () => {
    await request("PUT", `/${uid}/state/A`, stateBody("IN PROGRESS", "1.9.1"));
    expect((await request("POST", `/${uid}/cancelrequest/WARD`, {})).status).toBe(202);
    const { item, history } = await getStudy(server, study);
    expect(item.reading).toBe("claimed");
    expect(history.at(-1)).toMatchObject({ who: "WARD", what: "asked to cancel the reading" });
    await request("PUT", `/${uid}/state`, stateBody("COMPLETED", "1.9.1"));
    const late = await request("POST", `/${uid}/cancelrequest`);
    expect([late.status, late.warning]).toEqual([409, expect.stringContaining("already COMPLETED")]);
  });

  it("updates progress by whoever holds the transaction; what comes from the study stays", async () => {
    const progress = { "00741002": { vr: "SQ", Value: [{ "00741004": { vr: "DS", Value: [50] } }] } };
    await request("PUT", `/${uid}/state/A`, stateBody("IN PROGRESS", "1.9.1"));
    expect((await request("POST", `/${uid}`, progress)).warning).toContain("Transaction UID is missing");
    const both = { ...progress, [PRIORITY]: { vr: "CS", Value: ["HIGH"] } };
    const answer = await request("POST", `/${uid}?transaction-uid=1.9.1`, both);
    expect([answer.status, answer.warning]).toEqual([
      200,
      expect.stringContaining("optional Attributes are not supported"),
    ]);
    const [item] = (await request("GET", `/${uid}`)).workitems;
    expect(item?.["00741002"]).toEqual(progress["00741002"]);
    expect(valueOf(item, PRIORITY)).toBe("MEDIUM");
    expect((await request("POST", `/${uid}?transaction-uid=1.9.1`, stateBody("COMPLETED"))).status).toBe(400);
    await request("PUT", `/${uid}/state`, stateBody("COMPLETED", "1.9.1"));
    expect((await request("POST", `/${uid}?transaction-uid=1.9.1`, progress)).status).toBe(409);
  });
});
