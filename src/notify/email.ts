/**
 * @file The e-mail channel: a few plain lines by SMTP.
 */
import nodemailer from "nodemailer";

import { DeliveryFailed, DeliveryRefused, unreachable, type Channel } from "./channel.ts";
import { bodyLines, headline, type Notice } from "./notice.ts";

export interface EmailConfig {
  readonly host: string;
  readonly port: number;
  /** From the first byte on (`tls`), after STARTTLS, which must succeed (`starttls`), or none (`none`). */
  readonly security: "tls" | "starttls" | "none";
  readonly user: string | null;
  readonly password: string | null;
  readonly from: string;
  readonly to: readonly string[];
}

/** After it a connection that nobody waits for any more is closed. */
const PATIENCE_MS = 60_000;

export function emailChannel(config: EmailConfig): Channel {
  const { host, port, security, user, password } = config;
  const target = `${host}:${port}`;
  return {
    kind: "email",
    target: `${config.to.length} by ${target}`,
    async send(notice, signal) {
      const transport = nodemailer.createTransport({
        ...{ host, port, secure: security === "tls", requireTLS: security === "starttls" },
        ...{ ignoreTLS: security === "none", disableFileAccess: true, disableUrlAccess: true },
        ...{ connectionTimeout: PATIENCE_MS, greetingTimeout: PATIENCE_MS, socketTimeout: PATIENCE_MS },
        ...(user === null ? {} : { auth: { user, pass: password ?? "" } }),
      });
      const stop = (): void => transport.close();
      signal.addEventListener("abort", stop, { once: true });
      try {
        const sending = transport.sendMail(mailOf(notice, config));
        const { response } = await Promise.race([sending, whenAborted(signal)]);
        return /^\d{3}/.exec(response)?.[0] ?? "sent";
      } catch (cause) {
        throw failureOf(cause, target, signal);
      } finally {
        signal.removeEventListener("abort", stop);
        transport.close();
      }
    },
  };
}

function mailOf(notice: Notice, { from, to }: EmailConfig) {
  return {
    from,
    to: [...to],
    subject: `FirstRead: ${headline(notice)}`,
    text: bodyLines(notice).join("\n"),
    messageId: `<${notice.id}@firstread>`,
    date: new Date(notice.at),
    // RFC 3834, 5: no out-of-office replies.
    headers: { "Auto-Submitted": "auto-generated" },
  };
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(new Error("Aborted."));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

/** RFC 5321, 4.2.1: 4yz may be tried again, 5yz not; a refused sign-in may, once its secret is put right. */
function failureOf(cause: unknown, target: string, signal: AbortSignal): Error {
  const { responseCode, code } = cause as { responseCode?: number; code?: string };
  if (responseCode === undefined) return unreachable(target, cause, signal);
  const message = `${target} answered ${responseCode}.`;
  return responseCode >= 500 && code !== "EAUTH"
    ? new DeliveryRefused(message, { cause })
    : new DeliveryFailed(message, { cause });
}
