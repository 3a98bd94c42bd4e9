/**
 * @file The wiring: everything that runs, started in order and stopped in reverse. The only place that
 * knows all parts.
 */
import { chmod, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";

import type { Kysely } from "kysely";
import type pg from "pg";

import { parseReceived } from "../dicom/attributes.ts";
import { startDicomListener } from "../dicom/net/listener.ts";
import type { Acceptance, IncomingInstance } from "../domain/incoming.ts";
import { openDatabase } from "../store/database.ts";
import { listen } from "../store/notifications.ts";
import { DiskObjectStore } from "../store/objects.ts";
import { createReceiver } from "../store/receive.ts";
import { recoverReceiving } from "../store/receive-recovery.ts";
import type { Database } from "../store/schema.ts";
import { watchClaims } from "./claims.ts";
import { isModelService, type Role, type ServerConfig } from "./config.ts";
import { answerFind } from "./find.ts";
import { buildApp } from "./http/app.ts";
import { EventHub } from "./http/events.ts";
import { cannotListen, httpUrlOf, listenHttp } from "./listen.ts";
import { createLog, errorText, type Log } from "./log.ts";
import { Metrics, type Counter } from "./metrics.ts";
import { startModelService } from "./model-service.ts";
import { subscribersOf } from "./notifier.ts";
import { startOutside, type Outside } from "./outside.ts";
import { PixelCache } from "./pixels.ts";
import { PolicyService } from "./policy/policy-service.ts";
import { findPrioritized, readRankedList } from "./ranked-list.ts";
import { AnalysisWorker } from "./scoring/analysis-worker.ts";
import { ModelSwitch } from "./scoring/model-switch.ts";
import type { Scorer } from "./scoring/scorer.ts";
import { openThreadScorer } from "./scoring/thread-scorer.ts";
import { Stack } from "./stack.ts";
import { Thread } from "./thread.ts";
import { EventChannels } from "./ups/event-channels.ts";
import { WorklistFeed } from "./worklist-feed.ts";

const DECODING_THREAD = new URL("./decoding-thread.ts", import.meta.url);
const WEB_DIR = join(import.meta.dirname, "..", "..", "dist", "web");

export interface RunningServer {
  /** "" where this process has no web role. */
  readonly httpUrl: string;
  readonly httpPort: number;
  /** 0 where this process has no receiver role. */
  readonly dicomPort: number;
  /** Where HL7 orders are taken; 0 where they are not. */
  readonly hl7Port: number;
  /** Stops everything cleanly; at most once. */
  stop(): Promise<void>;
}

/** What a test may put in the place of the real thing. */
export interface ServerParts {
  readonly openScorer?: (config: ServerConfig, objectsDir: string) => Promise<Scorer>;
  readonly webDir?: string;
}

/**
 * Start a server.
 * @throws Error when the database, the model, or a port cannot be had; then nothing is left running.
 */
export async function startServer(config: ServerConfig, parts: ServerParts = {}): Promise<RunningServer> {
  const log: Log = config.log === "none" ? () => undefined : createLog(config.log);
  const stack = new Stack();
  try {
    const ports = await start(config, parts, log, stack);
    return { ...ports, stop: () => stack.stop(log) };
  } catch (error) {
    await stack.stop(log);
    throw error;
  }
}

/** Where things are, and what every part is given. */
interface Shared {
  readonly config: ServerConfig;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly stack: Stack;
  readonly objectsDir: string;
  readonly incomingDir: string;
  readonly objects: DiskObjectStore;
  readonly db: Kysely<Database>;
  readonly connection: pg.PoolConfig;
}

async function start(config: ServerConfig, parts: ServerParts, log: Log, stack: Stack): Promise<Ports> {
  if (isModelService(config.roles)) {
    const open = (given: ServerConfig) => (parts.openScorer ?? openThreadScorer)(given, "");
    return { ...(await startModelService(config, open, log, stack)), dicomPort: 0, hl7Port: 0 };
  }
  const has = (role: Role) => config.roles.includes(role);
  const objectsDir = join(config.dataDir, "objects");
  const incomingDir = join(config.dataDir, "incoming");
  await makeDataFolder(config.dataDir);

  const objects = await DiskObjectStore.open(objectsDir);
  const { url } = config.database;
  const database = await openDatabase(
    url === null ? { embeddedDir: join(config.dataDir, "postgres") } : { url },
  );
  stack.push(() => database.close());

  const { db, connection } = database;
  const metrics = new Metrics();
  const shared = { config, log, metrics, stack, objectsDir, incomingDir, objects, db, connection };
  const policy = await PolicyService.open({
    ...{ db, log, file: config.worklist.policyFile },
    // Pages that hear of a policy read the list again: it must be in the new order by then.
    onChange: (inUse) => void reload().then(() => hub.policyChanged(inUse)),
  });
  stack.push(() => policy.close());
  const feed: WorklistFeed = new WorklistFeed({
    ...{ db, log, policy: () => policy.inUse },
    onItem: (item) => hub.item(item),
  });
  stack.push(() => feed.close());
  const hub = new EventHub({ nowMs: () => feed.clock.nowMs() });
  stack.push(async () => hub.close());
  const upsEvents = new EventChannels({ db, log, findStudy: (uid) => findPrioritized(db, policy, uid) });
  const reload = () =>
    feed.reload().catch((error: unknown) => {
      log("error", "the worklist was not read again", { reason: errorText(error) });
    });
  const ranks = has("web") || has("receiver");
  let worker: AnalysisWorker | null = null;
  let models: ModelSwitch | null = null;
  let outside: Outside | null = null;
  let httpPort = 0;
  const subscription = await listen(connection, {
    onStudy: (uid) => {
      if (ranks) feed.studyChanged(uid);
      upsEvents.studyChanged(uid);
      worker?.wake(uid);
      outside?.studyChanged(uid);
    },
    onDelivery: () => outside?.ring(),
    onProgress: (progress) => hub.progress(progress),
    onModel: () => {
      worker?.modelChanged();
      models?.refresh().catch((error: unknown) => log("error", "model", { reason: errorText(error) }));
    },
    onGap: () => {
      void reload().then(() => hub.disconnectAll());
      upsEvents.close();
      worker?.wake(null);
      outside?.ring();
    },
  });
  stack.push(() => subscription.close());
  // After the subscription: what changes while the list is read is read again.
  if (ranks) await feed.open();
  const claims = watchClaims(db, config.worklist.claimMinutes, log);
  stack.push(() => claims.stop());
  outside = await startOutside({
    ...shared,
    ...{
      policy: () => policy.policy,
      ownUrl: () => httpUrlOf(config.http.host, httpPort || config.http.port),
    },
  });

  // The page is there, and instances are taken, before the model is: loading it takes both cores for a moment.
  const receive = has("receiver") ? await startReceiving(shared) : null;
  const web = { hub, feed, upsEvents, receive, parts, policy, models: () => models, outside };
  if (has("web")) httpPort = await startHttp(shared, web);
  const dicomPort = receive ? await startDicom(shared, receive, policy) : 0;
  if (has("worker") || has("web")) {
    const opened = await ModelSwitch.open({
      ...{ config, db, log, modelsDir: join(config.dataDir, "models") },
      openScorer: (given) => (parts.openScorer ?? openThreadScorer)(given, objectsDir),
      onSwitched: (model) => {
        hub.modelChanged(model);
        worker?.modelChanged();
      },
    });
    models = opened;
    hub.modelChanged(opened.inUse);
    stack.push(() => opened.scorer.close());
    if (has("worker")) worker = startWorker(shared, opened);
  }
  const httpUrl = httpPort === 0 ? "" : httpUrlOf(config.http.host, httpPort);
  return { httpUrl, httpPort, dicomPort, hl7Port: outside.orders?.port ?? 0 };
}

type Ports = Omit<RunningServer, "stop">;
type Receive = (instance: IncomingInstance) => Promise<Acceptance>;

/**
 * Make the data folder. As root, PostgreSQL runs under an account of its own, which must be able to go
 * through the folder to its part of it (not to list it); the rest stands in folders that only we enter.
 */
async function makeDataFolder(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  if (process.getuid?.() !== 0) return;
  const { mode, uid } = await stat(dataDir);
  if (uid === 0) await chmod(dataDir, mode | 0o011);
}

function startWorker(
  { config, log, metrics, stack, db, connection }: Shared,
  models: ModelSwitch,
): AnalysisWorker {
  const { settleSeconds } = config;
  const subscribers = subscribersOf(config.notify);
  const worker = new AnalysisWorker({ db, connection, models, settleSeconds, subscribers, log, metrics });
  stack.push(() => worker.stop());
  return worker;
}

async function startReceiving({
  db,
  connection,
  objects,
  incomingDir,
  metrics,
  log,
  stack,
}: Shared): Promise<Receive> {
  const { leftovers, orphans, damaged } = await recoverReceiving({ db, objects, incomingDir });
  if (leftovers + orphans > 0) log("info", "cleared what was never acknowledged", { leftovers, orphans });
  if (damaged.length > 0)
    log("error", "stored instances are damaged: see the audit", { count: damaged.length });
  const receiver = createReceiver({ db, connection, objects, parseHeader: parseReceived });
  stack.push(() => receiver.close());
  return async (instance) => {
    const startedMs = performance.now();
    const acceptance = await receiver.receive(instance);
    metrics.observe("firstread_receive_seconds", (performance.now() - startedMs) / 1000);
    metrics.add(COUNTED_AS[acceptance.outcome]);
    return acceptance;
  };
}

const COUNTED_AS: Readonly<Record<Acceptance["outcome"], Counter>> = {
  stored: "firstread_instances_stored_total",
  duplicate: "firstread_instances_duplicate_total",
  conflict: "firstread_instances_refused_total",
  refused: "firstread_instances_refused_total",
};

async function startDicom(shared: Shared, receive: Receive, policy: PolicyService): Promise<number> {
  const { config, incomingDir, log, stack, db } = shared;
  const { host, port, aeTitle, allowedPeers } = config.dicom;
  const listener = await startDicomListener({
    ...{ host, port, aeTitle, incomingDir, log },
    ...(allowedPeers && { allowedPeers }),
    onInstance: receive,
    onFind: answerFind({ db, ranked: () => readRankedList(db, policy) }),
  }).catch((cause: unknown) => {
    throw cannotListen("DICOM", host, port, cause);
  });
  stack.push(() => listener.close());
  return listener.port;
}

interface WebParts {
  readonly hub: EventHub;
  readonly upsEvents: EventChannels;
  readonly feed: WorklistFeed;
  readonly policy: PolicyService;
  readonly models: () => ModelSwitch | null;
  readonly receive: Receive | null;
  readonly parts: ServerParts;
  readonly outside: Outside;
}

async function startHttp(shared: Shared, web: WebParts): Promise<number> {
  const { hub, feed, upsEvents, policy, models, receive, parts, outside } = web;
  const { config, stack, objectsDir } = shared;
  const decoder = new Thread(DECODING_THREAD, { objectsDir });
  stack.push(() => decoder.close());
  const app = await buildApp({
    ...shared,
    ...{ hub, feed, upsEvents, policy, models, scorer: () => models()?.scorer ?? null, receive },
    notifier: outside.notifier,
    orders: outside.orders?.address ?? null,
    pixels: new PixelCache(decoder),
    webDir: parts.webDir ?? WEB_DIR,
  });
  const { host, port } = config.http;
  stack.push(async () => {
    hub.close();
    upsEvents.close();
    await app.close();
  });
  return listenHttp(app, host, port);
}
