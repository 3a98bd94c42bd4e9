/**
 * @file A server to be killed: every study it gets is a suspected hemorrhage, told to one webhook.
 *
 * `node notify-child.ts DATA_DIR WEBHOOK_URL` prints its DICOM port.
 */
import { SECRET } from "./notice-receiver.ts";
import { startTestServer, StubScorer } from "./running-server.ts";

const [dataDir = "", url = ""] = process.argv.slice(2);
const scorer = new StubScorer();
scorer.otherwise = { kind: "finding", probability: 0.9 };
const server = await startTestServer({
  ...{ dataDir, settleSeconds: 0.1, parts: { openScorer: async () => scorer, webDir: "/nowhere" } },
  config: {
    notify: { channels: [{ name: "pager", kind: "webhook", url, secret: SECRET, events: ["flagged"] }] },
  },
});
console.log(server.dicomPort);
