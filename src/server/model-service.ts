/**
 * @file The role "model": `/ping` and `/invocations`, and nothing else. No database, no worklist, no files kept.
 */
import { isLoopback, type ServerConfig } from "./config.ts";
import { buildModelApp } from "./http/app.ts";
import { httpUrlOf, listenHttp } from "./listen.ts";
import type { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import type { Scorer } from "./scoring/scorer.ts";
import type { Stack } from "./stack.ts";

/**
 * Listen first, so that whoever watches `/ping` sees 503 and not a refused connection, then load the model.
 * @throws Error when the port cannot be had, or the model cannot be used
 */
export async function startModelService(
  config: ServerConfig,
  openScorer: (config: ServerConfig) => Promise<Scorer>,
  log: Log,
  stack: Stack,
): Promise<{ readonly httpUrl: string; readonly httpPort: number }> {
  let scorer: Scorer | null = null;
  const { host } = config.http;
  const app = buildModelApp({ log, metrics: new Metrics(), scorer: () => scorer }, isLoopback(host));
  stack.push(() => app.close());
  const httpPort = await listenHttp(app, host, config.http.port);
  const opened = await openScorer(config);
  stack.push(() => opened.close());
  scorer = opened;
  return { httpUrl: httpUrlOf(host, httpPort), httpPort };
}
