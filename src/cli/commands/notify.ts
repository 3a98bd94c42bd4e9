/**
 * @file `firstread notify`: the running server's channels, and a test of one.
 */
import { userInfo } from "node:os";

import type { Command } from "commander";

import type { ChannelTestResponse, NotificationsResponse } from "../../domain/notices.ts";
import { EXIT_FAILED } from "../exit-codes.ts";
import { DEFAULT_SERVER, getJson, postJson } from "../server-client.ts";

interface Flags {
  readonly server: string;
  readonly json?: true;
}

async function list({ server, json }: Flags): Promise<void> {
  const { channels } = await getJson<NotificationsResponse>(server, "/api/notifications");
  for (const channel of channels) {
    const { name, kind, target, queued, dead, failingSince, lastError } = channel;
    if (json) {
      console.log(JSON.stringify(channel));
      continue;
    }
    const state = failingSince === null ? "ok." : `failing since ${failingSince}: ${lastError}`;
    console.log(`${name} (${kind}, ${target}): ${state} ${queued} queued, ${dead} dead`);
  }
  if (channels.length === 0 && !json) console.log("No channel is configured (docs/notify.md).");
}

async function test(channel: string, { server, json, who }: Flags & { who: string }): Promise<void> {
  const path = `/api/notifications/${encodeURIComponent(channel)}/test`;
  const result = await postJson<ChannelTestResponse>(server, path, { who });
  if (json) console.log(JSON.stringify(result));
  else
    console.log(
      `${channel}: ${result.ok ? "delivered" : "not delivered"} (${result.detail}), ${result.tookMs} ms`,
    );
  if (!result.ok) process.exitCode = EXIT_FAILED;
}

export function configure(command: Command): void {
  command
    .command("list")
    .description("the channels, where they go and how they stand")
    .option("--server <url>", "the running server", DEFAULT_SERVER)
    .option("--json", "print one JSON line a channel")
    .action(list);
  command
    .command("test")
    .description("send a test now; exits 1 when it was not delivered")
    .argument("<channel>", "its name in the configuration")
    .option("--who <name>", "who tests, for the message", userInfo().username)
    .option("--server <url>", "the running server", DEFAULT_SERVER)
    .option("--json", "print the result as JSON")
    .action(test);
}
