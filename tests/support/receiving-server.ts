/**
 * @file Only the receiving half of the server, in a process of its own: database, listener, receiver.
 *
 * `node receiving-server.ts FOLDER`: prints `{"port":…}` when it listens; SIGTERM stops it cleanly.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { parseReceived } from "../../src/dicom/attributes.ts";
import { startDicomListener } from "../../src/dicom/net/listener.ts";
import { openDatabase } from "../../src/store/database.ts";
import { DiskObjectStore } from "../../src/store/objects.ts";
import { recoverReceiving } from "../../src/store/receive-recovery.ts";
import { createReceiver } from "../../src/store/receive.ts";

const folder = process.argv[2];
if (folder === undefined) throw new RangeError("Expected a folder");
const incomingDir = join(folder, "incoming");
await mkdir(folder, { recursive: true });
const database = await openDatabase({ embeddedDir: join(folder, "database") });
const objects = await DiskObjectStore.open(join(folder, "objects"));
const recovery = await recoverReceiving({ db: database.db, objects, incomingDir });
const receiver = createReceiver({ ...database, objects, parseHeader: parseReceived });
const listener = await startDicomListener({
  port: 0,
  aeTitle: "FIRSTREAD",
  incomingDir,
  onInstance: async (instance) => receiver.receive(instance),
  log: (level, message) => process.stderr.write(`${level} ${message}\n`),
});
process.once("SIGTERM", () => {
  void (async () => {
    await listener.close();
    await receiver.close();
    await database.close();
  })();
});
process.stdout.write(`${JSON.stringify({ port: listener.port, recovery })}\n`);
