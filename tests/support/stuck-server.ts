/**
 * @file A server in a process of its own, whose scoring never ends: to be killed by a test.
 * `node stuck-server.ts DATA_FOLDER` prints its ports as one line of JSON.
 */
import { StubScorer, startTestServer } from "./running-server.ts";

const scorer = new StubScorer();
scorer.hold = () => new Promise(() => undefined);
const { httpPort, httpUrl, dicomPort } = await startTestServer({
  dataDir: process.argv[2] ?? "",
  parts: { openScorer: async () => scorer },
});
console.log(JSON.stringify({ httpPort, httpUrl, dicomPort }));
