/**
 * @file A whole server for a test: its own folder and ports, a stand-in for the model where a test wants one.
 */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { sendInstances } from "../../src/dicom/net/sender.ts";
import type { ServerEvents, StudyDetail, WorklistResponse } from "../../src/domain/api.ts";
import type { WorklistItem } from "../../src/domain/worklist.ts";
import { parseConfig } from "../../src/server/config.ts";
import { startServer, type RunningServer, type ServerParts } from "../../src/server/main.ts";
import type {
  MadeMap,
  MapRequest,
  Scorer,
  ScoringOptions,
  ScoringResult,
  ScoringSource,
} from "../../src/server/scoring/scorer.ts";
import { ctFile } from "./ct-file.ts";

/** A folder that the database's account may go through. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "firstread-test-"));
  await chmod(folder, 0o755);
  return folder;
}

export interface TestServer extends RunningServer {
  readonly dataDir: string;
  /** Stop it and remove its folder. */
  remove(): Promise<void>;
}

export interface TestServerOptions {
  readonly dataDir?: string;
  readonly settleSeconds?: number;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly parts?: ServerParts;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { settleSeconds = 0.3, config, parts = { openScorer: async () => new StubScorer() } } = options;
  const folder = options.dataDir ?? (await makeFolder());
  const whole = parseConfig({
    ...{ dataDir: folder, settleSeconds, log: "none", http: { port: 0 }, dicom: { port: 0 } },
    ...config,
  });
  const server = await startServer(whole, parts);
  return {
    ...server,
    dataDir: folder,
    remove: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What the stand-in makes of a study. */
export type StubVerdict =
  | { readonly kind: "finding"; readonly probability: number }
  | { readonly kind: "not-applicable" | "failed"; readonly reason: string }
  | { readonly kind: "throws"; readonly message: string };

/** A stand-in for the model: its verdict by Study Instance UID, after as long as a test wants. */
export class StubScorer implements Scorer {
  readonly model = { name: "stub", version: "1" };
  readonly saliencyReferencePeak = 2.5;
  readonly saliencyMethod = "hires-cam";
  readonly saliencyMethods = ["hires-cam", "layer-cam"];
  /** What maps were asked for. */
  readonly mapped: MapRequest[] = [];
  readonly verdicts = new Map<string, StubVerdict>();
  /** Of every other study. */
  otherwise: StubVerdict = { kind: "finding", probability: 0.1 };
  /** How many instances each scoring that was begun had, in order. */
  readonly begun: number[] = [];
  /** Awaited in the middle of each scoring. */
  hold: () => Promise<void> = async () => undefined;

  async score(
    sources: readonly ScoringSource[],
    { onProgress, signal }: ScoringOptions,
  ): Promise<ScoringResult> {
    this.begun.push(sources.length);
    const headers = sources.map(
      ({ header }) => header as { studyInstanceUid: string; instanceNumber: number },
    );
    const studyInstanceUid = headers[0]?.studyInstanceUid ?? "";
    const verdict = this.verdicts.get(studyInstanceUid) ?? this.otherwise;
    onProgress(0, sources.length);
    await Promise.race([
      this.hold(),
      new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")))),
    ]);
    onProgress(sources.length, sources.length);
    if (verdict.kind === "throws") throw new Error(verdict.message);
    const nothing = {
      ...{ finding: null, notApplicable: null, failed: null, series: [], slices: [], skipped: [] },
      peakSliceIndex: 0,
    };
    if (verdict.kind !== "finding") {
      return { ...nothing, [verdict.kind === "failed" ? "failed" : "notApplicable"]: verdict.reason };
    }
    const { probability } = verdict;
    const flagged = probability >= 0.5;
    const slices = sources.map(({ sopInstanceUid }, i) => ({
      ...{ file: sopInstanceUid, sopInstanceUid, frame: 1, positionMm: 5 * i, probability },
      ...{ rows: 8, columns: 8, spacingMm: [0.5, 0.25] as const, thicknessMm: 5 },
      saliency: {
        ...{ rows: 1, columns: 2, values: Float32Array.of(1, 0.25), peak: 3 + i },
        region: { top: 1, left: 2, rows: 4, columns: 5.5 },
      },
    }));
    return {
      ...nothing,
      slices,
      finding: {
        ...{ studyInstanceUid, seriesInstanceUid: "1.2.3", model: this.model, threshold: 0.5 },
        label: flagged ? "hemorrhage" : "normal",
        ...{ probability, flagged, slices: [], skipped: [] },
        timingMs: { read: 1, model: 2, total: 3 },
      },
    };
  }

  async map(request: MapRequest): Promise<MadeMap> {
    this.mapped.push(request);
    const region = { top: 1, left: 2, rows: 4, columns: 5.5 };
    return {
      saliency: { rows: 1, columns: 2, values: Float32Array.of(0.123456, 1), peak: 0.3, region },
      peakSlicePeak: 0.6,
    };
  }

  async classify(): Promise<never> {
    throw new Error("The stand-in classifies nothing.");
  }

  async close(): Promise<void> {}
}

/** Small CT instances of one study; SOP Instance UIDs are `<study>.1.<number>`. */
export function studyFiles(studyInstanceUid: string, count: number, from = 1, seed = 1): Buffer[] {
  return Array.from({ length: count }, (_, i) =>
    ctFile({
      studyInstanceUid,
      seriesInstanceUid: `${studyInstanceUid}.1`,
      sopInstanceUid: `${studyInstanceUid}.1.${from + i}`,
      instanceNumber: from + i,
      ...{ rows: 8, columns: 8, seed },
    }),
  );
}

/** Send by C-STORE in one association. */
export async function send(server: RunningServer, instances: readonly Uint8Array[]) {
  return sendInstances({
    ...{ host: "127.0.0.1", port: server.dicomPort, callingAeTitle: "TESTS", calledAeTitle: "FIRSTREAD" },
    instances,
  });
}

export async function getWorklist(server: RunningServer): Promise<WorklistResponse> {
  return (await (await fetch(`${server.httpUrl}/api/worklist`)).json()) as WorklistResponse;
}

export async function getStudy(server: RunningServer, uid: string): Promise<StudyDetail> {
  return (await (await fetch(`${server.httpUrl}/api/studies/${uid}`)).json()) as StudyDetail;
}

export async function post(
  server: RunningServer,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await fetch(`${server.httpUrl}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    body: (await response.json()) as { error?: { code: string; message: string } },
  };
}

/** The study's row once it is as wanted. @throws when it is not within the time. */
export async function untilItem(
  server: RunningServer,
  uid: string,
  isWanted: (item: WorklistItem) => boolean,
  withinMs = 10_000,
): Promise<WorklistItem> {
  const deadline = Date.now() + withinMs;
  let last: WorklistItem | undefined;
  while (Date.now() < deadline) {
    last = (await getWorklist(server)).items.find((item) => item.studyInstanceUid === uid);
    if (last && isWanted(last)) return last;
    await sleep(20);
  }
  throw new Error(`The study did not become as wanted within ${withinMs} ms; it is ${JSON.stringify(last)}`);
}

/** An event, and when it came (milliseconds since 1970). */
type Received = {
  [Name in keyof ServerEvents]: {
    readonly event: Name;
    readonly data: ServerEvents[Name];
    readonly receivedAt: number;
  };
}[keyof ServerEvents];

/** The page's end of `/api/events`: everything that came, and waiting for what will. */
export class EventReader {
  readonly received: Received[] = [];
  readonly #abort = new AbortController();

  static async open(server: Pick<RunningServer, "httpUrl">): Promise<EventReader> {
    const reader = new EventReader();
    const response = await fetch(`${server.httpUrl}/api/events`, { signal: reader.#abort.signal });
    if (!response.body) throw new Error("The events have no body.");
    void reader.#read(response.body.pipeThrough(new TextDecoderStream())).catch(() => undefined);
    await reader.until((event) => event.event === "hello");
    return reader;
  }

  async #read(stream: ReadableStream<string>): Promise<void> {
    let text = "";
    for await (const chunk of stream) {
      text += chunk;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
        if (event && data)
          this.received.push({ event, data: JSON.parse(data) as never, receivedAt: Date.now() } as Received);
        text = text.slice(end + 2);
      }
    }
  }

  async until(isWanted: (event: Received) => boolean, withinMs = 10_000): Promise<Received> {
    const deadline = Date.now() + withinMs;
    while (Date.now() < deadline) {
      const found = this.received.find(isWanted);
      if (found) return found;
      await sleep(5);
    }
    throw new Error(`No such event within ${withinMs} ms; ${this.received.length} others came.`);
  }

  /** The states of analysis that the page was told of, in order, without repetitions. */
  statesOf(uid: string): string[] {
    const states = this.received.flatMap(({ event, data }) =>
      event === "item" && data.studyInstanceUid === uid ? [data.analysis] : [],
    );
    return states.filter((state, i) => state !== states[i - 1]);
  }

  close(): void {
    this.#abort.abort();
  }
}
