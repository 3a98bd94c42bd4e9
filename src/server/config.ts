/**
 * @file The server's configuration: what may stand in it, its defaults, and what is refused.
 */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";

import { ConfigError, isText, Section } from "./config-section.ts";
import { parseWorklistConfig, type WorklistConfig } from "./config-worklist.ts";
import { parseNotify, type NotifyConfig } from "./notify-config.ts";
import { parseOrdersConfig, type OrdersConfig } from "./orders-config.ts";

/** What a worklist's processes do; one process may do all of it. */
export const ROLES = ["receiver", "worker", "web"] as const;
/** "model" stands alone: the model as a service, without a database, a worklist or a DICOM listener. */
export type Role = (typeof ROLES)[number] | "model";

/** A sender: its AE title, and its address or network (`10.1.0.0/16`). */
export interface PeerConfig {
  readonly aeTitle: string;
  readonly address: string;
}

export interface ServerConfig {
  /** What lasts: objects, database. */
  readonly dataDir: string;
  readonly roles: readonly Role[];
  /** A study is complete when nothing came for so long. */
  readonly settleSeconds: number;
  readonly http: { readonly host: string; readonly port: number };
  readonly dicom: {
    readonly host: string;
    readonly port: number;
    readonly aeTitle: string;
    /** null: whoever reaches loopback. */
    readonly allowedPeers: readonly PeerConfig[] | null;
  };
  /** A PostgreSQL of your own; null: the embedded one, in the data folder. */
  readonly database: { readonly url: string | null };
  /** Where the model package is: a folder, a `.tar.gz`, `s3://…`; null: the one that came with FirstRead. */
  readonly model: { readonly dir: string | null; readonly threads: number };
  readonly worklist: WorklistConfig;
  readonly log: "text" | "json" | "none";
  /** What is told to whom. */
  readonly notify: NotifyConfig;
  /** Orders taken by HL7; null: none are. */
  readonly hl7: OrdersConfig | null;
}

const LOOPBACK = /^(localhost|::1|127(\.\d{1,3}){3})$/;

export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

/** Whether this process is the model as a service, and nothing else. */
export const isModelService = (roles: readonly Role[]): boolean => roles.includes("model");

const isPort = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535;
const isAeTitle = (value: unknown): value is string =>
  typeof value === "string" && /^(?! +$)[ -[\]-~]{1,16}$/.test(value);
const isPositive = (value: unknown): value is number =>
  typeof value === "number" && value > 0 && value <= 86_400;
const isThreads = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 256;
const isRoles = (value: unknown): value is readonly Role[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  (value.every((role) => (ROLES as readonly unknown[]).includes(role)) ||
    (value.length === 1 && value[0] === "model"));
const isLog = (value: unknown): value is ServerConfig["log"] =>
  value === "text" || value === "json" || value === "none";

function parsePeers(value: unknown, where: string): readonly PeerConfig[] | null {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value)) throw new ConfigError(where, "a list of { aeTitle, address }", value);
  return value.map((peer: unknown, index) => {
    const section = new Section(`${where}[${index}]`, peer);
    const aeTitle = section.take("aeTitle", "", "an AE title of 1 to 16 characters", isAeTitle);
    const address = section.take("address", "", "an IP address or a network", isText);
    section.end("aeTitle, address");
    if (aeTitle === "" || address === "")
      throw new ConfigError(`${where}[${index}]`, "aeTitle and address", peer);
    return { aeTitle, address };
  });
}

/**
 * A whole configuration from what a file or a caller gave; what is left out has its default.
 * @throws ConfigError that names the member, what was expected and what came.
 */
export function parseConfig(input: unknown): ServerConfig {
  const root = new Section("", input);
  const http = root.section("http");
  const dicom = root.section("dicom");
  const database = root.section("database");
  const model = root.section("model");
  const config: ServerConfig = {
    dataDir: resolve(root.take("dataDir", "data", "a folder", isText)),
    roles: root.take<readonly Role[]>(
      "roles",
      ROLES,
      `a list of ${ROLES.join(", ")}, or "model" alone`,
      isRoles,
    ),
    settleSeconds: root.take("settleSeconds", 10, "seconds above 0, at most a day", isPositive),
    http: {
      host: http.take("host", "127.0.0.1", "an address", isText),
      port: http.take("port", 8080, "a port, 0 to 65535", isPort),
    },
    dicom: {
      host: dicom.take("host", "127.0.0.1", "an address", isText),
      port: dicom.take("port", 11112, "a port, 0 to 65535", isPort),
      aeTitle: dicom.take("aeTitle", "FIRSTREAD", "an AE title of 1 to 16 characters", isAeTitle),
      allowedPeers: parsePeers(
        dicom.take<unknown>("allowedPeers", null, "a list", (_value): _value is unknown => true),
        "dicom.allowedPeers",
      ),
    },
    database: {
      url: database.take<string | null>("url", null, "a postgres:// URL", (value): value is string =>
        /^postgres(ql)?:\/\//.test(String(value)),
      ),
    },
    model: {
      dir: model.take<string | null>("dir", null, "a model package's place", isText),
      threads: model.take("threads", availableParallelism(), "a number of threads, 1 to 256", isThreads),
    },
    worklist: parseWorklistConfig(root.section("worklist")),
    log: root.take<ServerConfig["log"]>("log", "text", '"text", "json" or "none"', isLog),
    notify: parseNotify(root.section("notify")),
    hl7: parseOrdersConfig(root.section("hl7"), isLoopback),
  };
  http.end("host, port");
  dicom.end("host, port, aeTitle, allowedPeers");
  database.end("url");
  model.end("dir, threads");
  root.end("dataDir, roles, settleSeconds, http, dicom, database, model, worklist, log, notify, hl7");
  refuseExposure(config);
  return config;
}

/**
 * Until there is a login, the page is for this machine alone; a DICOM port on a network is for known senders.
 * A model alone keeps nothing and shows nothing of anyone: it may be reached from wherever its container is.
 */
function refuseExposure({ roles, http, dicom }: ServerConfig): void {
  if (isModelService(roles)) return;
  if (!isLoopback(http.host)) {
    throw new ConfigError(
      "http.host",
      "a loopback address (127.0.0.1, ::1, localhost): FirstRead has no login yet, so its page is for this machine alone",
      http.host,
    );
  }
  if (!isLoopback(dicom.host) && (dicom.allowedPeers === null || dicom.allowedPeers.length === 0)) {
    throw new ConfigError(
      "dicom.allowedPeers",
      `a list of { aeTitle, address } of those who may send, because dicom.host ${dicom.host} is reached from the network`,
      dicom.allowedPeers,
    );
  }
}

/**
 * A configuration file's JSON, not yet checked.
 * @throws Error when it cannot be read or is not JSON.
 */
export async function readConfigFile(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Error(`The configuration ${file} cannot be read.`, { cause });
  });
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new Error(`The configuration ${file} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}
