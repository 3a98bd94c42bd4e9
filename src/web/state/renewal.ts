/**
 * @file A claim holds while its reader is at the study: whoever moves, types or scrolls here says so, at most
 * once a minute. Who leaves the page open and goes away does not.
 */
import { useEffect } from "react";

import { renewClaim } from "../api/client.ts";

const RENEW_MS = 60_000;
const SIGNS_OF_LIFE = ["pointermove", "pointerdown", "keydown", "wheel"] as const;

/** @param reader who holds the study, on this page; "" when nobody here does */
export function useRenewal(uid: string, reader: string): void {
  useEffect(() => {
    if (reader === "") return undefined;
    let lastMs = Date.now();
    const renew = (): void => {
      if (Date.now() - lastMs < RENEW_MS) return;
      lastMs = Date.now();
      // One that fails is made good by the next; a claim that is lost comes as an event.
      renewClaim(uid, reader).catch(() => undefined);
    };
    for (const sign of SIGNS_OF_LIFE) window.addEventListener(sign, renew, { passive: true });
    return () => {
      for (const sign of SIGNS_OF_LIFE) window.removeEventListener(sign, renew);
    };
  }, [uid, reader]);
}
