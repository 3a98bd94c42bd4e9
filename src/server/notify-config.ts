/**
 * @file The configuration of what goes out: `notify`.
 *
 * A secret is text or `${NAME}`, a variable of the environment; no error repeats one.
 */
import { CHANNEL_KINDS, INCLUDABLE, STUDY_EVENTS } from "../domain/notices.ts";
import type { ChannelKind, Includable, StudyEvent } from "../domain/notices.ts";
import type { EmailConfig } from "../notify/email.ts";
import type { FhirConfig } from "../notify/fhir.ts";
import type { Hl7ChannelConfig } from "../notify/hl7-channel.ts";
import type { WebhookConfig } from "../notify/webhook.ts";
import { ConfigError, isText, Section } from "./config-section.ts";

interface ChannelBase {
  readonly name: string;
  readonly events: readonly StudyEvent[];
  readonly include: readonly Includable[];
  readonly timeoutSeconds: number;
}

export type ChannelConfig = ChannelBase &
  (
    | ({ readonly kind: "webhook" } & WebhookConfig)
    | ({ readonly kind: "hl7" } & Hl7ChannelConfig)
    | ({ readonly kind: "fhir" } & FhirConfig)
    | ({ readonly kind: "email" } & EmailConfig)
  );

/** How often, and how far apart, a delivery is tried. */
export interface RetryConfig {
  readonly attempts: number;
  readonly firstSeconds: number;
  readonly longestSeconds: number;
}

