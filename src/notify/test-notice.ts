/** @file A notice for the tests of channels: a made-up study. */
import type { Included, NoticeEvent } from "../domain/notices.ts";
import type { Notice } from "./notice.ts";

export function noticeFor(event: NoticeEvent, included: Included = {}): Notice {
  const isFlagged = event === "flagged";
  return {
    id: "0b5e6c1a-7d2f-4c3b-9a8e-112233445566",
    event,
    at: "2026-03-01T22:14:05.000Z",
    reference: "0123456789",
    link: "https://page.example/open/0123456789",
    included,
    tier: event === "top-tier" ? "critical" : null,
    reason: "",
    finding:
      event === "flagged" || event === "cleared"
        ? {
            model: { name: "head-ct-bleed", version: "2.0.0" },
            label: isFlagged ? "hemorrhage" : "normal",
            probability: isFlagged ? 0.93 : 0.12,
            flagged: isFlagged,
            threshold: 0.5,
            sliceCount: 32,
            suspiciousSliceCount: isFlagged ? 7 : 0,
            peakSliceIndex: 17,
          }
        : null,
  };
}
