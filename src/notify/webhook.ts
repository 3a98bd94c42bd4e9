/**
 * @file The webhook channel: JSON by POST, signed, with an id that a receiver knows a repetition by.
 */
import type { Channel } from "./channel.ts";
import { requestHttp } from "./http-post.ts";
import { headline, RESEARCH_USE, type Notice } from "./notice.ts";
import { signWebhook } from "./webhook-signature.ts";

export interface WebhookConfig {
  readonly url: string;
  readonly secret: string;
}

/** What a receiver gets. */
function webhookBody(notice: Notice): string {
  const { id, event, at, reference, link, included, finding, tier, reason } = notice;
  return JSON.stringify({
    ...{ id, type: `study.${event}`, timestamp: at, notice: RESEARCH_USE, summary: headline(notice) },
    data: { study: { reference, link, ...included }, finding, tier, reason },
  });
}

/** The URL without what is often a secret: its path and its query. */
function plainUrl(url: string): string {
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname === "/" && search === "" ? "" : "/…"}`;
}

export function webhookChannel({ url, secret }: WebhookConfig, nowMs: () => number = Date.now): Channel {
  const target = plainUrl(url);
  return {
    kind: "webhook",
    target,
    async send(notice, signal) {
      const body = webhookBody(notice);
      const timestampS = Math.floor(nowMs() / 1000);
      const headers = {
        "content-type": "application/json",
        "user-agent": "FirstRead",
        "webhook-id": notice.id,
        "webhook-timestamp": String(timestampS),
        "webhook-signature": signWebhook(secret, notice.id, timestampS, body),
      };
      const { status } = await requestHttp(target, url, { method: "POST", headers, body, signal });
      return String(status);
    },
  };
}
