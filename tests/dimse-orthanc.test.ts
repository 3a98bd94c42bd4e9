/**
 * @file Orthanc sends to the listener by its modality store, as a PACS would: what is kept is what it was given. And
 * it queries the worklist, as a PACS's own client would.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ctDataSet, ctFile, dataSetOf, newUid } from "./support/ct-file.ts";
import type { KeepingListener } from "./support/keeping-listener.ts";
import { startKeepingListener } from "./support/keeping-listener.ts";
import { freePort, hasOrthanc, peerEnv } from "./support/peers.ts";
import type { TestServer } from "./support/running-server.ts";
import { send, startTestServer, StubScorer, studyFiles, untilItem } from "./support/running-server.ts";

const scorer = new StubScorer();

describe.skipIf(!hasOrthanc)("Orthanc's modality store (Orthanc must be installed)", () => {
  let folder: string;
  let orthanc: ChildProcess;
  let listener: KeepingListener;
  let worklist: TestServer;
  let url: string;

  const post = async (path: string, body: Buffer | string): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      body: Uint8Array.from(Buffer.from(body)),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "firstread-orthanc-"));
    listener = await startKeepingListener();
    worklist = await startTestServer({ parts: { openScorer: async () => scorer, webDir: "/nowhere" } });
    const [dicomPort, httpPort] = [await freePort(), await freePort()];
    url = `http://127.0.0.1:${httpPort}`;
    const configuration = join(folder, "orthanc.json");
    await writeFile(
      configuration,
      JSON.stringify({
        StorageDirectory: folder,
        IndexDirectory: folder,
        DicomPort: dicomPort,
        HttpPort: httpPort,
        RemoteAccessAllowed: false,
        Plugins: [],
        DicomModalities: {
          firstread: ["FIRSTREAD", "127.0.0.1", listener.port],
          worklist: ["FIRSTREAD", "127.0.0.1", worklist.dicomPort],
        },
      }),
    );
    orthanc = spawn("/usr/sbin/Orthanc", [configuration], { env: peerEnv, stdio: "ignore" });
    for (let tries = 0; ; tries += 1) {
      const answered = await fetch(`${url}/system`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (answered) return;
      if (tries > 300) throw new Error("Orthanc did not start");
      await sleep(100);
    }
  });
  afterAll(async () => {
    const ended = once(orthanc, "exit");
    orthanc.kill("SIGTERM");
    await ended;
    await listener.close();
    await worklist.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it("echoes", async () => {
    await post("/modalities/firstread/echo", "{}");
  });

  it("stores a study: every data set byte for byte", async () => {
    const study = { studyInstanceUid: newUid(), seriesInstanceUid: newUid(), rows: 128, columns: 128 };
    const sent = new Map<string, Buffer>();
    let parent = "";
    for (let instanceNumber = 1; instanceNumber <= 5; instanceNumber += 1) {
      const slice = { ...study, sopInstanceUid: newUid(), instanceNumber, seed: instanceNumber };
      sent.set(slice.sopInstanceUid, ctDataSet(slice));
      parent = ((await post("/instances", ctFile(slice))) as { ParentStudy: string }).ParentStudy;
    }
    const report = await post("/modalities/firstread/store", parent);
    expect(report).toMatchObject({ InstancesCount: 5, FailedInstancesCount: 0 });
    expect(listener.kept).toHaveLength(5);
    for (const { sopInstanceUid, bytes, source } of listener.kept) {
      expect(source.aeTitle).toBe("ORTHANC");
      expect(dataSetOf(bytes).equals(sent.get(sopInstanceUid) ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it("queries the worklist: studies in ranked order, then one's series", async () => {
    scorer.verdicts.set("1.2.81", { kind: "finding", probability: 0.9 });
    for (const uid of ["1.2.80", "1.2.81"]) {
      await send(worklist, studyFiles(uid, 2));
      await untilItem(worklist, uid, ({ analysis }) => analysis === "scored");
    }
    const query = async (body: object): Promise<Record<string, string>[]> => {
      const { ID } = (await post("/modalities/worklist/query", JSON.stringify(body))) as { ID: string };
      const answers = await fetch(`${url}/queries/${ID}/answers?expand&simplify`);
      return (await answers.json()) as Record<string, string>[];
    };
    const studies = await query({
      ...{ Level: "Study", Normalize: false }, // which would take priorities out of the question
      Query: {
        PatientName: "test*",
        StudyInstanceUID: "",
        RequestedProcedurePriority: "",
        ModalitiesInStudy: "CT",
      },
    });
    expect(
      studies.map(({ StudyInstanceUID, RequestedProcedurePriority }) => [
        StudyInstanceUID,
        RequestedProcedurePriority,
      ]),
    ).toEqual([
      ["1.2.81", "STAT"],
      ["1.2.80", "ROUTINE"],
    ]);
    const series = await query({
      Level: "Series",
      Query: { StudyInstanceUID: "1.2.80", SeriesInstanceUID: "", NumberOfSeriesRelatedInstances: "" },
    });
    expect(series).toMatchObject([{ SeriesInstanceUID: "1.2.80.1", NumberOfSeriesRelatedInstances: "2" }]);
  });
});
