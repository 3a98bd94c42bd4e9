/**
 * @file The notifications' page: channels and their log, a test, dead letters sent again; and the link of a message,
 * which names a study by its reference alone.
 */
import type { FastifyInstance } from "fastify";

import type { ChannelTestResponse, NotificationsResponse, RetryResponse } from "../../domain/notices.ts";
import { listDeliveries, retryDead } from "../../store/delivery-log.ts";
import { findByReference } from "../../store/studies.ts";
import { notFound } from "../errors.ts";
import { studyTag } from "../log.ts";
import { READER } from "../reading-rules.ts";
import type { AppContext } from "./app.ts";

/** As many lines of the log as the page shows. */
const MOST_DELIVERIES = 200;

const BODY = { type: "object", required: ["who"], properties: { who: READER } };

interface Asked {
  readonly who: string;
}

export function addNotificationRoutes(app: FastifyInstance, { db, notifier, orders }: AppContext): void {
  app.get("/api/notifications", async (_request, reply): Promise<NotificationsResponse> => {
    reply.header("cache-control", "no-store");
    const [channels, deliveries] = await Promise.all([
      notifier.status(),
      listDeliveries(db, MOST_DELIVERIES, studyTag),
    ]);
    const now = new Date().toISOString();
    return { now, channels, deliveries, orders, keepDays: notifier.keepDays };
  });

  app.post<{ Params: { channel: string }; Body: Asked }>(
    "/api/notifications/:channel/test",
    { schema: { body: BODY } },
    async ({ params, body }): Promise<ChannelTestResponse> => {
      const result = await notifier.test(params.channel, body.who.trim());
      if (!result) throw notFound("The channel");
      return result;
    },
  );

  app.post<{ Params: { channel: string }; Body: Asked }>(
    "/api/notifications/:channel/retry",
    { schema: { body: BODY } },
    async ({ params, body }): Promise<RetryResponse> => {
      const { channel } = params;
      if (!notifier.has(channel)) throw notFound("The channel");
      return (await retryDead(db, { channel }, body.who.trim())) ?? { retried: 0, overtaken: 0 };
    },
  );

  app.post<{ Params: { id: string }; Body: Asked }>(
    "/api/notifications/deliveries/:id/retry",
    { schema: { body: BODY } },
    async ({ params, body }): Promise<RetryResponse> => {
      if (!/^\d{1,15}$/.test(params.id)) throw notFound("The dead letter");
      const result = await retryDead(db, { id: Number(params.id) }, body.who.trim());
      if (!result) throw notFound("The dead letter");
      return result;
    },
  );

  app.get<{ Params: { reference: string } }>("/open/:reference", async ({ params }, reply) => {
    const uid = /^[0-9a-f]{10}$/.test(params.reference) ? await findByReference(db, params.reference) : null;
    // Unknown here, or an old one: the list is the next best.
    return reply.redirect(uid === null ? "/#/" : `/#/study/${encodeURIComponent(uid)}`);
  });
}
