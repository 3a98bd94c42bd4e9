/**
 * @file `firstread serve`: the server, until it is told to stop.
 */
import { existsSync } from "node:fs";

import { InvalidArgumentError, type Command } from "commander";

import {
  isModelService,
  parseConfig,
  readConfigFile,
  ROLES,
  type ServerConfig,
} from "../../server/config.ts";
import { startServer } from "../../server/main.ts";

interface ServeOptions {
  readonly config?: string;
  readonly data?: string;
  readonly role?: readonly string[];
  readonly settleSeconds?: number;
  readonly httpHost?: string;
  readonly httpPort?: number;
  readonly dicomHost?: string;
  readonly dicomPort?: number;
  readonly aeTitle?: string;
  readonly database?: string;
  readonly model?: string;
  readonly policy?: string;
  readonly threads?: number;
  readonly log?: string;
  readonly json?: true;
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new InvalidArgumentError("A number is expected.");
  return value;
}

/** `all`, `model`, or a list with commas. */
function roles(text: string): readonly string[] {
  return text.split(",").flatMap((role) => (role.trim() === "all" ? ROLES : [role.trim()]));
}

type Json = Readonly<Record<string, unknown>>;

/** The file's configuration with the command line's over it. What is wrong in either, `parseConfig` says. */
function withOptions(file: unknown, options: ServeOptions): unknown {
  if (typeof file !== "object" || file === null || Array.isArray(file)) return file;
  const over = (section: unknown, values: Json): unknown => {
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
    if (Object.keys(given).length === 0) return section;
    return typeof section === "object" && section !== null ? { ...section, ...given } : given;
  };
  const { http, dicom, database, model, worklist } = file as Json;
  return {
    ...(over(file, {
      dataDir: options.data,
      roles: options.role,
      settleSeconds: options.settleSeconds,
      log: options.log,
    }) as Json),
    http: over(http, { host: options.httpHost, port: options.httpPort }),
    dicom: over(dicom, { host: options.dicomHost, port: options.dicomPort, aeTitle: options.aeTitle }),
    database: over(database, { url: options.database }),
    model: over(model, { dir: options.model, threads: options.threads }),
    worklist: over(worklist, { policy: options.policy }),
  };
}

/** SageMaker unpacks a container's model here, and names another place by SM_MODEL_DIR. */
const CONTAINER_MODEL_DIR = "/opt/ml/model";

/** For the role "model" without a package named: the one that its container was given, where there is one. */
function withContainerModel(config: ServerConfig): ServerConfig {
  if (!isModelService(config.roles) || config.model.dir !== null) return config;
  const named = process.env["SM_MODEL_DIR"] ?? "";
  const dir = named !== "" ? named : existsSync(CONTAINER_MODEL_DIR) ? CONTAINER_MODEL_DIR : null;
  return { ...config, model: { ...config.model, dir } };
}

/** The first Ctrl-C (or SIGTERM) asks for a clean stop, the second ends the process at once. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}

async function serve(options: ServeOptions): Promise<void> {
  const file = options.config === undefined ? {} : await readConfigFile(options.config);
  const config = withContainerModel(parseConfig(withOptions(file, options)));
  const isModel = isModelService(config.roles);
  const stopAsked = interrupted();
  const server = await startServer(config);
  const dicom =
    server.dicomPort === 0 ? "" : `${config.dicom.aeTitle}@${config.dicom.host}:${server.dicomPort}`;
  if (options.json) {
    const { httpUrl, httpPort, dicomPort, hl7Port } = server;
    const { dataDir, roles } = config;
    console.log(JSON.stringify({ httpUrl, httpPort, dicomPort, hl7Port, dataDir, roles }));
  } else {
    console.log("FirstRead: research use only, never a diagnosis. Ctrl-C stops.");
    if (isModel) console.log(`  Model      ${server.httpUrl}/invocations`);
    else if (server.httpUrl !== "") console.log(`  Worklist   ${server.httpUrl}`);
    if (dicom !== "") console.log(`  DICOM      ${dicom}`);
    if (server.hl7Port !== 0) console.log(`  Orders     ${config.hl7?.host}:${server.hl7Port} (HL7 by MLLP)`);
    if (!isModel) console.log(`  Data       ${config.dataDir}`);
  }
  await stopAsked;
  await server.stop();
}

const CONFIG_HELP = `
A configuration file is JSON; every member may be left out, and a flag goes before it:
  { "dataDir": "./data", "roles": ["receiver", "worker", "web"], "settleSeconds": 10, "log": "text",
    "http": { "host": "127.0.0.1", "port": 8080 },
    "dicom": { "host": "0.0.0.0", "port": 11112, "aeTitle": "FIRSTREAD",
               "allowedPeers": [{ "aeTitle": "CT1", "address": "10.1.2.3" }] },
    "database": { "url": "postgres://…" },
    "model": { "dir": "models/default", "threads": 4 },
    "worklist": { "policy": "policy.yaml", "claimMinutes": 30 },
    "notify": { "channels": [{ "name": "pager", "kind": "webhook", "url": "https://…", "secret": "\${PAGER_SECRET}" }] },
    "hl7": { "port": 2575 } }

HTTP is for this machine only, as there is no login yet. DICOM beyond this machine needs dicom.allowedPeers.
Who is told of findings (notify), and orders by HL7 (hl7): docs/notify.md.

--role model is the model as a service: GET /ping (200 once the model is loaded) and POST /invocations (image/* or
application/dicom), as SageMaker's containers have them; no database, no DICOM, nothing kept. It may listen beyond
this machine (--http-host 0.0.0.0). The package is --model, else SM_MODEL_DIR, else /opt/ml/model, else the default.
`;

export function configure(command: Command): void {
  command
    .option("--config <file>", "a configuration file (JSON)")
    .option("--data <folder>", "where everything is kept (default: ./data)")
    .option("--role <list>", "what this process does: all, of receiver,worker,web, or model alone", roles)
    .option("--settle-seconds <n>", "a study is complete when nothing came for so long (default: 10)", number)
    .option("--http-host <address>", "loopback only (default: 127.0.0.1)")
    .option("--http-port <n>", "default: 8080", number)
    .option("--dicom-host <address>", "default: 127.0.0.1", undefined)
    .option("--dicom-port <n>", "default: 11112", number)
    .option("--ae-title <title>", "our AE title (default: FIRSTREAD)")
    .option("--database <url>", "a PostgreSQL (15 or newer) of your own; otherwise an embedded one")
    .option(
      "--model <place>",
      "a model package: a folder, .tar.gz or s3:// (default: the one that comes with FirstRead)",
    )
    .option(
      "--policy <file>",
      "the reading order, followed while the server runs (default: the one that ships)",
    )
    .option("--threads <n>", "threads for the model (default: one for each core)", number)
    .option("--log <format>", "text, json or none (default: text)")
    .option("--json", "say the addresses as one line of JSON")
    .addHelpText("after", CONFIG_HELP)
    .action(serve);
}