export interface NotifyConfig {
  /** Where readers open the page; null: this server's own address. */
  readonly pageUrl: string | null;
  /** How long the delivery log is kept. */
  readonly keepDays: number;
  readonly retry: RetryConfig;
  readonly channels: readonly ChannelConfig[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const isListOf =
  <T extends string>(known: readonly T[]) =>
  (value: unknown): value is readonly T[] =>
    Array.isArray(value) && value.every((one) => (known as readonly unknown[]).includes(one));
const isBetween =
  (least: number, most: number) =>
  (value: unknown): value is number =>
    typeof value === "number" && value >= least && value <= most;
const isWhole =
  (least: number, most: number) =>
  (value: unknown): value is number =>
    Number.isInteger(value) && isBetween(least, most)(value);
/** Without a user in it, which `fetch` does not take. */
function isHttpUrl(value: unknown): value is string {
  const url = typeof value === "string" ? URL.parse(value) : null;
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}
const isName = (value: unknown): value is string =>
  typeof value === "string" && /^[a-z0-9][a-z0-9-]{0,31}$/.test(value);
const isMailAddress = (value: unknown): value is string =>
  typeof value === "string" && /^[^\s<>@,]+@[^\s<>@,]+$/.test(value);
const isMailAddresses = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every(isMailAddress);

/** @throws ConfigError */
export function parseNotify(section: Section, environment: Environment = process.env): NotifyConfig {
  const retry = section.section("retry");
  const channels = section.take<readonly unknown[]>("channels", [], "a list of channels", Array.isArray);
  const config: NotifyConfig = {
    pageUrl: section.take<string | null>("pageUrl", null, "an http:// or https:// URL", isHttpUrl),
    keepDays: section.take("keepDays", 30, "days, 1 to 3650", isWhole(1, 3650)),
    retry: {
      attempts: retry.take("attempts", 20, "a number, 1 to 1000", isWhole(1, 1000)),
      firstSeconds: retry.take("firstSeconds", 2, "seconds, 0.01 to 3600", isBetween(0.01, 3600)),
      longestSeconds: retry.take("longestSeconds", 900, "seconds, 0.01 to 86400", isBetween(0.01, 86_400)),
    },
    channels: channels.map((one, i) => parseChannel(section.path(`channels[${i}]`), one, environment)),
  };
  retry.end("attempts, firstSeconds, longestSeconds");
  section.end("pageUrl, keepDays, retry, channels");
  const names = config.channels.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new ConfigError(section.path("channels"), "a name of its own for each", twice);
  return config;
}

/** What every channel's section may have. */
const COMMON = "name, kind, events, include, timeoutSeconds";

function parseChannel(where: string, value: unknown, environment: Environment): ChannelConfig {
  const section = new Section(where, value);
  const required = <T>(name: string, expected: string, check: (value: unknown) => value is T): T => {
    const found = section.take<T | null>(name, null, expected, check);
    if (found === null) throw new ConfigError(section.path(name), expected, undefined);
    return found;
  };
  const secret = (name: string): string | null => takeSecret(section, name, environment);
  const base: ChannelBase = {
    name: required("name", "1 to 32 of a-z, 0-9 and -", isName),
    events: section.take<readonly StudyEvent[]>(
      "events",
      ["flagged", "cleared"],
      `a list of ${STUDY_EVENTS.join(", ")}`,
      isListOf(STUDY_EVENTS),
    ),
    include: section.take<readonly Includable[]>(
      "include",
      [],
      `a list of ${INCLUDABLE.join(", ")}`,
      isListOf(INCLUDABLE),
    ),
    timeoutSeconds: section.take("timeoutSeconds", 15, "seconds, 0.1 to 60", isBetween(0.1, 60)),
  };
  const isKind = (kind: unknown): kind is ChannelKind => (CHANNEL_KINDS as readonly unknown[]).includes(kind);
  const kind = required("kind", `one of ${CHANNEL_KINDS.join(", ")}`, isKind);
  const port = (usual: number): number =>
    section.take("port", usual, "a port, 1 to 65535", isWhole(1, 65_535));
  const text = (name: string, usual: string): string => section.take(name, usual, "a text", isText);
  switch (kind) {
    case "webhook": {
      // Many a webhook's address is its secret.
      const url = secret("url");
      if (!isHttpUrl(url))
        throw new ConfigError(section.path("url"), "an http:// or https:// URL", hidden(url));
      const key = secret("secret");
      if (key === null) throw new ConfigError(section.path("secret"), "a secret to sign with", undefined);
      section.end(`${COMMON}, url, secret`);
      return { ...base, kind, url, secret: key };
    }
    case "fhir": {
      const url = required("url", "an http:// or https:// URL", isHttpUrl);
      const token = secret("token");
      section.end(`${COMMON}, url, token`);
      return { ...base, kind, url, token };
    }
    case "hl7": {
      const config = {
        ...{ host: required("host", "a host", isText), port: port(2575) },
        sendingApplication: text("sendingApplication", "FIRSTREAD"),
        sendingFacility: section.take("sendingFacility", "", "a text", isText),
        receivingApplication: section.take("receivingApplication", "", "a text", isText),
        receivingFacility: section.take("receivingFacility", "", "a text", isText),
      };
      section.end(
        `${COMMON}, host, port, sendingApplication, sendingFacility, receivingApplication, receivingFacility`,
      );
      return { ...base, kind, ...config };
    }
    case "email": {
      const isSecurity = isListItem(["tls", "starttls", "none"] as const);
      const security = section.take<EmailConfig["security"]>(
        "security",
        "starttls",
        "tls, starttls or none",
        isSecurity,
      );
      const config = {
        ...{ host: required("host", "a host", isText), port: port(security === "tls" ? 465 : 587), security },
        ...{
          user: section.take<string | null>("user", null, "a text", isText),
          password: secret("password"),
        },
        from: required("from", "an e-mail address", isMailAddress),
        to: required("to", "a list of e-mail addresses", isMailAddresses),
      };
      section.end(`${COMMON}, host, port, security, user, password, from, to`);
      return { ...base, kind, ...config };
    }
  }
}

const isListItem =
  <T extends string>(known: readonly T[]) =>
  (value: unknown): value is T =>
    (known as readonly unknown[]).includes(value);

/** In the place of a secret in an error. */
const hidden = (secret: string | null): string | undefined =>
  secret === null ? undefined : "something else";

/** `${NAME}` is a variable of the environment, anything else the secret itself. */
function takeSecret(section: Section, name: string, environment: Environment): string | null {
  const value = section.take<unknown>(name, null, "a text", (_value): _value is unknown => true);
  if (value === null) return null;
  const expected = "a text that is not empty, or ${NAME} of the environment";
  if (!isText(value)) throw new ConfigError(section.path(name), expected, "something else");
  const variable = /^\$\{(\w+)\}$/.exec(value)?.[1];
  if (variable === undefined) return value;
  const found = environment[variable] ?? "";
  if (found === "")
    throw new ConfigError(section.path(name), `the environment to have ${variable}`, undefined);
  return found;
}
