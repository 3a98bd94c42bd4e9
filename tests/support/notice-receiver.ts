/** @file A peer that webhooks are sent to: answers as a test wants, and keeps what came. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { signWebhook } from "../../src/notify/webhook-signature.ts";

export const SECRET = "a secret of the tests";

export interface ReceivedNotice {
  readonly id: string;
  readonly type: string;
  readonly reference: string;
  readonly text: string;
  readonly isSigned: boolean;
  readonly receivedAt: number;
}

export interface NoticeReceiver {
  readonly url: string;
  readonly port: number;
  readonly received: ReceivedNotice[];
  /** What the next requests are answered with; null: never. */
  status: number | null;
  /** Called as soon as a notice is here, before it is answered. */
  onNotice: (notice: ReceivedNotice) => void;
  until(isWanted: (notice: ReceivedNotice) => boolean, withinMs?: number): Promise<ReceivedNotice>;
  close(): Promise<void>;
}

export async function startNoticeReceiver(port = 0): Promise<NoticeReceiver> {
  const received: ReceivedNotice[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const { headers } = request;
      const [id, timestamp] = [String(headers["webhook-id"]), Number(headers["webhook-timestamp"])];
      const body = JSON.parse(text) as { type: string; data: { study: { reference: string } } };
      const isFresh = Math.abs(Date.now() / 1000 - timestamp) < 300;
      const notice = {
        ...{ id, type: body.type, reference: body.data.study.reference, text, receivedAt: Date.now() },
        isSigned: isFresh && headers["webhook-signature"] === signWebhook(SECRET, id, timestamp, text),
      };
      received.push(notice);
      receiver.onNotice(notice);
      if (receiver.status !== null) response.writeHead(receiver.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const bound = (server.address() as AddressInfo).port;
  const receiver: NoticeReceiver = {
    ...{ url: `http://127.0.0.1:${bound}/hook`, port: bound, received, status: 204 },
    onNotice: () => undefined,
    async until(isWanted, withinMs = 20_000) {
      const deadline = Date.now() + withinMs;
      while (Date.now() < deadline) {
        const found = received.find(isWanted);
        if (found) return found;
        await sleep(10);
      }
      throw new Error(`No such notice within ${withinMs} ms; ${JSON.stringify(received)} came.`);
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return receiver;
}
